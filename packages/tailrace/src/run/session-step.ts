/**
 * A run and its session. Items are committed at step boundaries, calls together with their outputs, before the next model call.
 */
import type { RunMessageOutputItem } from '../agent/run-item.ts';
import { abortable } from '../base/abort.ts';
import { copyOf } from '../base/copy.ts';
import { SystemError, UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { Session, SessionInputCallback } from '../port/session.ts';
import { asItems, toldAs } from './conversation.ts';
import { type FilterCall, placesAmong, placesOf } from './filtered-input.ts';
import { checkPairs } from './input.ts';
import { inTrace, type RunScope, stepKey, type Steps } from './scope.ts';
import { addToSession, askSession, loadSession, stepsOfOthers } from './session-access.ts';
import { addedByCallback } from './session-input.ts';

/** A session in the hands of one run. */
export interface HeldSession {
  readonly runId: string;
  /** What the session gave with its history: it says that nothing has come between. Null where it gave nothing. */
  ownership: object | null;
  /** Input that waits for what a filter makes of it. */
  input: { items: AgentInputItem[]; others: number | undefined } | undefined;
  /** Does nothing when a later segment of the run has it. */
  release(): void;
}

/** Who holds a session object: two runs on one session would interleave their items. */
const holders = new WeakMap<Session, HeldSession>();

/** @throws SystemError SESSION_BUSY, naming the run that holds the session */
export function holdSession({ plan, path }: RunScope): HeldSession | undefined {
  const { session } = plan;
  if (!session) return undefined;
  // A nested agent's run and the run around it would interleave theirs as any other two.
  const runId = [plan.runId, ...path.slice(-1)].join(' ');
  const holder = holders.get(session)?.runId;
  if (holder !== undefined && holder !== runId) {
    throw new SystemError(`The session is in use by run ${holder}. Wait for it to end, or cancel it, and try again.`, {
      code: 'SESSION_BUSY',
      runId,
      data: { holder },
    });
  }
  const held: HeldSession = {
    runId,
    ownership: null,
    input: undefined,
    release: () => {
      if (holders.get(session) === held) holders.delete(session);
    },
  };
  holders.set(session, held);
  return held;
}

/** The session's id, or why it has none. Does not throw: the log begins with `run.started`, whatever the session does. */
export async function identifySession(run: RunScope): Promise<{ id?: string; failure?: { error: unknown } }> {
  const { session } = run.plan;
  if (!session) return {};
  try {
    return { id: await askSession(run, 'load', () => session.getSessionId()) };
  } catch (error) {
    return { failure: { error } };
  }
}

/** Loads the history, puts the input behind it, and commits the input, unless a filter is to have it first. */
export async function* beginSession(run: RunScope): Steps<void> {
  const { session, input, sessionInputCallback } = run.plan;
  if (!session) return;
  const own = asItems(input);
  if (run.folded?.loaded) return yield* commitInput(run, run.folded.fresh ?? own);
  const others = await stepsOfOthers(run, session);
  const history = await loadSession(run, session);
  const { modelInput, fresh } = sessionInputCallback
    ? await called(run, sessionInputCallback, history, own)
    : { modelInput: [...history, ...own], fresh: undefined };
  checkPairs(modelInput);
  run.talk.begin(modelInput);
  yield [{ type: 'session.loaded', input: modelInput, ...(fresh && { fresh }) }];
  yield* commitInput(run, fresh ?? own, others);
}

async function* commitInput(run: RunScope, items: AgentInputItem[], others?: number): Steps<void> {
  const step = inputStep(run);
  if (!run.plan.callModelInputFilter || !run.session || run.folded?.commits.has(step))
    yield* commit(run, { items, step, others });
  else if (items.length > 0) run.session.input = { items, others };
}

function inputStep(run: RunScope): string {
  return stepKey(run, '0:session:input');
}

/**
 * Commits what a filter made of new input, before the model is told: of the run's own, and of what came meanwhile. What it adds goes with the run's own. Without a
 * call, the model has answered, and so the input is committed.
 */
export async function* commitFiltered(run: RunScope, call: FilterCall | undefined): Steps<void> {
  const { session, talk } = run;
  const step = stepKey(run, `${run.turn}:session:input`);
  const received = talk.items.length - talk.committed;
  if (!session || (!session.input && received === 0)) return;
  if (call) {
    const { before, gave } = call;
    const places = placesOf(call);
    const from = Math.max(0, before.length - received);
    if (session.input) {
      const { items: fresh, others } = session.input;
      session.input = undefined;
      const own = placesAmong(before.slice(0, from), fresh);
      const items = gave.filter((_, at) => places[at] === undefined || own.has(places[at]));
      yield* commit(run, { items, step: inputStep(run), others, filtered: true });
    }
    if (received > 0) {
      const items = gave.filter((_, at) => (places[at] ?? -1) >= from);
      yield* commit(run, { items, step, filtered: true });
    }
  } else if (!run.folded?.commits.has(step)) return;
  talk.committed = talk.items.length;
}

/** What the callback makes of history and input, and what of that is new to the session. */
async function called(
  run: RunScope,
  callback: SessionInputCallback,
  history: AgentInputItem[],
  own: AgentInputItem[],
): Promise<{ modelInput: AgentInputItem[]; fresh: AgentInputItem[] }> {
  // The callback may change the lists that it is given, and what is in them.
  const given = structuredClone({ history, own });
  const modelInput: unknown = await abortable(
    inTrace(run, run.taskSpan, async () => callback(given.history.slice(), given.own)),
    run.control.signal,
  );
  if (!Array.isArray(modelInput)) {
    throw new UserError(`sessionInputCallback must give back a list of items, got ${typeof modelInput}.`, {
      code: 'OPTION_TYPE',
      runId: run.plan.runId,
    });
  }
  const items = modelInput as AgentInputItem[];
  return copyOf({ modelInput: items, fresh: addedByCallback(items, given.history, history) });
}

/** What an output guardrail rejected of a turn: its message, or, where tools gave the final output, what they put out. */
export type Rejected = RunMessageOutputItem | { withheld: string };

/** Commits what this turn has added, without what was rejected of it. A call keeps an output: the session stays one that a run can go on from. */
export async function* commitTurn(run: RunScope, rejected?: Rejected, part: 'turn' | 'handled' = 'turn'): Steps<void> {
  const { talk } = run;
  if (!run.plan.session) return;
  const items = talk.items.slice(talk.committed).filter((item) => item !== rejected);
  talk.committed = talk.items.length;
  const stored = items.map((item) => forStorage(toldAs(item, run.plan.reasoningItemIdPolicy)));
  const kept = rejected && 'withheld' in rejected ? stored.map((item) => withheld(item, rejected.withheld)) : stored;
  yield* commit(run, { items: kept, step: stepKey(run, `${run.turn}:session:${part}`) });
}

function withheld(item: AgentInputItem, text: string): AgentInputItem {
  return item.type === 'function_call_result' ? { ...item, output: { type: 'text' as const, text } } : item;
}

interface Commit {
  items: AgentInputItem[];
  step: string;
  others?: number | undefined;
  /** A filter made the items: the log says which they are. */
  filtered?: boolean;
}

async function* commit(run: RunScope, { items: asked, step, others, filtered = false }: Commit): Steps<void> {
  const { session } = run.plan;
  const recorded = run.folded?.commits.get(step);
  if (!session || recorded === true || (asked.length === 0 && !filtered)) return;
  // A session may add to the items that it is given what it keeps of them.
  const items = copyOf(run.folded?.filtered.get(step) ?? asked);
  const ref = { step, attempt: 1, items: items.length };
  if (recorded === undefined)
    yield [{ type: 'session.commit_started', ...ref, ...(filtered && { filtered: copyOf(asked) }) }];
  if (items.length > 0) await addToSession(run, session, { step, items, begunBefore: recorded === false, others });
  yield [{ type: 'session.committed', ...ref }];
}

// A provider's id of a function call is only good for the response that it came with.
function forStorage(item: AgentInputItem): AgentInputItem {
  if (item.type !== 'function_call' || item.id === undefined) return item;
  const { id: _id, ...rest } = item;
  return rest;
}
