// I12: runs that share everything that can be shared know nothing of one another.
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Agent,
  createCustomSpan,
  getCurrentSpan,
  getCurrentTrace,
  handoff,
  InMemoryTraceProcessor,
  MemoryLogStore,
  MemorySession,
  type RunContext,
  Runner,
  setTraceProcessors,
  tool,
  Usage,
  withCustomSpan,
} from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  modelResponder,
  ScriptedModel,
  startCleanRunProbe,
} from '../../src/testing/index.ts';
import { drained } from './played.ts';

afterEach(() => setTraceProcessors([]));

const RUNS = process.env['TAILRACE_ROUNDS'] === 'long' ? 2_000 : 200;

interface Caller {
  name: string;
}

/** One model for all runs: what it says, it takes from what it is asked. */
function sharedModel(): ScriptedModel {
  const respond = modelResponder(async ({ request, index }) => {
    const asked = JSON.stringify(request.input);
    const name = /caller-\d+-/.exec(asked)?.[0] ?? 'nobody';
    await wait(index % 7);
    const usage = new Usage({ requests: 1, inputTokens: Number(name.split('-')[1]), outputTokens: 1 });
    const calls = ['a', 'b'].map((id) => functionCall('who', { name }, { callId: `${name}${id}` }));
    if (request.handoffs.length > 0)
      return { usage, output: [functionCall('transfer_to_second', {}, { callId: `${name}t` })] };
    if (!asked.includes('"name":"who"')) return { usage, output: [assistantMessage(`Wait, ${name}`), ...calls] };
    return { usage, output: [assistantMessage(`Good-bye, ${name}`)] };
  });
  return new ScriptedModel(Array.from({ length: RUNS * 3 }, () => respond));
}

describe('runs side by side', () => {
  it('[I12] share an agent, a model, tools, guardrails and a store, and nothing that they say', async () => {
    const strangers: string[] = [];
    const seen = (where: string, name: string, context: RunContext<Caller>): void => {
      if (!name.includes(context.context.name))
        strangers.push(`${where}: ${name} in the run of ${context.context.name}`);
    };
    const who = tool({
      name: 'who',
      description: 'Says who asks.',
      parameters: {
        type: 'object',
        properties: { name: { type: 'string' } },
        required: ['name'],
        additionalProperties: false,
      },
      strict: false,
      execute: async (input: unknown, context?: RunContext<Caller>) => {
        const { name } = input as Caller;
        if (context) seen('tool', name, context);
        const trace = getCurrentTrace()?.traceId;
        return withCustomSpan(
          async () => {
            await wait(Number(name.length % 5));
            const span = createCustomSpan({ data: { name } });
            span.start();
            await wait(1);
            span.end();
            if (getCurrentTrace()?.traceId !== trace || getCurrentSpan()?.traceId !== trace)
              strangers.push(`trace of ${name}`);
            return `you are ${name}`;
          },
          { data: { name } },
        );
      },
    });
    const model = sharedModel();
    const second = new Agent<Caller>({ name: 'second', model, tools: [who] });
    const first = new Agent<Caller>({
      name: 'first',
      model,
      handoffs: [handoff(second)],
      instructions: (context) => `You speak with ${context.context.name}`,
      inputGuardrails: [
        {
          name: 'looks',
          execute: async ({ input, context }) => {
            seen('guardrail', JSON.stringify(input), context);
            await wait(2);
            return { tripwireTriggered: false, outputInfo: null };
          },
        },
      ],
    });
    const store = new MemoryLogStore();
    const probe = startCleanRunProbe();
    const trace = new InMemoryTraceProcessor();
    setTraceProcessors([trace, probe.traces]);
    const runner = new Runner({ store });
    runner.on('agent_end', (context, _agent, output) => seen('hook', output, context as RunContext<Caller>));

    const own = await Promise.all(
      Array.from({ length: RUNS }, async (_, index) => {
        const name = `caller-${index}-`;
        const session = new MemorySession();
        const options = { runId: `run-${index}`, session, context: { name } };
        const streamed = index % 2 === 0;
        const result = streamed
          ? await runner.run(first, `I am ${name}`, { ...options, stream: true })
          : await runner.run(first, `I am ${name}`, options);
        if (streamed) await drained(result as unknown as AsyncIterable<unknown>);
        return { name, result, session };
      }),
    );

    expect(strangers).toEqual([]);
    const traceOf = new Map<string, string>();
    for (const [index, { name, result, session }] of own.entries()) {
      const events = store.read(`run-${index}`, 0, 10_000);
      expect(logViolations(events)).toEqual([]);
      const texts = [events, await session.getItems(), result.history, result.rawResponses];
      for (const text of texts) expect(new Set(JSON.stringify(text).match(/caller-\d+-/g))).toEqual(new Set([name]));
      expect(result.finalOutput).toBe(`Good-bye, ${name}`);
      expect(result.runContext.usage.inputTokens).toBe(3 * index);
      expect(events.every(({ run }) => run === `run-${index}`)).toBe(true);
      const [started] = events;
      if (started?.type === 'run.started' && started.traceId !== undefined) traceOf.set(started.traceId, name);
    }
    expect(traceOf.size).toBe(RUNS);

    // Each span lies in the trace of the run that it speaks of, and its parent in the same one.
    const traceOfSpan = new Map(trace.spans.map(({ spanId, traceId }) => [spanId, traceId]));
    for (const span of trace.spans) {
      const named = JSON.stringify(span.spanData).match(/caller-\d+-/g) ?? [];
      for (const name of named) expect(name).toBe(traceOf.get(span.traceId));
      if (span.parentId !== null) expect(traceOfSpan.get(span.parentId)).toBe(span.traceId);
    }
    expect(trace.spans.length).toBe(RUNS * (1 + 2 + 3 + 3 + 1 + 1 + 2 * 3));
    expect([trace.traceStarts, trace.traceEnds, trace.openSpans.size]).toEqual([RUNS, RUNS, 0]);
    await expect.poll(() => probe.violations()).toEqual([]);
    probe[Symbol.dispose]();
  }, 60_000);
});
