// Tool guardrails, progress, custom data and error handlers across the death of a writer, at every append.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  defineToolInputGuardrail,
  defineToolOutputGuardrail,
  type LogStore,
  MemoryLogStore,
  MemorySession,
  type RunErrorHandlers,
  Runner,
  type RunEvent,
  tool,
  ToolGuardrailFunctionOutputFactory as verdict,
} from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { deaths, WAYS } from './deaths.ts';

interface Plot {
  steps: () => ScriptedModelInput[];
  options: {
    maxTurns: number;
    errorHandlers: RunErrorHandlers;
    toolExecution?: { maxFunctionToolConcurrency: number };
  };
  /** What the run comes to, whoever ends it. */
  final: string | undefined;
  code?: string;
}

const handled = { default: () => ({ finalOutput: 'Handled.' }) };
const refused: ScriptedModelInput = [
  { type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'refusal', refusal: 'No.' }] },
];
const both = () => [
  functionCall('once', { n: 1 }, { callId: 'c1' }),
  functionCall('again', { n: 2 }, { callId: 'c2' }),
  functionCall('refused', { n: 3 }, { callId: 'c3' }),
];

const plots: Record<string, Plot> = {
  'guarded tools with progress': {
    steps: () => [both(), [assistantMessage('All done.')]],
    options: { maxTurns: 5, errorHandlers: {} },
    final: 'All done.',
  },
  'guarded tools, one at a time': {
    steps: () => [both(), [assistantMessage('All done.')]],
    options: { maxTurns: 5, errorHandlers: {}, toolExecution: { maxFunctionToolConcurrency: 1 } },
    final: 'All done.',
  },
  'a handled limit of turns': {
    steps: () => [both()],
    options: { maxTurns: 1, errorHandlers: handled },
    final: 'Handled.',
  },
  'a handled refusal': {
    steps: () => [both(), refused],
    options: { maxTurns: 5, errorHandlers: handled },
    final: 'Handled.',
  },
  'a guardrail that fails the run': {
    steps: () => [[functionCall('tripping', { n: 1 }, { callId: 'c1' })]],
    options: { maxTurns: 5, errorHandlers: {} },
    final: undefined,
    code: 'TOOL_GUARDRAIL_TRIPPED',
  },
};

function agentOf(model: ScriptedModel): Agent {
  const parameters = z.object({ n: z.number() });
  const guards = (name: string, output = verdict.allow({ by: name })) => [
    defineToolInputGuardrail({ name: `${name}-1`, run: async () => verdict.allow() }),
    defineToolInputGuardrail({ name: `${name}-2`, run: async () => output }),
  ];
  const outputGuardrails = [defineToolOutputGuardrail({ name: 'out', run: async () => verdict.allow() })];
  const steps = async function* ({ n }: { n: number }) {
    yield { half: n };
    await sleep(0);
    yield { whole: n };
    return `done ${n}`;
  };
  const about = { description: 'd', parameters, execute: steps, outputGuardrails };
  const customDataExtractor = () => ({ from: 'db' });
  return new Agent({
    name: 'First',
    model,
    tools: [
      tool({ ...about, name: 'once', inputGuardrails: guards('once'), customDataExtractor }),
      tool({ ...about, name: 'again', inputGuardrails: guards('again'), effects: 'idempotent' }),
      tool({ ...about, name: 'refused', inputGuardrails: guards('refused', verdict.rejectContent('Not that.')) }),
      tool({ ...about, name: 'tripping', inputGuardrails: guards('tripping', verdict.throwException({ why: 1 })) }),
    ],
  });
}

async function settled(
  running: Promise<object>,
): Promise<{ finalOutput: unknown; code: unknown; state: object | undefined }> {
  try {
    const result = await running;
    if ('completed' in result) await result.completed;
    return {
      finalOutput: Reflect.get(result, 'finalOutput'),
      code: undefined,
      state: Reflect.get(result, 'state') as object,
    };
  } catch (error) {
    const { code, state } = error as { code: unknown; state?: object };
    return { finalOutput: undefined, code, state };
  }
}

/** One line for each verdict that a log has. */
const verdicts = (events: readonly RunEvent[]) =>
  events.flatMap((event) =>
    event.type === 'tool.checked' ? [`${event.callId} ${event.guardrail} ${event.kind} ${event.attempt}`] : [],
  );

for (const [name, plot] of Object.entries(plots)) {
  for (const { stream, stored, how } of WAYS) {
    test(`${name}: taken up at any append (${how})`, async () => {
      const options = { ...plot.options, runId: 'run_1' };
      const fresh = () => ({ store: new MemoryLogStore(), session: new MemorySession() });
      const live = ({ session }: ReturnType<typeof fresh>, store: LogStore) => {
        const agent = agentOf(new ScriptedModel(plot.steps()));
        return settled(new Runner({ store }).run(agent, 'Go', { ...options, session, stream: stream as false }));
      };
      for await (const { world, before, label } of deaths({ fresh, live, stored, moreThan: 5 })) {
        const { store, session } = world;
        const copy = new MemorySession({ initialItems: await session.getItems() });
        const model = new ScriptedModel(
          plot.steps().slice(before.filter(({ type }) => type === 'model.returned').length),
        );
        const { runId, ...rest } = options;
        const end = await settled(
          new Runner({ store }).resume(agentOf(model), runId, { ...rest, session: copy, stream }),
        );
        expect([end.finalOutput, end.code], label).toEqual([plot.final, plot.code]);
        const events = store.read('run_1', 0, 10_000);
        expect(logViolations(events), label).toEqual([]);
        // No verdict is given twice on one attempt, and none that was recorded is lost.
        const given = verdicts(events);
        expect(new Set(given).size, label).toBe(given.length);
        expect(given.slice(0, verdicts(before).length), label).toEqual(verdicts(before));
        const inputs = given.filter((line) => line.includes(' input '));
        expect(inputs, label).toHaveLength(plot.code ? 2 : 6);
        expect(Reflect.get(end.state ?? {}, 'toolInputGuardrailResults'), label).toHaveLength(inputs.length);
        const once = events.filter((event) => event.type === 'tool.called' && event.effects === 'once');
        expect(once, label).toHaveLength(plot.code ? 0 : 1);
        if (plot.code) continue;
        const items = await copy.getItems();
        const told = items.flatMap((item) =>
          item.type === 'function_call_result' ? [JSON.stringify(item.output)] : [],
        );
        expect(told, label).toHaveLength(3);
        expect(told[2], label).toContain('Not that.');
        // Progress is nobody's output.
        expect(JSON.stringify(items), label).not.toContain('half');
        expect(
          items.filter((item) => 'role' in item).map((item) => 'role' in item && item.role),
          label,
        ).toEqual(name === 'a handled refusal' ? ['user', 'assistant', 'assistant'] : ['user', 'assistant']);
        expect(events.filter(({ type }) => type === 'error.handled').length, label).toBe(
          plot.final === 'Handled.' ? 1 : 0,
        );
      }
    });
  }
}
