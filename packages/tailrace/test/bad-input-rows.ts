/** What a program can get wrong before a run starts: one row a mistake. The message says what is wrong, where, what was given, and what to do. */
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  type AgentOptions,
  handoff,
  type IndividualRunOptions,
  run,
  type RunConfig,
  Runner,
  tool,
  type ToolOptions,
} from '../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel } from '../src/testing/index.ts';

type ToolGiven = Partial<Record<keyof ToolOptions<undefined>, unknown>>;

export const made = (options: ToolGiven = {}) =>
  tool({
    name: 't',
    description: 'Does it.',
    parameters: undefined,
    execute: () => 'x',
    ...options,
  } as ToolOptions<undefined>);
export const agent = (options: Partial<AgentOptions> = {}): Agent =>
  new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('Hi.')]]), ...options });
const input = (given: unknown): Promise<unknown> => run(agent(), given as string);
export const options = (given: object): Promise<unknown> =>
  run(agent(), 'Hi', given as IndividualRunOptions as { stream?: false });
const message: AgentInputItem = { role: 'user', content: 'Hi' };
const asked = functionCall('t', {}, { callId: 'call_7' });
const answer: AgentInputItem = {
  type: 'function_call_result',
  name: 't',
  callId: 'call_7',
  status: 'completed',
  output: 'x',
};
const other = new Agent({ name: 'Other' });

interface Mistake {
  item: number;
  what: string;
  make: () => unknown;
  code: string;
  /** All of these are in the message. */
  says: (string | RegExp)[];
}

