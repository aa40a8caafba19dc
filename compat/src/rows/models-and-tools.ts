import { type Difference, isObject, list } from '../difference.ts';
import type { Json } from '../program.ts';
import { isSpan, mapSpans } from '../span-tree.ts';

const texts: ReadonlyArray<readonly [program: string, theirs: string, ours: string, args: string]> = [
  [
    'tool arguments that do not fit',
    'An error occurred while running the tool. Please try again.',
    "The arguments of tool 'get_weather' do not match its schema. /city: Invalid input: expected string, received undefined. Call it again with these corrected.",
    '{"town":7}',
  ],
  [
    'tool arguments that are not JSON',
    'An error occurred while parsing tool arguments. Please try again with valid JSON.',
    "The arguments of tool 'get_weather' are not valid JSON. Call it again with a JSON object.",
    '{"city": ',
  ],
];

function told(program: string) {
  return texts.find(([name]) => program.startsWith(name));
}

/** Puts our text wherever the reference's is. */
function retold(value: Json, program: string): Json {
  const [, theirs, ours] = told(program) ?? [];
  if (typeof value === 'string') return ours !== undefined && value === theirs ? ours : value;
  if (Array.isArray(value)) return value.map((one) => retold(one, program));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, retold(one, program)]));
}

const retell = (value: Json, { program }: { program: string }) => retold(value, program);

function blockedVerdict(value: Json): Json {
  return isObject(value) ? { ...value, result: blockedResult(value['result'] ?? null) } : value;
}

function blockedResult(result: Json): Json {
  if (!isObject(result) || !isObject(result['output'])) return result;
  return { ...result, agentOutput: 'out', output: { ...result['output'], outputInfo: {} } };
}

/** Puts the message wherever the blocked text is. */
function withheld(value: Json): Json {
  if (value === 'out') return 'By no.';
  if (Array.isArray(value)) return value.map(withheld);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withheld(one)]));
}

/** The user's words as they were said. */
function unchanged(value: Json): Json {
  if (value === 'changed') return 'Hi';
  if (Array.isArray(value)) return value.map(unchanged);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unchanged(one)]));
}

/** Rows about models, tools and handoffs. */
export const modelAndToolRows: readonly Difference[] = [
  {
    id: 'models-get-a-signal',
    reference: 'A model gets an abort signal only when the run is streamed or the caller gave one.',
    tailrace: 'A model always gets one.',
    why: 'A guardrail, a deadline or `cancel` must be able to stop any model call.',
    applies: (_program, seen) => seen['requests'] !== undefined,
    aspects: {
      requests: (value) =>
        list(value).map((call) =>
          isObject(call) && isObject(call['request'])
            ? { ...call, request: { ...call['request'], signal: '[signal]' } }
            : call,
        ),
    },
  },
  {
    id: 'a-guardrail-judges',
    reference:
      'What an input guardrail changes in the items that it is given is changed for the model, and in `history`.',
    tailrace: 'Each guardrail is given a copy. What the model is to see is for `callModelInputFilter` to change.',
    why: 'Its verdict is recorded, and it is not asked again when the run is taken up: what it changed would be lost. Beside the model it would come too late.',
    applies: (program) => program === 'an input guardrail that changes its input',
    aspects: { history: unchanged, asked: unchanged },
  },
  {
    id: 'no-settings-of-a-model-that-is-not-there',
    reference: 'An agent without a model has the settings of a default model of OpenAI.',
    tailrace: '`modelSettings` is empty until somebody sets something.',
    why: 'No provider is special.',
    applies: (program) => program === 'agent defaults and clone',
    aspects: { bare: (value) => (isObject(value) ? { ...value, modelSettings: {} } : value) },
  },
  {
    id: 'wrong-arguments-are-explained',
    reference: 'A model that calls a tool with wrong arguments is told only that something went wrong.',
    tailrace: 'It is told which argument is wrong, and why. The span has the arguments.',
    why: 'A model that knows what to correct corrects it.',
    applies: (program) => told(program) !== undefined,
    aspects: {
      events: retell,
      newItems: retell,
      history: retell,
      output: retell,
      requests: retell,
      trace: (value, { program }) =>
        mapSpans(retold(value, program), (span) =>
          isSpan(span, 'function') && isObject(span['data'])
            ? { ...span, data: { ...span['data'], input: told(program)?.[3] ?? null } }
            : span,
        ),
    },
  },
  {
    id: 'a-blocked-output-is-blocked-everywhere',
    reference:
      'When an output guardrail rejects the output of a tool that ended the run, its text is replaced in the session, the state and the error, and what the guardrail said is left out; a streamed result still has it.',
    tailrace:
      'It is replaced in the session, the items and the history, streamed or not. The error has it, and what the guardrail said, for the program alone: neither is in JSON or in the log.',
    why: 'Whoever handles the error may want to know what was rejected.',
    applies: (program) => program.startsWith('a blocked output'),
    aspects: {
      error: (value) => blockedVerdict(value),
      guardrails: (value) =>
        isObject(value) ? { ...value, output: list(value['output']).map((one) => blockedResult(one)) } : value,
      session: (value) =>
        list(value).map((item) =>
          isObject(item) && typeof item['output'] === 'string'
            ? { ...item, output: { text: item['output'], type: 'text' } }
            : item,
        ),
      newItems: (value) => withheld(value),
      history: (value) => withheld(value),
      output: (value) => withheld(value),
    },
  },
  {
    id: 'handoffs-are-announced',
    reference: 'When the input filter drops the items of the handoff, `handoff_occurred` is not announced.',
    tailrace: 'It is: the handoff has happened.',
    why: 'A filter decides what the next agent sees, not what the user is told.',
    applies: (program) => program === 'handoff filter of the runner that removes tools, streamed',
    aspects: {
      events: (value) => {
        const output = { text: '{"assistant":"Billing"}', type: 'text' };
        const name = 'transfer_to_Billing';
        const rawItem = { callId: 'call_2', name, output, status: 'completed', type: 'function_call_result' };
        const item = { type: 'handoff_output_item', rawItem, sourceAgent: 'Triage', targetAgent: 'Billing' };
        const occurred = { type: 'run_item_stream_event', name: 'handoff_occurred', item };
        return list(value).flatMap((event) =>
          isObject(event) && event['type'] === 'agent_updated_stream_event' ? [occurred, event] : [event],
        );
      },
    },
  },
];
