/**
 * What a run has come to, folded from its log: all that is needed to go on with it. There is no second serialised state (R8).
 *
 * F1 Only what the log says counts; the fold of a prefix is the state of the run when that prefix was all there was. F2 What a completed turn did is in
 * `items`; what the open turn has done so far is in `open`, call by call, so that whoever goes on repeats nothing that is recorded.
 */
import type { AgentGraph } from './agent-graph.ts';
import type { AgentInputItem } from './item.ts';
import type { ApprovalDecided, ApprovalRequested, WaitEnded, WaitStarted } from './mail-events.ts';
import {
  type CancelRequested,
  type FilteredItem,
  type GuardrailReturned,
  isTerminal,
  type RunEvent,
  type RunStarted,
  type RunSuspended,
  type SpanStarted,
  type TerminalEvent,
  type TurnEnded,
} from './run-event.ts';
import { type OpenTurn, openTurn, returnCall } from './open-turn.ts';
import type { ModelReturned } from './step-events.ts';
import { Usage } from './usage.ts';

/** One call that was asked about. */
export interface FoldedApproval {
  requested: ApprovalRequested;
  decided?: ApprovalDecided;
}

/** One call whose output was still to come when its function had returned. */
export interface FoldedWait {
  started: WaitStarted;
  ended?: WaitEnded;
}

export interface FoldedRun {
  started: RunStarted;
  /** The code that last went on with it. */
  codeVersion: string | undefined;
  graph: AgentGraph | undefined;
  /** How far the fold has come: the sequence number after the last event. */
  next: number;
  ended: TerminalEvent | undefined;
  /** What the run waits for, while it does. */
  suspended: RunSuspended | undefined;
  /** Calls that were asked about, by call id; the latest where an id came again. */
  approvals: Map<string, FoldedApproval>;
  /** Calls that wait, or waited, for an answer or a time, by step. */
  waits: Map<string, FoldedWait>;
  /** Decisions that hold for all calls of a tool, by agent and tool. */
  standing: Map<string, ApprovalDecided>;
  /** Input that came from outside and has not joined the conversation. */
  received: AgentInputItem[];
  /** How far the mailbox has been taken: the position of the last message. */
  mail: number;
  /** A cancel that was asked for and has not ended the run yet. */
  cancel: CancelRequested | undefined;
  /** The key of the agent that has the conversation. Undefined before the first one has it. */
  agent: string | undefined;
  /** False when the agent has been given the conversation but has had no turn yet. */
  entered: boolean;
  /** Turns begun. */
  turn: number;
  lastTurn: TurnEnded | undefined;
  open: OpenTurn;
  input: string | AgentInputItem[];
  /** True when the session has been read. */
  loaded: boolean;
  /** What of the input goes into the session, where that is not the run's own. */
  fresh: AgentInputItem[] | undefined;
  /** True when the session was asked to make its history shorter. */
  compacted: boolean;
  /** Items of completed turns. */
  items: FilteredItem[];
  /** The response of the last completed turn, and how many of `items` there were with it. */
  answered: { response: ModelReturned; items: number } | undefined;
  usage: Usage;
  /** As it was when the current segment began. */
  usageBefore: Usage;
  /** Keys of agents that have used a tool. */
  usedTools: Set<string>;
  /** Agents by key, in the order in which they were given the conversation. */
  trail: string[];
  /** Calls of tools that their agents do not have, in completed turns. */
  unknownCalls: number;
  verdicts: GuardrailReturned[];
  /** Open spans, in the order in which they started. */
  spans: Map<string, SpanStarted>;
  /** Commits to the session that were begun; true when they are recorded as done. */
  commits: Map<string, boolean>;
  /** Times that a process has taken the run over since anything was completed. */
  takeovers: number;
  /** For how long the run was driven until now, without the time in which it waited or nobody drove it: wall clock, milliseconds. */
  drivenMs: number;
  /** When the last event was written. */
  at: number;
}

/** Folds a log from its beginning. Undefined for a log without its first event. */
export function foldRun(events: Iterable<RunEvent>): FoldedRun | undefined {
  let folded: FoldedRun | undefined;
  for (const event of events) {
    if (event.scope) continue;
    if (event.type === 'run.started') folded ??= begin(event);
    if (folded) apply(folded, event);
  }
  return folded;
}

function begin(started: RunStarted): FoldedRun {
  return {
    started,
    codeVersion: started.codeVersion,
    graph: started.graph,
    next: 0,
    ended: undefined,
    suspended: undefined,
    approvals: new Map(),
    waits: new Map(),
    standing: new Map(),
    received: [],
    mail: 0,
    cancel: undefined,
    agent: undefined,
    entered: false,
    turn: 0,
    lastTurn: undefined,
    open: openTurn(),
    input: started.input,
    loaded: false,
    fresh: undefined,
    compacted: false,
    items: [],
    answered: undefined,
    usage: new Usage(),
    usageBefore: new Usage(),
    usedTools: new Set(),
    trail: [],
    unknownCalls: 0,
    verdicts: [],
    spans: new Map(),
    commits: new Map(),
    takeovers: 0,
    drivenMs: 0,
    at: 0,
  };
}

