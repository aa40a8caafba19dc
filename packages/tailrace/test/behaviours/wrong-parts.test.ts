/** Things in places where they cannot be: said when they are put there, not by a TypeError of ours later. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import {
  Agent,
  createRuntime,
  defineOutputGuardrail,
  handoff,
  MemoryLogStore,
  type OutputGuardrail,
  run,
  shellTool,
  tool,
} from '../../src/index.ts';
import { sqlite, SqliteSession } from '../../src/store/sqlite.ts';
import { assistantMessage, ScriptedModel } from '../../src/testing/index.ts';

const other = new Agent({ name: 'Other' });
const agentWith = (options: object): Agent => new Agent({ name: 'A', ...options });
const answering = (): Agent => agentWith({ model: new ScriptedModel([[assistantMessage('Hi.')]]) });
const runWith = (options: object): Promise<unknown> => run(answering(), 'Hi', options as { stream?: false });
const runtimeWith = (options: object): unknown => createRuntime(options as Parameters<typeof createRuntime>[0]);

const toolWith = (parameters: unknown): unknown =>
  tool({ name: 't', description: 'T.', parameters: parameters as undefined, execute: () => 1 });

const rows: [what: string, make: () => unknown, code: string, says: string][] = [
  [
    'tools that are no list',
    () => agentWith({ tools: {} }),
    'OPTION_TYPE',
    "Agent 'A': tools must be a list, got an object",
  ],
  [
    'a text for handoffs',
    () => agentWith({ handoffs: 'Other' }),
    'OPTION_TYPE',
    'handoffs must be a list, got a string',
  ],
  [
    'a function for a tool',
    () => agentWith({ tools: [() => 1] }),
    'OPTION_TYPE',
    'tools[0] is not a tool but a function',
  ],
  ['an agent for a tool', () => agentWith({ tools: [other] }), 'OPTION_TYPE', 'An agent belongs in handoffs'],
  ['no tool yet', () => agentWith({ tools: [undefined] }), 'OPTION_TYPE', 'Do two modules import each other?'],
  ['no agent yet', () => agentWith({ handoffs: [undefined] }), 'HANDOFF_INVALID', 'handoffs[0] is neither an agent'],
  ['an object for a handoff', () => agentWith({ handoffs: [other, {}] }), 'HANDOFF_INVALID', 'handoffs[1] is neither'],
  ['no agent to run', () => run({ name: 'A' } as Agent, 'Hi'), 'OPTION_TYPE', 'run() takes an agent first, got object'],
  ['nothing to run', () => run(undefined as unknown as Agent, 'Hi'), 'OPTION_TYPE', 'run() takes an agent first'],
  [
    'a text for arguments',
    () => toolWith(z.string()),
    'TOOL_SCHEMA_UNSUPPORTED',
    "z.object({ … }), got one of type 'string'",
  ],
  ['a schema of an old library', () => toolWith({ _def: {} }), 'TOOL_SCHEMA_UNSUPPORTED', 'zod needs 4.2 or newer'],
  [
    'a schema of zod/mini',
    () => toolWith(mini.object({ a: mini.string() })),
    'TOOL_SCHEMA_UNSUPPORTED',
    "zod/mini has none; make it with 'zod'",
  ],
  ['a number for an output type', () => agentWith({ outputType: 5 }), 'OPTION_TYPE', 'outputType must be'],
  [
    'a JSON schema by itself for an output type',
    () => agentWith({ outputType: { type: 'object', properties: {} } }),
    'OPTION_TYPE',
    "Wrap it: { type: 'json_schema'",
  ],
  [
    'an output type that was put there later',
    () => run(Object.assign(answering(), { outputType: { type: 'object', properties: {} } }), 'Hi'),
    'OPTION_TYPE',
    "Wrap it: { type: 'json_schema'",
  ],
  [
    'a text for a time',
    () => tool({ name: 't', description: 'T.', parameters: z.object({}), timeoutMs: '5' as never, execute: () => 1 }),
    'OPTION_TYPE',
    'timeoutMs must be a number over 0',
  ],
  [
    'a text for the time of a local tool',
    () => shellTool({ shell: { run: () => Promise.reject(new Error('not called')) }, timeoutMs: '5' as never }),
    'OPTION_TYPE',
    'timeoutMs must be a number over 0, got a string',
  ],
  [
    'an option of SQLite that there is not',
    () => sqlite(':memory:', { busyTimeotMs: 5 } as never),
    'OPTION_UNKNOWN',
    "sqlite() has no option 'busyTimeotMs'. Known are: groupMs, busyTimeoutMs",
  ],
  [
    'an option of a session in SQLite that there is not',
    () => new SqliteSession({ busyTimeotMs: 5 } as never),
    'OPTION_UNKNOWN',
    "SqliteSession has no option 'busyTimeotMs'",
  ],
  [
    'a number for the file of a session in SQLite',
    () => new SqliteSession({ path: 5 as never }),
    'OPTION_TYPE',
    'path must be a text, got number',
  ],
  [
    'a text for a time of SQLite',
    () => sqlite(':memory:', { busyTimeoutMs: '5' as never }),
    'OPTION_TYPE',
    'busyTimeoutMs must be a number',
  ],
  [
    'a number that is none for a time of SQLite',
    () => sqlite(':memory:', { pollMs: Number.NaN }),
    'OPTION_RANGE',
    'pollMs must be 0 or more',
  ],
  ['streaming', () => runWith({ streaming: true }), 'OPTION_UNKNOWN', "Did you mean 'stream'?"],
  [
    'an item as the Responses API has it',
    () => run(answering(), [{ type: 'function_call_output', call_id: 'c', output: 'x' } as never]),
    'INPUT_ITEM_INVALID',
    "did you mean 'function_call_result'",
  ],
  ['a runtime without a store', () => runtimeWith({ agents: { a: other } }), 'OPTION_TYPE', 'sqlite(path)'],
  [
    'a runtime with a list of agents',
    () => runtimeWith({ store: new MemoryLogStore(), agents: [other] }),
    'OPTION_TYPE',
    '{ agents: { support: agent } }',
  ],
];

describe('what cannot be there is refused where it is put', () => {
  it.each(rows)('%s', async (_what, make, code, says) => {
    const error: unknown = await Promise.resolve()
      .then(make)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(says);
  });

  it('a handoff object, an agent and a tool are taken', () => {
    const made = tool({ name: 't', description: 'T.', parameters: z.object({}), execute: () => 1 });
    expect(
      agentWith({ tools: [made], handoffs: [handoff(other), new Agent({ name: 'Third' })] }).handoffs,
    ).toHaveLength(2);
  });
});

it('an output guardrail is typed by the output type, as in @openai/agents', () => {
  const Answer = z.object({ text: z.string() });
  const guardrail: OutputGuardrail<typeof Answer> = {
    name: 'g',
    execute: async ({ agentOutput }) => {
      expectTypeOf(agentOutput).toEqualTypeOf<{ text: string }>();
      return { tripwireTriggered: false, outputInfo: agentOutput.text };
    },
  };
  const plain = defineOutputGuardrail({
    name: 'p',
    execute: async ({ agentOutput }) => {
      expectTypeOf(agentOutput).toEqualTypeOf<string>();
      return { tripwireTriggered: false, outputInfo: null };
    },
  });
  expect(new Agent({ name: 'A', outputType: Answer, outputGuardrails: [guardrail] }).outputGuardrails).toEqual([
    guardrail,
  ]);
  expect(agentWith({ outputGuardrails: [plain] }).outputGuardrails).toEqual([plain]);
});
