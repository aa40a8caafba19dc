// The document says what the routes do: it is made of what checks them, and real requests and answers are held against it by somebody else's validator.
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mismatch, type Schema } from '../../src/http/contract/schema.ts';
import { ROUTES } from '../../src/http/routes.ts';
import { guarded } from './guarded.ts';

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

async function documentOf(): Promise<Document> {
  await using served = guarded();
  const response = await served.ask(undefined, '/openapi.json');
  expect(response.status).toBe(200);
  return (await response.json()) as Document;
}

const document = await documentOf();
const ajv = new Ajv2020({ strict: false, allErrors: false });
ajv.addSchema({ $id: 'doc', ...document });

/** Undefined when the value is as the document says. */
function problem(schema: object, value: unknown): string | undefined {
  const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc#/')) as object;
  const validate = ajv.compile(local);
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => [method, path, operation] as const),
);

describe('the document', () => {
  it('has the shape of OpenAPI 3.1', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const ids = operations.map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, path, { parameters = [], responses }] of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(inPath);
      expect(parameters.every((each) => each.in !== 'path' || each.required === true)).toBe(true);
      expect(Object.keys(responses).length).toBeGreaterThan(1);
      for (const [status, response] of Object.entries(responses)) {
        expect(status).toMatch(/^(\d{3}|default)$/);
        expect(response.description).not.toBe('');
      }
    }
  });

  it('has every route, and no other', () => {
    const routes = ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(operations.map(([method, path]) => `${method.toUpperCase()} ${path}`).sort()).toEqual(routes.sort());
  });

  it('refers to nothing that is not there, and its schemas are schemas', () => {
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name);
    for (const name of Object.keys(document.components.schemas))
      expect(() => problem({ $ref: `#/components/schemas/${name}` }, 1)).not.toThrow();
  });

  it('says of every POST what it takes', () => {
    for (const { method, path, contract } of ROUTES)
      if (method === 'POST' && !path.endsWith('/stop') && contract.id !== 'cancelResponse')
        expect(contract.body, path).toBeDefined();
  });
});

const bodyOf = (operationId: string): object => {
  const found = operations.find(([, , operation]) => operation.operationId === operationId);
  return found?.[2].requestBody?.content['application/json']?.schema ?? {};
};

