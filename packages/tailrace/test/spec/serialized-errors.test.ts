// What leaves the process of an error: whatever ends a run or fails a call, the log says nothing that the user, the model or a tool said.
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Agent, MemoryLogStore, type RunEvent, Runner, tool, type AgentOptions } from '../../src/index.ts';
import {
  assistantMessage,
  functionCall,
  modelError,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';

const SECRET = 'sk-hunter2-of-the-user';

const strict = z.strictObject({ n: z.number() });
const picky = z.object({ n: z.string().refine(() => false, { error: ({ input }) => `no: ${String(input)}` }) });

function tools(errorFunction?: null): AgentOptions['tools'] {
  const option = errorFunction === null ? { errorFunction } : {};
  const fails = (name: string, parameters: z.ZodObject): ReturnType<typeof tool> =>
    tool({
      name,
      description: 'Fails.',
      parameters,
      ...option,
      execute: () => {
        throw new Error(SECRET, { cause: { key: SECRET } });
      },
    });
  return [fails('throws', z.object({})), fails('strict', strict), fails('picky', picky)];
}

const call = (name: string, args: object | string): ScriptedModelInput => [
  functionCall(name, args as Record<string, unknown>, { callId: 'call_1' }),
];
const trips = async (): Promise<{ tripwireTriggered: boolean; outputInfo: unknown }> => ({
  tripwireTriggered: true,
  outputInfo: undefined,
});
const throws = (): never => {
  throw new TypeError(SECRET);
};

type Case = [what: string, code: string, agent: Partial<AgentOptions>, script: ScriptedModelInput[]];
const failing: Case[] = [
  ['a model that throws', 'UNEXPECTED', {}, [modelError(new Error(SECRET))]],
  ['a model that throws a text', 'UNEXPECTED', {}, [modelError(SECRET)]],
  ['a refusal', 'MODEL_REFUSED', {}, [[{ ...assistantMessage(''), content: [{ type: 'refusal', refusal: SECRET }] }]]],
  ['an unknown tool', 'TOOL_UNKNOWN', {}, [call(SECRET, {})]],
  ['a tool that throws', 'TOOL_FAILED', { tools: tools(null) ?? [] }, [call('throws', {})]],
  ['arguments that are not JSON', 'TOOL_FAILED', { tools: tools(null) ?? [] }, [call('throws', `{${SECRET}`)]],
  ['an argument too many', 'TOOL_FAILED', { tools: tools(null) ?? [] }, [call('strict', { n: 1, [SECRET]: 1 })]],
  ['an argument that its schema quotes', 'TOOL_FAILED', { tools: tools(null) ?? [] }, [call('picky', { n: SECRET })]],
  ['output that is not JSON', 'OUTPUT_INVALID', { outputType: strict } as object, [[assistantMessage(SECRET)]]],
  [
    'output with a key too many',
    'OUTPUT_INVALID',
    { outputType: strict } as object,
    [[assistantMessage(`{"n":1,"${SECRET}":1}`)]],
  ],
  [
    'output that its schema quotes',
    'OUTPUT_INVALID',
    { outputType: picky } as object,
    [[assistantMessage(`{"n":"${SECRET}"}`)]],
  ],
  [
    'a guardrail that throws',
    'GUARDRAIL_FAILED',
    { inputGuardrails: [{ name: 'g', execute: async () => throws() }] },
    [[assistantMessage('a')]],
  ],
  ['instructions that throw', 'UNEXPECTED', { instructions: throws }, []],
  [
    'a trip that says why',
    'INPUT_GUARDRAIL_TRIPPED',
    { inputGuardrails: [{ name: 'g', execute: trips }] },
    [[assistantMessage('a')]],
  ],
];

it.each(failing)('[I9] %s fails the run with %s, and says nothing of it', async (_what, code, agent, script) => {
  const { end } = await run(agent, script);
  expect(end).toMatchObject({ type: 'run.failed', error: { code, retryable: expect.any(Boolean), runId: 'run_1' } });
  expect(JSON.stringify(end)).not.toContain(SECRET);
});

const told: Case[] = [
  ['a tool that throws', 'UNEXPECTED', { tools: tools() ?? [] }, [call('throws', {}), [assistantMessage('a')]]],
  [
    'an argument too many',
    'TOOL_INPUT_INVALID',
    { tools: tools() ?? [] },
    [call('strict', { n: 1, [SECRET]: 1 }), [assistantMessage('a')]],
  ],
  [
    'an argument that its schema quotes',
    'TOOL_INPUT_INVALID',
    { tools: tools() ?? [] },
    [call('picky', { n: SECRET }), [assistantMessage('a')]],
  ],
];

it.each(told)(
  '[I9] %s is told to the model, and %s in the log says nothing of it',
  async (_what, code, agent, script) => {
    const { events } = await run(agent, script);
    const returned = events.find((event) => event.type === 'tool.returned');
    expect(returned?.error).toMatchObject({ code });
    expect(JSON.stringify(returned?.error)).not.toContain(SECRET);
  },
);

async function run(
  agent: Partial<AgentOptions>,
  script: ScriptedModelInput[],
): Promise<{ events: readonly RunEvent[]; end: RunEvent | undefined }> {
  const store = new MemoryLogStore();
  const runner = new Runner({ store });
  const whole = new Agent({ name: 'A', model: new ScriptedModel(script), ...agent });
  await runner.run(whole, `My key is ${SECRET}.`, { runId: 'run_1' }).catch(() => undefined);
  const events = store.read('run_1', 0, 1_000);
  return { events, end: events.at(-1) };
}
