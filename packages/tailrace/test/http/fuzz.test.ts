// Whatever is sent to whichever route: an answer with a code, nothing of what is inside, and a server that goes on.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/http/routes.ts';
import { guarded } from './guarded.ts';

const key = fc.oneof(
  fc.constantFrom(
    'input',
    'agent',
    'model',
    'messages',
    'id',
    'role',
    'content',
    'parts',
    'type',
    'text',
    'approved',
    'answer',
    'stream',
    'metadata',
    'sessionId',
    'previous_response_id',
    'conversation',
    'threadId',
    'runId',
    'resume',
    'tools',
    'context',
    'state',
    'mode',
    'reason',
    '__proto__',
    'constructor',
    'toString',
  ),
  fc.string({ maxLength: 5 }),
);

const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1e308,
      '',
      'user',
      'echo',
      'message',
      'input_text',
      'text',
      'submit-message',
      'x'.repeat(5_000),
      '\0',
      '\uD800',
      '../..',
      '__proto__',
    ),
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(key, tie('any'), { maxKeys: 6, noNullPrototype: false }),
    fc.constant(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')),
  ),
})).any;

const body = fc.oneof(
  { weight: 6, arbitrary: fc.dictionary(key, value, { maxKeys: 8 }).map((each) => JSON.stringify(each)) },
  value.map((each) => JSON.stringify(each)),
  fc.string({ unit: 'binary' }),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => `${'{"a":['.repeat(depth)}`),
);

const LEAKS =
  /\.ts\b|node:|node_modules|\/work|\/tmp|\/home|\bat [\w.]+ \(|sqlite|SELECT |Cannot read|is not a function|undefined \(|ECONN/i;

async function ends(response: Response): Promise<string> {
  if (response.headers.get('content-type')?.startsWith('application/json') === true || response.status >= 400)
    return response.text();
  await response.body?.cancel();
  return '';
}

describe('fuzz', () => {
  it.each(ROUTES.map((route) => [route.method, route.path, route] as const))(
    '%s %s',
    async (method, path, { contract }) => {
      await using served = guarded({ limits: { streamsPerPrincipal: 100_000, runsPerPrincipal: 100_000 } });
      const id = await served.waiting('alice');
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(
          body,
          fc.string({ unit: 'binary', maxLength: 12 }),
          fc.boolean(),
          async (text, part, known) => {
            const segment = known ? id : encodeURIComponent(part.toWellFormed()) || 'x';
            const at = path.replace(':id', segment).replace(':callId', encodeURIComponent(part.toWellFormed()) || 'c1');
            const query = Object.keys(contract.query ?? {}).map(
              (name) => `${name}=${encodeURIComponent(part.toWellFormed())}`,
            );
            const response = await served.ask(
              'alice',
              `${at}?waitMs=0&${query.filter((each) => !each.startsWith('waitMs')).join('&')}`,
              {
                method,
                ...(method === 'POST' && { headers: { 'content-type': 'application/json' }, body: text }),
              },
            );
            const said = await ends(response);
            expect([response.status, said], `${method} ${at} ${text.slice(0, 300)}`).toEqual([
              expect.toSatisfy((status: number) => status < 500),
              expect.not.stringMatching(LEAKS),
            ]);
            if (response.status < 400) return;
            refused += 1;
            const { error } = JSON.parse(said) as { error?: { code?: unknown; message?: unknown } };
            expect(error).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) });
          },
        ),
        { numRuns: 40 },
      );
      if (contract.body) expect(refused).toBeGreaterThan(0);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect(served.errors).toEqual([]);
      // And it goes on.
      expect((await served.ask('alice', '/healthz')).status).toBe(200);
      const after = await served.post('alice', '/runs', { agent: 'echo', input: 'Hi' });
      expect(await after.json()).toMatchObject({ status: 'completed' });
    },
    60_000,
  );
});
