/**
 * What becomes of a run that has ended when somebody goes on with its state. A run has one end: what follows is a run of its own, that begins with what the first one came to.
 *
 * G1 Nothing comes twice: not in the input, and not in the session. G2 A turn that was cut short counts as far as its calls have outputs; without one, it is taken anew.
 */
import type { RunItem } from '../agent/run-item.ts';
import { canonical } from '../base/json.ts';
import { type FoldedRun, foldRun } from '../event/fold.ts';
import type { AgentInputItem } from '../event/item.ts';
import { RunLog } from '../log/run-log.ts';
import type { Session } from '../port/session.ts';
import { asItems, toldAs } from '../run/conversation.ts';
import { RunControl } from '../run/control.ts';
import type { IndividualRunOptions } from '../run/options.ts';
import type { RunPlan } from '../run/plan.ts';
import { serverConversationOfRun } from '../run/server-history.ts';
import { sinceCompaction } from '../run/since-compaction.ts';
import type { StartedRun } from '../run/start.ts';
import type { RunState } from './run-state.ts';
import { homeOf } from './state-home.ts';
import { unanswered } from './unanswered.ts';

/** The fold of a state's run, if that has ended as far as the state knows. */
export function foldOfEnded(state: RunState): FoldedRun | undefined {
  const { events } = homeOf(state);
  return ENDS.has(events.at(-1)?.type) ? foldRun(events) : undefined;
}

const ENDS: ReadonlySet<string | undefined> = new Set(['run.completed', 'run.failed', 'run.cancelled']);

/** What a run is given that goes on from the state of one that was cancelled or failed. */
export interface Continuation {
  input: AgentInputItem[];
  options: IndividualRunOptions<unknown>;
  /** What is left of the turns: none, where all are used. */
  maxTurns: number | null;
}

/** @throws UserError OPTION_CONFLICT, and what the session throws */
export async function continuationOf(
  state: RunState,
  folded: FoldedRun,
  given: IndividualRunOptions<unknown>,
  reasoningIds: 'preserve' | 'omit' = 'preserve',
): Promise<Continuation> {
  const { runId, session: own } = homeOf(state);
  const { started, answered } = folded;
  const server = serverConversationOfRun({ ...started, run: runId }, given);
  const session = given.session ?? own;
  const { settled, open, turns } = turnsOf(state, folded);
  const told = (items: RunItem[]): AgentInputItem[] => items.map((item) => toldAs(item, reasoningIds));
  const rest = [...told(open), ...folded.received];
  // As in a run that goes on, what is used is used.
  const limit = given.maxTurns === undefined ? started.maxTurns : given.maxTurns;
  const maxTurns = limit === null ? null : Math.max(0, limit - turns);
  const options: IndividualRunOptions<unknown> = {
    context: state.runContext.context,
    ...(session && { session }),
    ...given,
    ...server,
  };
  if (Object.keys(server).length > 0) {
    const since = told(settled.slice(answered?.items ?? 0));
    const first = answered ? [] : asItems(state.input);
    if ('conversationId' in server) return { input: [...first, ...since, ...untold(folded, rest)], options, maxTurns };
    const previousResponseId = answered?.response.responseId;
    return {
      input: [...first, ...since, ...rest],
      options: previousResponseId === undefined ? options : { ...options, previousResponseId },
      maxTurns,
    };
  }
  if (session && (await session.getSessionId()) === started.sessionId) {
    const left = [...told(await withoutSaved(session, folded, open)), ...folded.received];
    return { input: await unsaved(session, folded, left), options, maxTurns };
  }
  return { input: sinceCompaction([...asItems(state.input), ...told(settled), ...rest]), options, maxTurns };
}

/** The items of turns that have ended, what counts of the one that has not, and how many turns that are. */
function turnsOf(state: RunState, folded: FoldedRun): { settled: RunItem[]; open: RunItem[]; turns: number } {
  const { open, turn, commits } = folded;
  const items = state.newItems.filter(({ type }) => type !== 'tool_approval_item');
  const added = open.handoff?.filtered ? 0 : open.added.filter(({ kind }) => kind !== 'tool_approval').length;
  const settled = items.slice(0, items.length - added);
  const cut = items.slice(items.length - added);
  const counts = cut.some(isOutput) || commits.get(turnCommit(turn)) === true;
  const before = open.number === undefined ? turn : turn - 1;
  if (!counts) return { settled, open: cut.filter(({ type }) => type === 'input_item'), turns: before };
  return { settled, open: withoutUnanswered(cut), turns: turn };
}

