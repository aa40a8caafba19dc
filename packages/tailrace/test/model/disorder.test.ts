import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startWireServer } from '../../src/testing/wire-server.ts';
import { answered, collect, doneOf, modelOn, textOf, WIRES, type WireName } from './calls.ts';

const ITEM = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'abc', annotations: [] }],
};
const MIDDLE: Record<WireName, unknown[]> = {
  responses: [
    { type: 'response.created', response: { id: 'r' } },
    { type: 'response.output_item.added', output_index: 0, item: { id: 'm', type: 'message' } },
    ...['a', 'b', 'c'].map((delta) => ({ type: 'response.output_text.delta', output_index: 0, item_id: 'm', delta })),
    { type: 'response.output_item.done', output_index: 0, item: ITEM },
    { type: 'response.unheard_of', output_index: 'x' },
    {},
  ],
  chat: [
    { id: 'r', choices: [{ index: 0, delta: { role: 'assistant' } }] },
    ...['a', 'b', 'c'].map((content) => ({ id: 'r', choices: [{ index: 0, delta: { content } }] })),
    {
      id: 'r',
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{' } }] } }],
    },
    { id: 'r', choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '}' } }] } }] },
    { id: 'r', choices: [], usage: { prompt_tokens: 1 } },
    {},
  ],
};
const TERMINAL: Record<WireName, unknown> = {
  responses: { type: 'response.completed', response: { id: 'r', output: [ITEM] } },
  chat: { id: 'r', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
};

test.each(WIRES)('%s: lost, repeated and swapped events never hang, and end in one response', async (wire) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...MIDDLE[wire]), { maxLength: 16 }), async (events) => {
      const { events: got, error } = await answered(wire, [...events, TERMINAL[wire]]);
      expect(error).toBeUndefined();
      const done = doneOf(got);
      // What was streamed and what is kept agree on the wire that has no items of its own.
      if (wire === 'responses') expect(done.output).toMatchObject([{ id: 'm', content: [{ text: 'abc' }] }]);
      else expect(JSON.stringify(done.output)).toContain(textOf(got));
    }),
    { numRuns: 60 },
  );
});

test.each(WIRES)('%s: any JSON as an event is survived', async (wire) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 6 }), async (values) => {
      const harmless = values.filter((value) => !JSON.stringify(value).includes('error'));
      const { events, error } = await answered(wire, [
        ...harmless.map((value) => JSON.stringify(value)),
        TERMINAL[wire],
      ]);
      expect(error).toBeUndefined();
      doneOf(events);
    }),
    { numRuns: 100 },
  );
});

test.each(WIRES)('%s: [I4] a finished call leaves no timer and no busy socket', async (wire) => {
  await using server = await startWireServer();
  await collect(modelOn(wire, server.url));
  const count = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = count();
  for (let n = 0; n < 5; n++) expect((await collect(modelOn(wire, server.url))).error).toBeUndefined();
  expect(count()).toBeLessThanOrEqual(before);
  expect(server.activeRequests).toBe(0);
  expect(server.openConnections).toBe(1);
});
