// S8: names from outside that are names of Object.prototype's are names like others.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guarded } from './guarded.ts';

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then'];

const clean = (): void => {
  expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12);
  expect(({} as { x?: unknown }).x).toBeUndefined();
};

describe.each(NAMES)('S8: %s', (name) => {
  it('S8 as agent, model, field or query is nothing that is known', async () => {
    await using served = guarded();
    const hostile = `{"agent":"echo","input":"Hi","${name}":{"x":1}}`;
    expect((await served.post('alice', '/runs', hostile)).status).toBe(400);
    expect((await served.post('alice', '/runs', { agent: name, input: 'Hi' })).status).toBe(400);
    expect((await served.post('alice', '/v1/responses', { model: name, input: 'Hi' })).status).toBe(400);
    expect((await served.ask('alice', `/runs?${name}=1&status=completed`)).status).toBe(200);
    expect((await served.ask('alice', `/runs?status=${name}`)).status).toBe(400);
    expect((await served.ask('alice', `/${name}`)).status).toBe(404);
    expect((await served.ask('alice', '/runs', { method: 'POST', headers: { 'content-type': name } })).status).toBe(
      415,
    );
    expect(served.errors).toEqual([]);
    clean();
  });

  it('S8 as session, metadata key, message id and principal is data', async () => {
    await using served = guarded({ authorize: () => ({ id: name }) });
    const metadata = `{"${name}":{"x":1}}`;
    const body = `{"agent":"echo","input":"Hi","sessionId":"${name}","metadata":${metadata}}`;
    const posted = await served.post('any', '/runs', body);
    expect(posted.status).toBe(200);
    const text = await posted.text();
    expect(text).toContain(`"metadata":${metadata}`);
    const { id } = JSON.parse(text) as { id: string };
    expect(
      await (await served.ask('any', `/runs/${id}/events`, { headers: { accept: 'text/event-stream' } })).text(),
    ).toContain(metadata);
    expect(await (await served.ask('any', `/sessions/${name}`)).json()).toMatchObject({ id: name, items: [{}, {}] });
    expect(
      ((await (await served.ask('any', `/runs?sessionId=${name}`)).json()) as { runs: unknown[] }).runs,
    ).toHaveLength(1);
    expect((await served.post('any', `/runs/${id}/input`, { input: 'x', messageId: name })).status).toBe(409);
    clean();
  });

  it('S8 as call id, part of an answer, or of a part, decides about nothing', async () => {
    await using served = guarded();
    const id = await served.waiting('alice');
    for (const [path, body] of [
      [`/runs/${id}/approvals/${name}`, { approved: true }],
      [`/runs/${id}/answers/${name}`, { answer: 1 }],
    ] as const)
      expect((await served.post('alice', path, body)).status).toBe(404);
    const part = `{"input":[{"role":"user","content":[{"type":"input_text","text":"Hi","${name}":{"x":1}}]}]}`;
    expect((await served.post('alice', `/runs/${id}/input`, part)).status).toBe(400);
    expect((await served.post('alice', `/runs/${id}/approvals/c1`, `{"approved":true,"${name}":1}`)).status).toBe(400);
    expect(served.wiped).toEqual([]);
    clean();
  });
});

it('S8 serving goes without Object.prototype.__proto__', () => {
  const script = join(import.meta.dirname, 'without-proto.ts');
  const output = execFileSync(process.execPath, ['--disable-proto=throw', '--conditions=@tailrace/source', script], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(JSON.parse(output)).toEqual({ statuses: [200, 400, 400, 404, 200, 200, 200], errors: [] });
}, 70_000);