function isOutput({ type }: RunItem): boolean {
  return type === 'tool_call_output_item' || type === 'handoff_output_item';
}

// What a model has thought is of use only with one of the calls that it led to.
function withoutUnanswered(items: RunItem[]): RunItem[] {
  const left = unanswered(items);
  return items.filter((item, index) => {
    if (item.type !== 'reasoning_item') return !left.has(item);
    const next = items.slice(index + 1).find(({ type }) => type !== 'reasoning_item');
    return next !== undefined && !left.has(next);
  });
}

/** What the provider has not been told: it has the calls of its last response, and wants an output for each. */
function untold({ open }: FoldedRun, rest: AgentInputItem[]): AgentInputItem[] {
  if (!open.response) return rest;
  const own = rest.filter(
    ({ type }) => type === undefined || type === 'message' || type.endsWith('_result') || type.endsWith('_output'),
  );
  const said = new Set(open.response.output.map((item) => canonical(item)));
  const fresh = own.filter((item) => !said.has(canonical(item)));
  const answered = new Set(fresh.flatMap((item) => (item.type === 'function_call_result' ? [item.callId] : [])));
  const missing = open.response.output.flatMap((item): AgentInputItem[] =>
    item.type === 'function_call' && !answered.has(item.callId)
      ? [{ type: 'function_call_result', name: item.name, callId: item.callId, status: 'completed', output: NOT_MADE }]
      : [],
  );
  return [...missing, ...fresh];
}

const NOT_MADE = { type: 'text', text: 'Not made: the run was stopped.' } as const;

/** Without the input of the turn that a filter had, and the session has by itself. */
async function withoutSaved(session: Session, folded: FoldedRun, open: RunItem[]): Promise<RunItem[]> {
  const { commits, filtered, turn } = folded;
  const step = inputCommit(turn);
  const saved = await isSaved(session, commits.get(step), filtered.get(step) ?? []);
  return saved ? open.filter(({ type }) => type !== 'input_item') : open;
}

/** What the run's session has not got of it. */
async function unsaved(session: Session, folded: FoldedRun, rest: AgentInputItem[]): Promise<AgentInputItem[]> {
  const { commits, filtered, fresh, started, turn } = folded;
  const input = fresh ?? asItems(started.input);
  const stored = filtered.get(inputCommit(0)) ?? input;
  return [
    ...((await isSaved(session, commits.get(inputCommit(0)), stored)) ? [] : input),
    ...((await isSaved(session, commits.get(turnCommit(turn)), rest)) ? [] : rest),
  ];
}

// One that was begun may have been saved before its run could say so.
async function isSaved(session: Session, recorded: boolean | undefined, items: AgentInputItem[]): Promise<boolean> {
  if (recorded !== false || items.length === 0) return recorded === true;
  return canonical(withoutIds(await session.getItems(items.length))) === canonical(withoutIds(items));
}

function withoutIds(items: AgentInputItem[]): object[] {
  return items.map(({ id: _id, ...item }) => item);
}

function turnCommit(turn: number): string {
  return `${turn}:session:turn`;
}

/** Of the run's own input, in turn 0; and of what came by the mailbox, where a filter had it. */
function inputCommit(turn: number): string {
  return `${turn}:session:input`;
}

/** A run that has completed, for a result of it that asks nobody again. */
export async function completedRun(state: RunState, folded: FoldedRun, plan: RunPlan): Promise<StartedRun> {
  const { store, runId, agents } = homeOf(state);
  const event = folded.ended;
  const text = event?.type === 'run.completed' ? event.output : '';
  const ending = { event, finalOutput: await state.currentAgent.processFinalOutput(text) };
  return {
    plan: { ...plan, context: state.runContext },
    control: new RunControl(runId, undefined),
    context: state.runContext,
    log: await RunLog.open(store, runId),
    agents,
    // Its stream has nothing to tell that was not told before.
    segmentFrom: folded.next,
    voidAttempts: new Set(),
    ending,
    lateResults: 0,
    ended: Promise.resolve(ending),
    leave: () => undefined,
  };
}
