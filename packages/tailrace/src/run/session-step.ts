/**
 * A run and its session. Items are committed at step boundaries, calls together with their outputs, before the next model call.
 */
import type { RunMessageOutputItem } from '../agent/run-item.ts';
import { abortable } from '../base/abort.ts';
import { asError, errorText } from '../base/error-text.ts';
import { SystemError } from '../event/errors.ts';
import type { AgentInputItem, ToolOutputText } from '../event/item.ts';
import type { Session } from '../port/session.ts';
import { canonical } from '../base/json.ts';
import { asItems } from './conversation.ts';
import { checkPairs } from './input.ts';
import { inTrace, type RunScope, type Steps } from './scope.ts';

/** A session in the hands of one run. */
export interface HeldSession {
  readonly runId: string;
  /** Does nothing when a later segment of the run has it. */
  release(): void;
}

/** Who holds a session object: two runs on one session would interleave their items. */
const holders = new WeakMap<Session, HeldSession>();

/** @throws SystemError SESSION_BUSY, naming the run that holds the session */
export function holdSession({ plan: { session, runId } }: RunScope): HeldSession | undefined {
  if (!session) return undefined;
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
    return { id: await guarded(run, 'load', () => session.getSessionId()) };
  } catch (error) {
    return { failure: { error } };
  }
}

/** Loads the history, puts the input behind it, and commits the input. */
export async function* beginSession(run: RunScope): Steps<void> {
  const { session, input, sessionInputCallback } = run.plan;
  if (!session) return;
  const fresh = asItems(input);
  if (run.folded?.loaded) return yield* commit(run, fresh, '0:session:input');
  const history = await guarded(run, 'load', () => session.getItems());
  const callback = sessionInputCallback;
  const modelInput = callback
    ? await abortable(
        inTrace(run, run.taskSpan, async () => callback(history, fresh)),
        run.control.signal,
      )
    : [...history, ...fresh];
  checkPairs(modelInput);
  run.talk.begin(modelInput);
  yield [{ type: 'session.loaded', input: modelInput }];
  yield* commit(run, fresh, '0:session:input');
}

/** What an output guardrail rejected of a turn: its message, or, where tools gave the final output, what they put out. */
export type Rejected = RunMessageOutputItem | 'tool outputs';

/** Commits what this turn has added, without what was rejected of it. A call keeps an output: the session stays one that a run can go on from. */
export async function* commitTurn(run: RunScope, rejected?: Rejected): Steps<void> {
  const { talk } = run;
  if (!run.plan.session) return;
  const items = talk.items.slice(talk.committed).filter((item) => item !== rejected);
  talk.committed = talk.items.length;
  const stored = items.map((item) => forStorage(item.rawItem));
  yield* commit(run, rejected === 'tool outputs' ? stored.map(withheld) : stored, `${run.turn}:session:turn`);
}

const WITHHELD: ToolOutputText = { type: 'text', text: 'This output was withheld: a guardrail rejected it.' };

function withheld(item: AgentInputItem): AgentInputItem {
  return item.type === 'function_call_result' ? { ...item, output: WITHHELD } : item;
}

async function* commit(run: RunScope, items: AgentInputItem[], step: string): Steps<void> {
  const { session } = run.plan;
  const recorded = run.folded?.commits.get(step);
  if (!session || items.length === 0 || recorded === true) return;
  const ref = { step, attempt: 1, items: items.length };
  if (recorded === undefined) yield [{ type: 'session.commit_started', ...ref }];
  if (session.addItemsOnce) {
    await guarded(run, 'save', async () => session.addItemsOnce?.(`${run.plan.runId}:${step}`, items));
  } else {
    // The last writer may have saved them and not lived to say so.
    const saved = recorded === false && (await guarded(run, 'load', () => endsWith(session, items)));
    if (!saved) await guarded(run, 'save', () => session.addItems(items));
  }
  yield [{ type: 'session.committed', ...ref }];
}

async function endsWith(session: Session, items: AgentInputItem[]): Promise<boolean> {
  const tail = await session.getItems(items.length);
  return canonical(tail) === canonical(items);
}

// A provider's id of a function call is only good for the response that it came with.
function forStorage(item: AgentInputItem): AgentInputItem {
  if (item.type !== 'function_call' || item.id === undefined) return item;
  const { id: _id, ...rest } = item;
  return rest;
}

async function guarded<T>(run: RunScope, what: 'load' | 'save', call: () => Promise<T>): Promise<T> {
  const { signal } = run.control;
  if (signal.aborted) throw signal.reason;
  try {
    return await abortable(
      inTrace(run, run.taskSpan, async () => call()),
      signal,
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw sessionError(run, what, error);
  }
}

function sessionError(run: RunScope, what: 'load' | 'save', error: unknown): SystemError {
  const code = what === 'load' ? 'SESSION_LOAD_FAILED' : 'SESSION_SAVE_FAILED';
  const verb = what === 'load' ? 'could not be loaded' : 'could not be saved';
  return new SystemError(
    `The session ${verb}: ${errorText(error)}. The run has ended; what was committed before is in the session.`,
    {
      code,
      cause: asError(error),
      runId: run.plan.runId,
      publicMessage: `The session ${verb}.`,
    },
  );
}
