/** Where the run of a state lives, and what was decided in its name. Apart from the state: whoever holds one sees none of it. */
import type { RunToolApprovalItem } from '../agent/run-item.ts';
import type { Json } from '../base/json.ts';
import { UserError } from '../event/errors.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Session } from '../port/session.ts';
import type { AgentRegistry } from '../run/agent-registry.ts';
import { answer, type AnswerOptions } from '../run/answer.ts';
import { decide, type Decision } from '../run/decide.ts';
import { stepOfItem } from './interruptions.ts';

/** Where a run lives, for whoever decides about its calls and takes it up again. */
export interface RunHome {
  store: LogStore;
  runId: string;
  agents: AgentRegistry;
  session: Session | undefined;
}

/** What somebody said about a call of the run, as data. */
export type Said = { decision: Decision } | { answer: Json; callId: string; step?: string; by?: string };

export interface StateHome extends RunHome {
  deciding: Promise<void>[];
  /** What was said in the state's name and not refused. */
  said: Set<Said>;
  /** The events that the state is made of, without deltas. */
  events: RunEvent[];
}

const homes = new WeakMap<object, StateHome>();

export function settle(state: object, home: RunHome): StateHome {
  const settled = { ...home, deciding: [], said: new Set<Said>(), events: [] };
  homes.set(state, settled);
  return settled;
}

/** @throws UserError RUN_NOT_FOUND for a state that no result gave */
export function homeOf(state: object): StateHome {
  const home = homes.get(state);
  if (home) return home;
  throw new UserError('This state belongs to no run. Use the state of a result.', { code: 'RUN_NOT_FOUND' });
}

/** Resolves when all decisions of this state are stored, or refused. */
export async function decisionsOf(state: object): Promise<void> {
  await Promise.all(homeOf(state).deciding);
}

export function decideIn(
  state: object,
  item: RunToolApprovalItem,
  said: Omit<Decision, 'callId' | 'step'>,
): Promise<void> {
  const step = stepOfItem(item);
  return say(homeOf(state), { decision: { callId: item.callId, ...(step !== undefined && { step }), ...said } });
}

export function answerIn(state: object, callId: string, said: Json, options: AnswerOptions): Promise<void> {
  const { by, step } = options;
  const about = { callId, ...(step !== undefined && { step }), ...(by !== undefined && { by }) };
  return say(homeOf(state), { ...about, answer: said }, options);
}

/** Says it to the run, and keeps it for the state's text. */
export function say(home: StateHome, said: Said, options: AnswerOptions = {}): Promise<void> {
  const { store, runId, deciding } = home;
  const stored = 'decision' in said ? decide(store, runId, said.decision) : answerAs(home, said, options);
  home.said.add(said);
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
