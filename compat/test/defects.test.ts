/** What `@openai/agents` 0.20.0 does wrong, each shown there, and shown to be right here. More about each: reference-defects.test.ts of the package. */
import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SdkNamespace, TestingNamespace } from '../src/program.ts';
import { reference, type Side, tailrace } from '../src/sides.ts';
import { recordTraces } from '../src/trace.ts';

let theirs: Side;
let ours: Side;

beforeAll(async () => {
  for (const method of ['warn', 'error'] as const) vi.spyOn(console, method).mockImplementation(() => {});
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  theirs = await reference();
  ours = await tailrace();
});

afterAll(() => {
  for (const { sdk } of [theirs, ours]) sdk.setTraceProcessors([]);
});

/** True where an SDK does what is right. */
type Probe = (sdk: SdkNamespace, testing: TestingNamespace) => Promise<boolean>;

const deltas = Array.from({ length: 40 }, (_, index) => ({ type: 'output_text_delta' as const, delta: `${index} ` }));
const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

function answer(testing: TestingNamespace, text = 'Hi'): ReturnType<TestingNamespace['modelStream']> {
  const output = [testing.assistantMessage(text)];
  return testing.modelStream([...deltas, { type: 'response_done', response: { id: 'r', usage, output } }]);
}

function failing(testing: TestingNamespace): ReturnType<TestingNamespace['modelStream']> {
  return testing.modelStream(
    (async function* () {
      yield { type: 'response_started' as const };
      yield* deltas;
      throw new Error('down');
    })(),
  );
}

function stalling(testing: TestingNamespace): ReturnType<TestingNamespace['modelStream']> {
  return testing.modelStream(
    (async function* () {
      yield { type: 'response_started' as const };
      for (const delta of deltas) {
        yield delta;
        await wait(10);
      }
    })(),
  );
}

/** How a promise settles, or that it does not within a time. */
function outcome(promise: Promise<unknown>, ms = 400): Promise<string> {
  const settled = promise.then(
    () => 'resolved',
    () => 'rejected',
  );
  return Promise.race([settled, wait(ms, 'pending')]);
}

async function seenBy(events: AsyncIterable<unknown>, each: () => Promise<void> | void = () => {}): Promise<number> {
  let count = 0;
  try {
    for await (const _event of events) {
      count += 1;
      await each();
    }
  } catch {
    // What was seen before the error is what counts.
  }
  return count;
}