describe('requests', () => {
  const run = (id: string): string => `/runs/${id}`;
  const CASES: readonly [operation: string, path: (id: string) => string, body: unknown][] = [
    ['postRun', () => '/runs', { agent: 'echo', input: 'Hi' }],
    [
      'postRun',
      () => '/runs',
      {
        agent: 'echo',
        input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
        metadata: [1],
        maxTurns: 3,
        stream: false,
        background: false,
        sessionId: 's',
      },
    ],
    ['sendInput', (id) => `${run(id)}/input`, { input: 'Hi', messageId: 'm' }],
    ['cancelRun', (id) => `${run(id)}/cancel`, { mode: 'after_turn', reason: 'enough' }],
    ['decideCall', (id) => `${run(id)}/approvals/c1`, { approved: false, message: 'No.', always: false }],
    ['createResponse', () => '/v1/responses', { model: 'echo', input: 'Hi', temperature: 0.2, stream: null }],
  ];

  it.each(CASES)(
    '%s: what the server takes is as the document says, and no more is taken',
    async (operation, path, body) => {
      await using served = guarded();
      const id = await served.waiting('alice');
      expect(problem(bodyOf(operation), body)).toBeUndefined();
      expect((await served.post('alice', path(id), body)).status).toBeLessThan(300);
      const more = { ...(body as object), nonsense: 1 };
      const refused = problem(bodyOf(operation), more) !== undefined;
      expect(refused).toBe(operation !== 'createResponse');
      const again = await served.waiting('alice');
      expect((await served.post('alice', path(again), more)).status === 400).toBe(refused);
    },
  );

  it('any body is refused by the server as the document refuses it', async () => {
    await using served = guarded();
    const word = fc.constantFrom('echo', 'user', 'message', 'Hi', '', 'input_text', 'x'.repeat(300), 'a\nb');
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        word,
        fc.integer({ min: -1, max: 2_000 }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('role', 'content', 'type', 'text', 'id', 'x'), tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    const body = fc.dictionary(
      fc.constantFrom('input', 'agent', 'sessionId', 'metadata', 'stream', 'background', 'maxTurns', 'other'),
      value,
      { maxKeys: 5 },
    );
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        const asked = { ...given, agent: given['agent'] ?? 'echo' };
        const fits = problem(bodyOf('postRun'), asked) === undefined;
        const response = await served.post('alice', '/runs', { ...asked });
        const text = await response.text();
        // What fits may still be refused by what runs it: an agent that is not there, an input that says nothing.
        if (!fits) expect([response.status, text]).toEqual([400, expect.stringContaining('BODY_INVALID')]);
        else if (text.includes('BODY_INVALID')) throw new Error(`${JSON.stringify(asked)} fits, and got ${text}`);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

describe('answers', () => {
  it('are as the document says', async () => {
    await using served = guarded();
    const id = await served.waiting('alice');
    const done = (await (
      await served.post('alice', '/runs', { agent: 'echo', input: 'Hi', sessionId: 's', metadata: { a: 1 } })
    ).json()) as { id: string };
    const asked: [operation: string, path: string, init?: RequestInit][] = [
      ['getRun', `/runs/${id}`],
      ['getRun', `/runs/${done.id}`],
      ['listRuns', '/runs?limit=1'],
      ['getEvents', `/runs/${id}/events?waitMs=0`],
      ['getTrace', `/runs/${done.id}/trace`],
      ['getSession', '/sessions/s'],
      ['getResponse', `/v1/responses/${done.id}`],
      ['healthz', '/healthz'],
      ['readyz', '/readyz'],
      ['getRun', '/runs/nobody'],
      ['listRuns', '/runs?status=x'],
      ['cancelRun', `/runs/${id}/cancel`, { method: 'POST' }],
    ];
    for (const [name, path, init] of asked) {
      const response = await served.ask('alice', path, { headers: { accept: 'application/json' }, ...init });
      const responses = operations.find(([, , { operationId }]) => operationId === name)?.[2].responses;
      const said = responses?.[response.status] ?? responses?.['default'];
      const schema = said?.content?.['application/json']?.schema;
      expect(schema, `${name} ${response.status}`).toBeDefined();
      expect(problem(schema ?? {}, await response.json()), path).toBeUndefined();
    }
  });
});

describe('our validator', () => {
  const leaf: fc.Arbitrary<Schema> = fc.oneof(
    fc.record({
      type: fc.constantFrom('string' as const),
      minLength: fc.nat(3),
      maxLength: fc.integer({ min: 3, max: 5 }),
    }),
    fc.record({
      type: fc.constantFrom('integer' as const, 'number' as const),
      minimum: fc.integer({ min: -2, max: 0 }),
      maximum: fc.nat(3),
    }),
    fc.record({ type: fc.constantFrom('boolean' as const, 'null' as const) }),
    fc.constant<Schema>({}),
    fc.constant<Schema>({ type: 'string', enum: ['a', 'b'] }),
    fc.constant<Schema>({ type: 'string', pattern: '^a+$' }),
    fc.constant<Schema>({ type: ['string', 'null'] }),
  );
  const schema = fc.letrec<{ any: Schema }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({
        type: fc.constant('array' as const),
        items: tie('any'),
        minItems: fc.nat(1),
        maxItems: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({
        type: fc.constant('object' as const),
        properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('any')),
        required: fc.constantFrom([], ['a']),
        additionalProperties: fc.boolean(),
      }),
      fc.record({ anyOf: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
    ),
  })).any;
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>(
      'a',
      'aa',
      '',
      '😀😀😀',
      null,
      0,
      1,
      1.5,
      [],
      ['a'],
      {},
      { a: 'a' },
      { b: 1 },
      { a: ['a'], c: 1 },
    ),
  );

  it('says what another one says, of any schema and value', () => {
    const other = new Ajv2020({ strict: false });
    fc.assert(
      fc.property(schema, fc.array(value, { minLength: 1, maxLength: 8 }), (given, values) => {
        const validate = other.compile(given);
        for (const each of values)
          expect(mismatch(given, each) === undefined, JSON.stringify([given, each])).toBe(validate(each));
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