export const MISTAKES: Mistake[] = [
  {
    item: 1,
    what: 'an agent without a name',
    make: () => new Agent({} as AgentOptions),
    code: 'AGENT_NAME_REQUIRED',
    says: ['Agent must have a name', 'new Agent({ name:'],
  },
  {
    item: 1,
    what: 'an agent of nothing',
    make: () => new Agent(undefined as unknown as AgentOptions),
    code: 'AGENT_NAME_REQUIRED',
    says: ['Agent must have a name'],
  },
  {
    item: 2,
    what: 'an empty agent name',
    make: () => agent({ name: '' }),
    code: 'AGENT_NAME_INVALID',
    says: ['1 to 256 characters', 'got one of 0 characters'],
  },
  {
    item: 2,
    what: 'an agent name of a megabyte',
    make: () => agent({ name: 'x'.repeat(2 ** 20) }),
    code: 'AGENT_NAME_INVALID',
    says: ['1 to 256 characters', '1048576'],
  },
  {
    item: 2,
    what: 'an agent name of two lines',
    make: () => agent({ name: 'a\nb' }),
    code: 'AGENT_NAME_INVALID',
    says: ['on one line', 'line break or control character'],
  },
  {
    item: 2,
    what: 'an agent name that is a number',
    make: () => agent({ name: 7 as unknown as string }),
    code: 'AGENT_NAME_INVALID',
    says: ['got number'],
  },
  {
    item: 3,
    what: 'two tools of one name',
    make: () => agent({ tools: [made(), made({ name: 'u' }), made()] }),
    code: 'TOOL_NAME_DUPLICATE',
    says: ["Agent 'A'", "'t'", 'tools[0]', 'tools[2]', 'rename one'],
  },
  {
    item: 3,
    what: 'a tool called like a handoff',
    make: () => agent({ tools: [made({ name: 'transfer_to_Other' })], handoffs: [other] }),
    code: 'TOOL_NAME_DUPLICATE',
    says: ['tools[0]', 'handoffs[0]'],
  },
  ...['a.b', '__proto__', 'x'.repeat(65), '', 'né'].map((name): Mistake => ({
    item: 4,
    what: `a tool called ${name.slice(0, 10)}`,
    make: () => made({ name }),
    code: 'TOOL_NAME_INVALID',
    says: [JSON.stringify(name).slice(0, 60), '1 to 64 letters, digits, underscores or hyphens'],
  })),
  {
    item: 6,
    what: 'a transform in a tool’s schema',
    make: () => made({ parameters: z.object({ deep: z.object({ at: z.string().transform(Number) }) }) }),
    code: 'TOOL_SCHEMA_UNSUPPORTED',
    says: ["Tool 't'", '/deep/at', 'JSON schema, or strict: false'],
  },
  {
    item: 6,
    what: 'anything goes, in strict mode',
    make: () => made({ parameters: z.object({ list: z.array(z.object({ any: z.any() })) }) }),
    code: 'TOOL_SCHEMA_UNSUPPORTED',
    says: ["Tool 't'", '/list/*/any', 'strict mode cannot say "anything"'],
  },
  {
    item: 7,
    what: 'an execute that is text',
    make: () => made({ execute: 'run it' }),
    code: 'TOOL_EXECUTE_NOT_FUNCTION',
    says: ["Tool 't'", 'execute must be a function', '"run it"'],
  },
  {
    item: 7,
    what: 'no execute',
    make: () => made({ execute: undefined }),
    code: 'TOOL_EXECUTE_NOT_FUNCTION',
    says: ['got undefined'],
  },
  {
    item: 8,
    what: 'two handoffs to one agent',
    make: () => agent({ handoffs: [other, made(), other].filter((one) => one instanceof Agent) }),
    code: 'HANDOFF_INVALID',
    says: ["Agent 'A'", "'Other'", 'handoffs[0]', 'handoffs[1]', 'Leave one out'],
  },
  {
    item: 8,
    what: 'a handoff with input and nobody who takes it',
    make: () => handoff(other, { inputType: z.object({}) }),
    code: 'HANDOFF_INVALID',
    says: ["'Other'", 'onHandoff'],
  },
  {
    item: 10,
    what: 'no input',
    make: () => input(undefined),
    code: 'INPUT_REQUIRED',
    says: ['run() needs an input', 'a text, or a list of items'],
  },
  { item: 10, what: 'null as input', make: () => input(null), code: 'INPUT_REQUIRED', says: ['run() needs an input'] },
  {
    item: 11,
    what: 'a number as input',
    make: () => input(42),
    code: 'INPUT_TYPE',
    says: ['a text or a list of items', 'got number'],
  },
  {
    item: 11,
    what: 'an object as input',
    make: () => input({ role: 'user' }),
    code: 'INPUT_TYPE',
    says: ['got object'],
  },
  {
    item: 12,
    what: 'an item of an unknown type',
    make: () => input([message, message, message, { type: 'function_cal' }]),
    code: 'INPUT_ITEM_INVALID',
    says: ['Input item 3', '"function_cal"', 'has a type such as'],
  },
  {
    item: 12,
    what: 'a message of no known role',
    make: () => input([message, { role: 'developr', content: 'x' }]),
    code: 'INPUT_ITEM_INVALID',
    says: ['Input item 1', '"developr"', 'user, assistant, system'],
  },
  {
    item: 12,
    what: 'an item that is null',
    make: () => input([null]),
    code: 'INPUT_ITEM_INVALID',
    says: ['Input item 0', 'null'],
  },
  {
    item: 13,
    what: 'an output without its call',
    make: () => input([message, answer]),
    code: 'ORPHAN_TOOL_OUTPUT',
    says: ["'call_7'", 'Put the function_call item before it, or leave it out'],
  },
  {
    item: 14,
    what: 'a call without its output',
    make: () => input([message, asked]),
    code: 'MISSING_TOOL_OUTPUT',
    says: ["'call_7'", 'Add a function_call_result'],
  },
  {
    item: 16,
    what: '50 MB of text',
    make: () => input('x'.repeat(50 * 1024 * 1024)),
    code: 'INPUT_TOO_LARGE',
    says: ['52428800 characters', 'the limit is 16777216', 'maxInputLength'],
  },
  {
    item: 16,
    what: '50 MB in items',
    make: () => input(Array.from({ length: 50 }, () => ({ role: 'user', content: 'x'.repeat(2 ** 20) }))),
    code: 'INPUT_TOO_LARGE',
    says: ['16777216'],
  },
  ...[0, -1, Number.NaN, 1.5, '3'].map((maxTurns): Mistake => ({
    item: 17,
    what: `maxTurns ${String(maxTurns)}`,
    make: () => options({ maxTurns }),
    code: 'OPTION_RANGE',
    says: [
      'maxTurns must be a whole number of 1 or more',
      `got ${typeof maxTurns === 'string' ? "the text '3'" : String(maxTurns)}`,
      'null for no limit',
    ],
  })),
  {
    item: 17,
    what: 'a negative timeout',
    make: () => options({ timeouts: { idleMs: -1 } }),
    code: 'OPTION_RANGE',
    says: ['timeouts.idleMs', 'milliseconds', '-1'],
  },
  {
    item: 17,
    what: 'a tool’s timeout of 0',
    make: () => made({ timeoutMs: 0 }),
    code: 'OPTION_RANGE',
    says: ["Tool 't'", 'timeoutMs', 'got 0'],
  },
  {
    item: 18,
    what: 'maxTurn',
    make: () => options({ maxTurn: 3 }),
    code: 'OPTION_UNKNOWN',
    says: ['run()', "'maxTurn'", "Did you mean 'maxTurns'?"],
  },
  {
    item: 18,
    what: 'an option like no other',
    make: () => options({ zzzzzz: 3 }),
    code: 'OPTION_UNKNOWN',
    says: ["'zzzzzz'", 'Known are:', 'maxTurns'],
  },
  {
    item: 18,
    what: 'an agent’s option misspelt',
    make: () => agent({ instruction: 'x' } as Partial<AgentOptions>),
    code: 'OPTION_UNKNOWN',
    says: ["agent 'A'", "Did you mean 'instructions'?"],
  },
  {
    item: 18,
    what: 'a tool’s option misspelt',
    make: () => made({ paramaters: 1 } as ToolGiven),
    code: 'OPTION_UNKNOWN',
    says: ["tool 't'", "Did you mean 'parameters'?"],
  },
  {
    item: 18,
    what: 'a runner’s option misspelt',
    make: () => new Runner({ modelSetting: {} } as Partial<RunConfig>),
    code: 'OPTION_UNKNOWN',
    says: ['Runner', "Did you mean 'modelSettings'?"],
  },
  {
    item: 18,
    what: 'a tool guardrail that is none',
    make: () => made({ inputGuardrails: [{ name: 'g' }] }),
    code: 'GUARDRAIL_INVALID',
    says: ['tool guardrail', 'run function'],
  },
];
