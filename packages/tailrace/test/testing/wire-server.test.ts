import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { tear, writesOf } from '../../src/testing/wire-server-delivery.ts';
import { startWireServer } from '../../src/testing/wire-server.ts';

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', body: JSON.stringify(body) });

test('lists its models', async () => {
  await using server = await startWireServer({ models: ['a', 'b'] });
  expect(await (await fetch(`${server.url}/models`)).json()).toMatchObject({
    object: 'list',
    data: [{ id: 'a' }, { id: 'b' }],
  });
  expect(server.requests).toHaveLength(0);
});

test('answers in the order of the script, records the requests, and says when it is over', async () => {
  await using server = await startWireServer({ script: [{ steps: [{ type: 'text', text: 'one' }] }] });
  const first = (await (await post(`${server.url}/responses`, { model: 'm' })).json()) as { output: unknown };
  expect(first.output).toMatchObject([{ type: 'message', content: [{ text: 'one' }] }]);
  const second = await post(`${server.url}/responses`, {});
  expect(second.status).toBe(500);
  expect(await second.text()).toContain('this is request 2');
  expect(server.requests.map(({ path, body }) => [path, body])).toEqual([
    ['/v1/responses', { model: 'm' }],
    ['/v1/responses', {}],
  ]);
  expect(await server.requests[0]!.finished).toBe('answered');
});

test('a script that throws answers 500 instead of hanging', async () => {
  await using server = await startWireServer({
    script: () => {
      throw new Error('oops');
    },
  });
  expect((await post(`${server.url}/responses`, {})).status).toBe(500);
  expect(server.activeRequests).toBe(0);
});

test('closing it closes every connection', async () => {
  const server = await startWireServer({ script: () => ({ delivery: { stall: { afterEvents: 1 } } }) });
  const reading = post(`${server.url}/chat/completions`, { stream: true }).then((answer) => answer.text());
  reading.catch(() => undefined);
  while (server.activeRequests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(server.openConnections).toBe(1);
  await server.close();
  await expect(reading).rejects.toThrow('terminated');
  const refused = await new Promise((resolve) => {
    connect(Number(new URL(server.url).port), '127.0.0.1').once('error', resolve);
  });
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
});

test('writes hold what the delivery says', () => {
  const events = [{ data: 'ä' }, { name: 'x', data: 'b\nc' }, { data: 'd' }];
  const text = (writes: Buffer[]): string[] => writes.map(String);
  expect(text(writesOf(events, {}))).toEqual(['data: ä\n\n', 'event: x\ndata: b\ndata: c\n\n', 'data: d\n\n']);
  expect(text(writesOf(events, { eventsPerWrite: 2 }))).toEqual([
    'data: ä\n\nevent: x\ndata: b\ndata: c\n\n',
    'data: d\n\n',
  ]);
  expect(text(writesOf(events, { lineEnding: '\r', bom: true, cut: { afterEvents: 1, how: 'end' } }))).toEqual([
    '\uFEFFdata: ä\r\r',
  ]);
  expect(text(writesOf(events, { pingEvery: 2, stall: { afterBytes: 12 } }))).toEqual([': ping\n\ndata']);
  const torn = writesOf(events, { chunkSizes: [7, 1] });
  expect(torn.map((piece) => piece.length).slice(0, 4)).toEqual([7, 1, 7, 1]);
  expect(Buffer.concat(torn)).toEqual(Buffer.concat(writesOf(events, {})));
  expect(torn[0]!.at(-1)).toBe(0xc3);
  expect(tear(Buffer.from('abc'), [0])).toHaveLength(3);
});
