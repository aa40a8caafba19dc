// I12 of agents as tools: nested runs that go on at the same time, in one run and in many, know nothing of one another.
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  getCurrentSpan,
  InMemoryTraceProcessor,
  MemoryLogStore,
  Runner,
  RunState,
  setTraceProcessors,
  tool,
  Usage,
  withCustomSpan,
} from '../../src/index.ts';
import {
  assertCleanRun,
  assistantMessage,
  functionCall,
  logViolations,
  modelResponder,
  ScriptedModel,
  startCleanRunProbe,
} from '../../src/testing/index.ts';

afterEach(() => setTraceProcessors([]));

const CANARY = /canary-\d+-\d+-/g;
const AGENTS = 30;
const RUNS = 5;

interface Caller {
  run: number;
}

/** A caller that asks one shared agent thirty times in one turn, and a shared model and tool below it. */
function cast(strangers: string[]): Agent<Caller> {
  const name = (asked: string): string => asked.match(CANARY)?.[0] ?? 'nobody';
  const nested = new ScriptedModel(
    Array.from({ length: AGENTS * RUNS * 2 }, () =>
      modelResponder(async ({ request, index }) => {
        const asked = JSON.stringify(request.input);
        const canary = name(asked);
        if (new Set(asked.match(CANARY)).size !== 1) strangers.push(`a model was asked for ${asked}`);
        await wait(index % 5);
        const usage = new Usage({ requests: 1, inputTokens: 1, outputTokens: 1 });
        // The same call id in each of them.
        if (!asked.includes('function_call_result'))
          return { usage, output: [functionCall('note', { name: canary }, { callId: 'same' })] };
        return { usage, output: [assistantMessage(`${canary} done`)] };
      }),
    ),
  );
  const note = tool({
    name: 'note',
    description: 'Notes a name.',
    parameters: z.object({ name: z.string() }),
    execute: async ({ name: canary }, context, details) => {
      const { run } = (context?.context ?? { run: -1 }) as Caller;
      if (!canary.startsWith(`canary-${run}-`)) strangers.push(`a tool of run ${run} was given ${canary}`);
      const above = getCurrentSpan()?.spanId;
      await wait(2);
      if (getCurrentSpan()?.spanId !== above) strangers.push(`${canary}: another span is current`);
      return withCustomSpan(async () => `${canary} ${details?.idempotencyKey}`, { data: { name: canary, data: {} } });
    },
  });
  const helper = new Agent({ name: 'Helper', model: nested, tools: [note] });
  const model = new ScriptedModel(
    Array.from({ length: RUNS * 2 }, () =>
      modelResponder(({ request }) => {
        const asked = JSON.stringify(request.input);
        const usage = new Usage({ requests: 1, inputTokens: 1, outputTokens: 1 });
        const run = /run (\d+)/.exec(asked)?.[1] ?? '';
        if (asked.includes('function_call_result')) return { usage, output: [assistantMessage(`run ${run} is done`)] };
        const output = Array.from({ length: AGENTS }, (_, at) =>
          functionCall('help', { input: `canary-${run}-${at}-` }, { callId: `h${at}` }),
        );
        return { usage, output };
      }),
    ),
  );
  return new Agent<Caller>({
    name: 'Caller',
    model,
    tools: [
      helper.asTool({
        toolName: 'help',
        toolDescription: 'Helps.',
        onStream: ({ event, toolCall }) => {
          const shown = JSON.stringify(event);
          const canaries = new Set(shown.match(CANARY) ?? []);
          const own = name(toolCall?.arguments ?? '');
          if ([...canaries].some((canary) => canary !== own)) strangers.push(`${own} heard ${[...canaries].join(' ')}`);
        },
      }),
    ],
  });
}

test('[I12] thirty nested runs in each of several runs share all that can be shared, and nothing that they say', async () => {
  const strangers: string[] = [];
  using probe = startCleanRunProbe();
  const trace = new InMemoryTraceProcessor();
  setTraceProcessors([trace, probe.traces]);
  const agent = cast(strangers);
  const stores = Array.from({ length: RUNS }, () => new MemoryLogStore());
  await Promise.all(
    stores.map(async (store, at) => {
      const options = { context: { run: at }, runId: `run_${at}` };
      const result = await new Runner({ store }).run(agent, `This is run ${at}.`, options);
      expect(result.finalOutput).toBe(`run ${at} is done`);
      expect(result.state.usage.requests).toBe(AGENTS * 2 + 2);
      const outputs = result.newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : []));
      expect(outputs).toEqual(Array.from({ length: AGENTS }, (_, call) => `canary-${at}-${call}- done`));
    }),
  );
  for (const [at, store] of stores.entries()) {
    const log = store.read(`run_${at}`, 0, 100_000);
    expect(logViolations(log)).toEqual([]);
    for (const event of log) {
      const canaries = new Set(JSON.stringify(event).match(CANARY) ?? []);
      for (const canary of canaries) {
        if (!canary.startsWith(`canary-${at}-`)) strangers.push(`${canary} in the log of run ${at}`);
        const own = event.scope?.at(-1);
        if (own !== undefined && canary !== `canary-${at}-${own.slice('1:tool:h'.length)}-`)
          strangers.push(`${canary} in ${own}`);
      }
    }
    const keys = log.flatMap((event) => (event.type === 'tool.called' ? [event.idempotencyKey] : []));
    expect(new Set(keys).size).toBe(keys.length);
  }
  const roots = new Map(trace.spans.map((span) => [span.spanId, span]));
  for (const span of trace.spans) {
    if (span.spanData.type !== 'custom') continue;
    let above = span;
    while (above.parentId && roots.has(above.parentId)) above = roots.get(above.parentId) as typeof span;
    const { name } = span.spanData;
    if (above.traceId !== span.traceId) strangers.push(`${name} is in two traces`);
  }
  expect(strangers).toEqual([]);
  for (const [at, store] of stores.entries())
    await assertCleanRun({ store, runId: `run_${at}` }, at === RUNS - 1 ? probe : undefined);
});

test('[I12] states that are gone on with at the same time have nothing of one another', async () => {
  const ask = (at: number): Agent => {
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({ n: z.number() }),
      needsApproval: true,
      execute: ({ n }) => `paid canary-${at}-${n}-`,
    });
    const script = [[functionCall('pay', { n: 1 }, { callId: 'n1' })], [assistantMessage(`canary-${at}-0- done`)]];
    const helper = new Agent({ name: 'Helper', model: new ScriptedModel(script), tools: [pay] });
    const calls = [functionCall('help', { input: 'x' }, { callId: 'c1' })];
    const model = new ScriptedModel([calls, [assistantMessage(`canary-${at}-9- end`)]]);
    return new Agent({ name: 'Caller', model, tools: [helper.asTool({ toolName: 'help', toolDescription: 'x' })] });
  };
  await Promise.all(
    Array.from({ length: 30 }, async (_, at) => {
      const agent = ask(at);
      const first = await new Runner().run(agent, 'Hi');
      const state = await RunState.fromString(agent, first.state.toString());
      for (const item of state.getInterruptions()) void state.approve(item);
      const last = await new Runner().run(agent, state);
      const text = last.state.toString();
      expect(last.finalOutput).toBe(`canary-${at}-9- end`);
      expect((text.match(CANARY) ?? []).filter((canary) => !canary.startsWith(`canary-${at}-`))).toEqual([]);
    }),
  );
});
