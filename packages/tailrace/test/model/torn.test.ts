import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamEvent } from '../../src/event/stream-event.ts';
import { startWireServer, type WireAnswer } from '../../src/testing/wire-server.ts';
import { collect, doneOf, fetchOf, modelOn, textOf, WIRES, type WireName } from './calls.ts';

const ANSWER: WireAnswer = {
  steps: [
    { type: 'reasoning', text: ['dénk', '…'], encrypted: 'x' },
    { type: 'text', text: ['Grüße ', '漢字 ', '🚣🏽‍♀️'] },
    { type: 'tool_call', name: 'weather', arguments: { city: 'Zürich 🌧' }, fragments: 3 },
    { type: 'tool_call', name: 'time', arguments: {} },
  ],
  usage: { input: 5, output: 7 },
};

/** The bytes of the answer as a server sends them. */
async function record(wire: WireName, lineEnding: '\n' | '\r\n'): Promise<Uint8Array> {
  await using server = await startWireServer({ script: [{ ...ANSWER, delivery: { lineEnding, pingEvery: 3 } }] });
  const path = wire === 'responses' ? 'responses' : 'chat/completions';
  const body = JSON.stringify({ model: 'm', stream: true, stream_options: { include_usage: true } });
  const answer = await fetch(`${server.url}/${path}`, { method: 'POST', body });
  return await answer.bytes();
}

async function read(wire: WireName, pieces: Uint8Array[]): Promise<StreamEvent[]> {
  const { events, error } = await collect(modelOn(wire, 'http://model.test/v1', { fetch: fetchOf(pieces) }));
  expect(error).toBeUndefined();
  return events;
}

describe.each(WIRES.flatMap((wire) => [[wire, '\n'] as const, [wire, '\r\n'] as const]))('%s, %j', (wire, ending) => {
  test('bytes torn at every position give the same events', async () => {
    const bytes = await record(wire, ending);
    const whole = await read(wire, [bytes]);
    expect(textOf(whole)).toBe('Grüße 漢字 🚣🏽‍♀️');
    expect(doneOf(whole).output.map((item) => item.type)).toEqual([
      'reasoning',
      'message',
      'function_call',
      'function_call',
    ]);
    const expected = JSON.stringify(whole);
    for (let cut = 1; cut < bytes.length; cut++) {
      const torn = await read(wire, [bytes.subarray(0, cut), bytes.subarray(cut)]);
      if (JSON.stringify(torn) !== expected) expect(torn, `cut at ${cut}`).toEqual(whole);
    }
  });

  test('bytes torn at random give the same events', async () => {
    const bytes = await record(wire, ending);
    const expected = JSON.stringify(await read(wire, [bytes]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        const pieces: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(JSON.stringify(await read(wire, pieces))).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  test('bytes torn on the network give the same events', async () => {
    const delivery = { lineEnding: ending };
    await using server = await startWireServer({
      script: [
        ANSWER,
        { ...ANSWER, delivery: { ...delivery, chunkSizes: [1, 7, 3, 64] } },
        { ...ANSWER, delivery: { ...delivery, eventsPerWrite: 16, bom: true } },
      ],
    });
    const model = modelOn(wire, server.url);
    const shape = async (): Promise<unknown> => {
      const { events, error } = await collect(model);
      expect(error).toBeUndefined();
      return [events.map((event) => event.type), textOf(events), doneOf(events).output.map((item) => item.type)];
    };
    const plain = await shape();
    expect(await shape()).toEqual(plain);
    expect(await shape()).toEqual(plain);
  });
});
