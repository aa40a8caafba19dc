// Strict mode makes the model write null for what may be left out. What it wrote has to be what the author's schema takes.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf } from '../../src/base/schema.ts';
import { strictSchema, withoutStrictNulls } from '../../src/base/strict-schema.ts';
import { Agent, run, tool } from '../../src/index.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';

const a = z.object({ k: z.literal('a'), x: z.number().optional() });
const b = z.object({ k: z.literal('b'), y: z.number().nullable(), z: z.string().optional() });
const Tree = z.object({
  v: z.string(),
  get kids() {
    return z.array(Tree).optional();
  },
});
const Expression: z.ZodType = z.lazy(() =>
  z.union([
    z.object({ op: z.string(), left: Expression, right: Expression, note: z.string().optional() }),
    z.object({ op: z.string(), left: Expression, right: Expression, hint: z.string().optional() }),
    z.number(),
  ]),
);

const rows: [what: string, schema: z.ZodType, written: unknown, meant: unknown][] = [
  [
    'a discriminated union',
    z.object({ u: z.discriminatedUnion('k', [a, b]) }),
    { u: { k: 'a', x: null } },
    { u: { k: 'a' } },
  ],
  [
    'the other option, with a null that is meant',
    z.object({ u: z.discriminatedUnion('k', [a, b]) }),
    { u: { k: 'b', y: null, z: null } },
    { u: { k: 'b', y: null } },
  ],
  ['a union', z.object({ u: z.union([a, b]) }), { u: { k: 'a', x: null } }, { u: { k: 'a' } }],
  ['a union that may be left out', z.object({ u: z.union([a, b]).optional() }), { u: null }, {}],
  [
    'a union that may be null',
    z.object({ u: z.union([a, b]).nullable() }),
    { u: { k: 'a', x: null } },
    { u: { k: 'a' } },
  ],
  ['a list of a union', z.object({ u: z.array(z.union([a, b])) }), { u: [{ k: 'a', x: null }] }, { u: [{ k: 'a' }] }],
  [
    'options that only their properties tell apart',
    z.object({ u: z.union([z.object({ p: z.number().optional() }), z.object({ q: z.string().optional() })]) }),
    { u: { q: null } },
    { u: {} },
  ],
  [
    'a schema of itself',
    Tree,
    { v: 'a', kids: [{ v: 'b', kids: [{ v: 'c', kids: null }] }] },
    { v: 'a', kids: [{ v: 'b', kids: [{ v: 'c' }] }] },
  ],
];

describe('what may be left out is left out', () => {
  it.each(rows)('in %s', (_what, schema, written, meant) => {
    const taken = withoutStrictNulls(written, jsonSchemaOf(schema));
    expect(taken).toEqual(meant);
    expect(schema.parse(taken)).toEqual(meant);
  });

  it('in arguments and in the final output of a run', async () => {
    const shape = z.object({ u: z.discriminatedUnion('k', [a, b]) });
    const got: unknown[] = [];
    const take = tool({ name: 'take', description: 'T.', parameters: shape, execute: (input) => got.push(input) });
    const written = { u: { k: 'a', x: null } };
    const model = new ScriptedModel([
      [functionCall('take', written, { callId: 'c' })],
      [assistantMessage(JSON.stringify(written))],
    ]);
    const result = await run(new Agent({ name: 'A', tools: [take], outputType: shape, model }), 'x');
    expect(got).toEqual([{ u: { k: 'a' } }]);
    expect(result.finalOutput).toEqual({ u: { k: 'a' } });
    expect(JSON.stringify(model.calls[0]?.request)).not.toContain('oneOf');
    await assertCleanRun(result);
  });

  it('in time, however alike the options of a union are', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 60; depth++) deep = { op: '+', left: deep, right: 1, hint: null };
    const began = performance.now();
    expect(JSON.stringify(withoutStrictNulls(deep, jsonSchemaOf(Expression)))).not.toContain('null');
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('and a schema that is nothing but itself ends', () => {
    const schema = { type: 'object', properties: { p: { $ref: '#/$defs/p' } }, $defs: { p: { $ref: '#/$defs/p' } } };
    expect(withoutStrictNulls({ p: 1 }, schema)).toEqual({ p: 1 });
    expect(withoutStrictNulls({ p: null }, schema)).toEqual({});
  });
});

it('strict mode is told anyOf, of which it knows, in place of oneOf', () => {
  const strict = strictSchema(jsonSchemaOf(z.object({ u: z.discriminatedUnion('k', [a, b]) })));
  expect(strict).toMatchObject({
    properties: { u: { anyOf: [{ required: ['k', 'x'] }, { required: ['k', 'y', 'z'] }] } },
  });
  expect(JSON.stringify(strict)).not.toContain('oneOf');
});
