// What clients are told of errors: a status, a code and a text, from one table, which SPEC.md has, too.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelProviderError, SystemError, UserError } from 'tailrace';
import { describe, expect, it } from 'vitest';
import { errorReply, OWN_STATUS, RUN_STATUS } from '../../src/http/http-error.ts';
import { guarded } from './guarded.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const spec = readFileSync(join(root, 'SPEC.md'), 'utf8');

describe('errors over HTTP', () => {
  it('are all in SPEC.md, with their status', () => {
    const [, section = ''] = spec.split('## 9. Codes of the HTTP handler');
    const rows = section.split(/^##+ /m)[0]?.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm) ?? [];
    expect(Object.fromEntries(Array.from(rows, ([, code, status]) => [code, Number(status)]))).toEqual({
      ...RUN_STATUS,
      ...OWN_STATUS,
    });
  });

  it.each([
    new Error('at /srv/app/db.ts:12 postgres://root:pw@10.0.0.7'),
    new SystemError('The disk of /var/lib/runs.db is full', { code: 'STORE_FULL' }),
    new SystemError('/var/lib/runs.db is locked', { code: 'STORE_BUSY' }),
    new SystemError('/var/lib/runs.db is broken', { code: 'STORE_FAILED' }),
    new ModelProviderError('401 from https://10.0.0.7: sk-live-123', { code: 'MODEL_AUTH' } as never),
    new UserError("No agent is registered as 'x'. Registered are: 'payroll'.", { code: 'AGENT_NOT_REGISTERED' }),
    'a text',
    undefined,
    null,
  ])('%s: nothing of what is inside', (error) => {
    const { reply } = errorReply(error);
    expect(reply.body).not.toMatch(/srv|\/var|10\.0|sk-|payroll|root|a text/);
    expect(JSON.parse(reply.body ?? '')).toEqual({
      error: { code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) },
    });
  });

  it('go whole to onError where they are ours, once, and not where they are the client’s', async () => {
    const broken = new Error('the directory is down');
    await using served = guarded({
      authorize: () => {
        throw broken;
      },
    });
    expect((await served.ask('alice', '/runs')).status).toBe(500);
    expect(served.errors).toEqual([broken]);
    expect((await served.ask('alice', '/nothing')).status).toBe(404);
    expect(served.errors).toHaveLength(1);
  });

  it('an onError that throws changes nothing', async () => {
    await using served = guarded({
      authorize: () => {
        throw new Error('one');
      },
      onError: () => {
        throw new Error('two');
      },
    });
    expect((await served.ask('alice', '/runs')).status).toBe(500);
  });
});