const probes: Record<string, Probe> = {
  '1: a run that is not streamed and throws ends its trace': async (sdk, testing) => {
    const recorder = recordTraces(sdk);
    const model = new testing.ScriptedModel([testing.modelError(new Error('down'))]);
    await sdk.run(new sdk.Agent({ name: 'A', model }), 'Hi').catch(() => undefined);
    await wait(20);
    return JSON.stringify(recorder.endings()).includes('"Agent workflow: 1"');
  },

  '2: an error loses no event that came before it': async (sdk, testing) => {
    const agent = new sdk.Agent({ name: 'A', model: new testing.ScriptedModel([failing(testing)]) });
    const result = await sdk.run(agent, 'Hi', { stream: true });
    result.completed.catch(() => undefined);
    return (await seenBy(result, async () => await wait(2))) === 41;
  },

  '3: the end of iteration comes after the end of the trace': async (sdk, testing) => {
    const recorder = recordTraces(sdk);
    const agent = new sdk.Agent({ name: 'A', model: new testing.ScriptedModel([answer(testing)]) });
    const result = await sdk.run(agent, 'Hi', { stream: true });
    let atEnd = '';
    const completed = result.completed.then(() => (atEnd = JSON.stringify(recorder.endings())));
    await seenBy(result);
    await completed;
    return atEnd.includes('"Agent workflow: 1"');
  },

  '3: a stream that leaves withTrace inside an object keeps its trace open': async (sdk, testing) => {
    const recorder = recordTraces(sdk);
    const agent = new sdk.Agent({ name: 'A', model: new testing.ScriptedModel([stalling(testing)]) });
    const { result } = await sdk.withTrace('Around', async () => ({
      result: await sdk.run(agent, 'Hi', { stream: true }),
    }));
    const open = JSON.stringify(recorder.endings()).includes('"Around: 0"');
    result.completed.catch(() => undefined);
    await seenBy(result);
    return open;
  },

  '4: an abort never looks like success': async (sdk, testing) => {
    const abort = new AbortController();
    const agent = new sdk.Agent({ name: 'A', model: new testing.ScriptedModel([stalling(testing)]) });
    const result = await sdk.run(agent, 'Hi', { stream: true, signal: abort.signal });
    result.completed.catch(() => undefined);
    await seenBy(result, () => abort.abort());
    await outcome(result.completed);
    return result.cancelled && Boolean(result.error);
  },

  '5: a second iteration gives everything again': async (sdk, testing) => {
    const agent = new sdk.Agent({ name: 'A', model: new testing.ScriptedModel([answer(testing)]) });
    const result = await sdk.run(agent, 'Hi', { stream: true });
    const first = await seenBy(result);
    return first > 40 && (await Promise.race([seenBy(result), wait(400, 0)])) === first;
  },

  '7: a tool that ignores its signal does not keep completed pending': async (sdk, testing) => {
    const deaf = sdk.tool({
      name: 'deaf',
      description: 'Never ends.',
      parameters: { type: 'object', properties: {}, required: [], additionalProperties: true },
      strict: false,
      execute: () => new Promise<string>(() => undefined),
    });
    const abort = new AbortController();
    const call = testing.functionCall('deaf', {}, { callId: 'call_1' });
    const agent = new sdk.Agent({ name: 'A', tools: [deaf], model: new testing.ScriptedModel([[call]]) });
    const result = await sdk.run(agent, 'Hi', { stream: true, signal: abort.signal });
    setTimeout(() => abort.abort(), 30);
    return (await outcome(result.completed, 8000)) !== 'pending';
  },

  '8: a processor that throws fails no run': async (sdk, testing) => {
    sdk.setTracingDisabled(false);
    sdk.setTraceProcessors([
      {
        onTraceStart: async () => Promise.reject(new Error('processor')),
        onTraceEnd: async () => undefined,
        onSpanStart: async () => undefined,
        onSpanEnd: async () => undefined,
        shutdown: async () => undefined,
        forceFlush: async () => undefined,
      },
    ]);
    const agent = new sdk.Agent({ name: 'A', model: new testing.ScriptedModel([[testing.assistantMessage('Hi')]]) });
    const how = await outcome(sdk.run(agent, 'Hi'), 5000);
    sdk.setTraceProcessors([]);
    return how === 'resolved';
  },

  '8: a processor that takes its time delays no run': async (sdk, testing) => {
    const slow = async () => await wait(200);
    sdk.setTracingDisabled(false);
    sdk.setTraceProcessors([
      {
        ...{ onTraceStart: slow, onTraceEnd: slow, onSpanStart: slow, onSpanEnd: slow },
        ...{ shutdown: async () => undefined, forceFlush: async () => undefined },
      },
    ]);
    const agent = new sdk.Agent({ name: 'A', model: new testing.ScriptedModel([[testing.assistantMessage('Hi')]]) });
    const at = performance.now();
    await sdk.run(agent, 'Hi');
    sdk.setTraceProcessors([]);
    return performance.now() - at < 190;
  },
};

describe.each(Object.entries(probes))('%s', (_name, probe) => {
  it('not in @openai/agents', async () => {
    expect(await probe(theirs.sdk, theirs.testing)).toBe(false);
  }, 60_000);

  it('in Tailrace', async () => {
    expect(await probe(ours.sdk, ours.testing)).toBe(true);
  }, 60_000);
});

describe('9: importing installs no listener on the process', () => {
  it.each([
    ['@openai/agents', false],
    ['tailrace', true],
  ])(
    '%s: %s',
    async (name, right) => {
      const program = `
      const count = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
      const before = count();
      await import('${name}');
      console.log(count() - before);
      process.exit();
    `;
      const args = ['--conditions=@tailrace/source', '--input-type=module', '--eval', program];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
      expect(stdout.trim() === '0').toBe(right);
    },
    60_000,
  );
});
