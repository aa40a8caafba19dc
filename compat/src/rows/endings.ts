import {
  type Difference,
  errorName,
  isObject,
  isStreamed,
  list,
  type Situation,
  storedCall,
  userMessage,
} from '../difference.ts';
import type { Json, Observation } from '../program.ts';

/** The items that the expected events announced. */
function announced({ expected }: Situation): Json[] {
  return list(expected['events']).flatMap((event) => {
    const item = isObject(event) && event['type'] === 'run_item_stream_event' ? event['item'] : undefined;
    return item === undefined ? [] : [item];
  });
}

function rawItems(items: Json[]): Json[] {
  return items.map((item) => (isObject(item) ? (item['rawItem'] ?? null) : null));
}

function inputItems(input: Json | undefined): Json[] {
  return typeof input === 'string' ? [userMessage(input)] : list(input);
}

/** What the session holds on Tailrace after the programs that fail. */
function storedAfter(program: string): Json[] | undefined {
  if (program.startsWith('blocking input guardrail that trips')) return [userMessage('Bad')];
  if (program.startsWith('model error at the first call')) return [userMessage('Hi')];
  if (program.startsWith('aborted with a reason')) return [userMessage('Go')];
  if (program.startsWith('model error after a tool'))
    return [userMessage('Hi'), ...storedCall('tick', 'call_1', 'tock')];
  if (/^(a refusal|an invalid output), handled with nothing/.test(program)) return [userMessage('Go')];
  if (program.startsWith('used up turns, handled with nothing'))
    return [userMessage('Go'), ...storedCall('again', 'call_1', 'again')];
  if (!program.startsWith('max turns,')) return undefined;
  return [userMessage('Loop'), ...storedCall('again', 'call_1', 'again'), ...storedCall('again', 'call_2', 'again')];
}

/** The output of the tool that ended in time, though the run did not go on. */
function lateOutput(program: string): Json {
  const cancelled = program.startsWith('signal aborted');
  const [agent, name, callId, text] = cancelled
    ? ['Stopped', 'wait', 'call_1', 'waited']
    : ['Siblings', 'get_weather', 'call_2', 'Oslo: sunny'];
  const rawItem = { callId, name, output: { text, type: 'text' }, status: 'completed', type: 'function_call_result' };
  return {
    type: 'run_item_stream_event',
    name: 'tool_output',
    item: { type: 'tool_call_output_item', rawItem, agent, output: text },
  };
}

function isCancelled(seen: Observation): boolean {
  return isObject(seen['ending']) && seen['ending']['cancelled'] === true;
}

/** Rows about how runs end, and what is left of them. */
export const endingRows: readonly Difference[] = [
  {
    id: 'cancelled-says-so',
    reference: 'A cancelled stream has no `error`.',
    tailrace:
      'A cancelled stream ends without throwing, `cancelled` is true, and `error` is a `RunCancelledError` (name `AbortError`).',
    why: 'Abort must not look like success.',
    applies: (_program, seen) => isCancelled(seen),
    aspects: { ending: (value) => (isObject(value) ? { ...value, error: 'AbortError' } : value) },
  },
  {
    id: 'cancel-has-a-class',
    reference: 'A run that is not streamed and is aborted rejects with whatever noticed the abort first.',
    tailrace: 'It rejects with a `RunCancelledError`, an `AgentsError` of name `AbortError`.',
    why: 'It can be caught by its class, and carries the reason as its cause.',
    applies: (_program, seen) => errorName(seen) === 'AbortError' && !isStreamed(seen),
    aspects: { error: (value) => (isObject(value) ? { ...value, agentsError: true } : value) },
  },
  {
    id: 'ended-goes-on-as-a-new-run',
    reference:
      'A run that was cancelled or failed goes on in its own state: items, responses and usage are those of both parts.',
    tailrace:
      'A new run goes on, with an id and a log of its own. `history` is the whole conversation; items, responses and usage are those of the new run.',
    why: 'A run has one end, and what was told of it stays true.',
    applies: (program) => program === 'the state of a run that used up its turns',
    aspects: { newItems: () => 1 },
  },
  {
    id: 'read-again',
    reference: 'A second iteration of a stream yields nothing.',
    tailrace: 'Each iteration is a reader of its own, from the first event.',
    why: 'The events are in a log; a reader has a place in it and takes nothing away.',
    applies: (program) => program === 'a stream read twice',
    aspects: { second: (_value, { seen }) => seen['first'] ?? null },
  },
  {
    id: 'events-before-a-failure',
    reference: 'When a run fails, the events that were not read yet are lost.',
    tailrace: 'All events that happened are delivered, then the error is thrown.',
    why: 'The last events before a failure are the ones that explain it.',
    applies: (program) => program === 'events before a failure, read slowly',
    aspects: { seen: () => 20 },
  },
  {
    id: 'outputs-that-came-in-time',
    reference:
      'When a run is aborted or fails while tools run, the outputs of those that still ended are not announced.',
    tailrace: 'They are.',
    why: 'What happened is told.',
    applies: (program) =>
      program === 'signal aborted while a tool runs, streamed' ||
      program === 'a sibling of a fatal tool, streamed' ||
      program === 'a tool that ignores the abort',
    aspects: {
      events: (value, { program }) => [...list(value), lateOutput(program)],
      tools: () => 2,
    },
  },
  {
    id: 'a-failed-run-keeps-its-items',
    reference:
      'When a turn fails, its items are not in `newItems`, `output` and `history`, though they were announced.',
    tailrace: 'What was announced is there.',
    why: 'Events and results are views of one log.',
    applies: (_program, seen) => isStreamed(seen) && errorName(seen) !== undefined,
    aspects: {
      newItems: (_value, situation) => announced(situation),
      output: (_value, situation) => rawItems(announced(situation)),
      history: (_value, situation) => [...inputItems(situation.expected['input']), ...rawItems(announced(situation))],
    },
  },
  {
    id: 'a-failed-run-keeps-its-turns-in-the-session',
    reference:
      "A run that fails has stored nothing in its session if it was not streamed, and only the user's message if it was.",
    tailrace:
      "The session has the input and every turn that was completed, in both. An input guardrail that trips leaves the user's message alone.",
    why: 'Items are stored at each step boundary, calls together with their outputs; a failure takes nothing back.',
    applies: (program, seen) => storedAfter(program) !== undefined && seen['session'] !== undefined,
    aspects: { session: (value, { program }) => storedAfter(program) ?? value },
  },
  {
    id: 'hooks-cannot-fail-a-run',
    reference: 'A lifecycle hook that throws makes the run fail.',
    tailrace: 'The run goes on.',
    why: 'Hooks are observers: they look, they do not hold the wheel.',
    applies: (program) => program.startsWith('a hook that throws'),
    aspects: { error: () => null, finalOutput: () => 'Unharmed.' },
  },
];
