/** Where the run of a state lives, and what was decided in its name. Apart from the state: whoever holds one sees none of it. */
import type { RunToolApprovalItem } from '../agent/run-item.ts';
import { canonical, type Json } from '../base/json.ts';
import { UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Session } from '../port/session.ts';
import type { AgentRegistry } from '../run/agent-registry.ts';
import { answer, type AnswerOptions, leaveInput } from '../run/answer.ts';
import { asItems } from '../run/conversation.ts';
import { decide, decided, type Decision } from '../run/decide.ts';
import { checkInput } from '../run/input.ts';
import { stepOfItem } from './interruptions.ts';

export interface ApproveOptions {
  /** Approves all later calls of the same tool by the same agent, too. */
  alwaysApprove?: boolean;
  /** Who decided, for the log. */
  by?: string;
}

export interface RejectOptions {
  /** What the model is told. */
  message?: string;
  /** Rejects all later calls of the same tool by the same agent, too. */
  alwaysReject?: boolean;
  /** Who decided, for the log. */
  by?: string;
}

/** Where a run lives, for whoever decides about its calls and takes it up again. */
export interface RunHome {
  store: LogStore;
  runId: string;
  agents: AgentRegistry;
  session: Session | undefined;
}

/** Where a state stands: where its run lives, and in which nested run it is. */
export interface StatePlace {
  /** Whether the history has the ids of reasoning items. */
  reasoningIds?: 'preserve' | 'omit';
  home?: RunHome;
  step?: string | undefined;
}

/** What somebody said about a call of the run, as data. */
export type Said =
  | { decision: Decision }
  | { input: AgentInputItem[] }
  | { answer: Json; callId: string; step?: string; by?: string };

export interface StateHome extends RunHome {
  deciding: Promise<void>[];
  /** What was said in the state's name and not refused, and when it is stored. */
  said: Map<Said, Promise<void>>;
  /** What is to be said when the run goes on. */
  staged: AgentInputItem[];
  /** The events that the state is made of, without deltas. */
  events: RunEvent[];
}

const homes = new WeakMap<object, StateHome>();

export function settle(state: object, home: RunHome): StateHome {
  const settled: StateHome = { deciding: [], said: new Map(), staged: [], events: [], ...home };
  homes.set(state, settled);
  return settled;
}

/** @throws UserError RUN_NOT_FOUND for a state that no result gave */
export function homeOf(state: object): StateHome {
  const home = homes.get(state);
  if (home) return home;
  throw new UserError('This state belongs to no run. Use the state of a result.', { code: 'RUN_NOT_FOUND' });
}

const ENDS: ReadonlySet<string | undefined> = new Set(['run.completed', 'run.failed', 'run.cancelled']);

/** @throws UserError RUN_ENDED, and as `run()` does for its input */
export function stageInput(state: object, input: unknown): void {
  const { events, runId, staged } = homeOf(state);
  if (ENDS.has(events.at(-1)?.type))
    throw new UserError('The run has ended: nothing more can be said in it. Start a new one with its history.', {
      code: 'RUN_ENDED',
      runId,
    });
  staged.push(...asItems(structuredClone(checkInput(input, Infinity))));
}

/** Says again, in the name of a state, what its text says was said. */
export function retell(state: object, told: readonly Said[]): void {
  for (const one of told) {
    if ('input' in one) stageInput(state, one.input);
    else say(homeOf(state), one).catch(() => undefined);
  }
}

/** Says what is staged. Resolves when all that was said in this state's name is stored; decisions also, when they are refused. */
export async function decisionsOf(state: object): Promise<void> {
  const home = homeOf(state);
  const { staged, store, runId } = home;
  home.staged = [];
  await Promise.all(home.deciding);
  if (staged.length > 0) await leaveInput(store, runId, staged);
}

export function decideIn(
  state: object,
  item: RunToolApprovalItem,
  said: Omit<Decision, 'callId' | 'step'>,
): Promise<void> {
  const step = stepOfItem(item);
  const decision: Decision = { callId: item.callId, ...(step !== undefined && { step }), ...said };
  const home = homeOf(state);
  const earlier = earlierDecision(home, decision);
  if (!earlier) return say(home, { decision });
  // Whoever changes their mind may not wait for the promise, and must not see the call made all the same.
  if (canonical({ ...earlier.decision }) !== canonical({ ...decision })) throw decided(home.runId, item.callId);
  return earlier.stored;
}

/** What was decided about the same call in this state's name. */
function earlierDecision(
  { said }: StateHome,
  { callId, step }: Decision,
): { decision: Decision; stored: Promise<void> } | undefined {
  for (const [one, stored] of said)
    if ('decision' in one && one.decision.callId === callId && one.decision.step === step)
      return { decision: one.decision, stored };
  return undefined;
}

export function answerIn(state: object, callId: string, said: Json, options: AnswerOptions): Promise<void> {
  const { by, step } = options;
  const about = { callId, ...(step !== undefined && { step }), ...(by !== undefined && { by }) };
  return say(homeOf(state), { ...about, answer: said }, options);
}

/** Says it to the run, and keeps it for the state's text. */
export function say(
  home: StateHome,
  said: Exclude<Said, { input: unknown }>,
  options: AnswerOptions = {},
): Promise<void> {
  const { store, runId, deciding } = home;
  const stored = 'decision' in said ? decide(store, runId, said.decision) : answerAs(home, said, options);
  home.said.set(said, stored);
  // Whoever does not look at the promise sees at the next interruption what became of it.
  deciding.push(stored.catch(() => void home.said.delete(said)));
  return stored;
}

function answerAs(
  { store, runId }: StateHome,
  { callId, step, by, answer: said }: Extract<Said, { answer: Json }>,
  options: AnswerOptions,
): Promise<void> {
  const about = { ...(step !== undefined && { step }), ...(by !== undefined && { by }) };
  return answer(store, runId, callId, said, { ...options, ...about });
}