function apply(folded: FoldedRun, event: RunEvent): void {
  folded.next = event.type === 'log.pruned' ? event.to + 1 : event.seq + 1;
  // Between two events of one segment it was driven. A clock that was set back counts for nothing.
  if (event.seq > 0 && event.type !== 'run.resumed') folded.drivenMs += Math.max(0, event.at - folded.at);
  folded.at = event.at;
  if ('mail' in event && event.mail !== undefined) folded.mail = Math.max(folded.mail, event.mail);
  const { open } = folded;
  switch (event.type) {
    case 'model.delta':
      return;
    case 'session.loaded':
      folded.loaded = true;
      folded.input = event.input;
      folded.fresh = event.fresh;
      return;
    case 'agent.started':
      folded.agent = event.agent;
      folded.entered = false;
      if (folded.trail.length === 0) folded.trail.push(event.agent);
      return;
    case 'turn.started':
      folded.turn = event.turn;
      folded.entered = true;
      open.number = event.turn;
      return;
    case 'turn.ended':
      endTurn(folded, event);
      return;
    case 'model.called':
      open.attempts = event.attempt;
      open.inputHash = event.inputHash;
      return;
    case 'model.returned':
      open.response = event;
      folded.usage.add(new Usage(event.usage));
      folded.takeovers = 0;
      return;
    case 'step.attempt':
      if (event.of === 'model') folded.usage.requests += 1;
      return;
    case 'item.added':
      open.added.push(event);
      if (event.kind === 'tool_call') folded.usedTools.add(event.agent);
      if (event.kind === 'handoff_output') folded.trail.push(event.target ?? event.agent);
      if (event.kind === 'input') folded.received.shift();
      return;
    case 'tool.called':
      open.calls.set(event.callId, { called: event });
      return;
    case 'tool.returned':
      returnCall(open, event);
      folded.takeovers = 0;
      return;
    case 'handoff.occurred':
      open.handoff = event;
      return;
    case 'guardrail.returned':
      folded.verdicts.push(event);
      return;
    case 'session.commit_started':
      folded.commits.set(event.step, false);
      return;
    case 'session.committed':
      folded.commits.set(event.step, true);
      return;
    case 'session.compacted':
      folded.compacted = true;
      if (event.usage) folded.usage.add(compactionUsage(event.usage));
      return;
    case 'span.started':
      folded.spans.set(event.span, event);
      return;
    case 'span.ended':
      folded.spans.delete(event.span);
      return;
    case 'approval.requested':
      folded.approvals.set(event.callId, { requested: event });
      return;
    case 'approval.decided':
      decide(folded, event);
      return;
    case 'wait.started':
      folded.waits.set(event.step, { started: event });
      return;
    case 'wait.ended':
      endWait(folded, event);
      return;
    case 'input.received':
      folded.received.push(...event.items);
      return;
    case 'cancel.requested':
      if (folded.cancel?.mode !== 'immediate') folded.cancel = event;
      return;
    case 'run.suspended':
      folded.suspended = event;
      folded.usageBefore = new Usage();
      folded.usageBefore.add(folded.usage);
      return;
    case 'run.resumed':
      folded.codeVersion = event.codeVersion ?? folded.codeVersion;
      folded.graph = event.graph ?? folded.graph;
      folded.suspended = undefined;
      if (event.by === 'takeover') folded.takeovers += 1;
      return;
    default:
      if (isTerminal(event)) folded.ended = event;
  }
}

function decide(folded: FoldedRun, event: ApprovalDecided): void {
  const approval = folded.approvals.get(event.callId);
  if (!approval || approval.decided) return;
  approval.decided = event;
  if (event.always) folded.standing.set(standingKey(approval.requested), event);
}

function endWait({ waits }: FoldedRun, event: WaitEnded): void {
  const wait = waits.get(event.step);
  if (wait) wait.ended ??= event;
}

/** What a standing decision is about. */
export function standingKey({ agent, tool }: { agent: string; tool: string }): string {
  return JSON.stringify([agent, tool]);
}

/** Calls that wait for an answer, or for their time. */
export function pendingWaits({ waits }: FoldedRun): WaitStarted[] {
  return [...waits.values()].flatMap(({ started, ended }) => (ended ? [] : [started]));
}

/** Calls that wait for a decision. */
export function pendingApprovals({ approvals }: FoldedRun): ApprovalRequested[] {
  return [...approvals.values()].flatMap(({ requested, decided }) => (decided ? [] : [requested]));
}

function endTurn(folded: FoldedRun, event: TurnEnded): void {
  const { added, handoff, response } = folded.open;
  if (handoff?.filtered) {
    folded.input = handoff.filtered.input;
    // A copy: what follows is added to it, and the log stays as it is.
    folded.items = handoff.filtered.items.slice();
  } else {
    const items = added.filter(({ kind }) => kind !== 'tool_approval');
    const outputs = items.findIndex(({ kind }) => kind === 'tool_output' || kind === 'handoff_output');
    if (response) folded.answered = { response, items: folded.items.length + (outputs < 0 ? items.length : outputs) };
    folded.items.push(...items);
  }
  folded.unknownCalls += added.filter(({ unknown }) => unknown === true).length;
  folded.lastTurn = event;
  // What was said about an output that turned out not to be the last one says nothing of the next.
  folded.verdicts = folded.verdicts.filter(({ kind }) => kind === 'input');
  folded.open = openTurn();
}
