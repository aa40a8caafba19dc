/** What a run has come to: the shape of its fold. */
import type { AgentGraph } from './agent-graph.ts';
import type { FoldedApproval, FoldedWait } from './folded-waiting.ts';
import type { AgentInputItem } from './item.ts';
import type { ApprovalDecided } from './mail-events.ts';
import { type OpenTurn, openTurn } from './open-turn.ts';
import type {
  AgentEnded,
  CancelRequested,
  ErrorHandled,
  FilteredItem,
  GuardrailReturned,
  RunStarted,
  RunSuspended,
  SpanStarted,
  TerminalEvent,
  TurnEnded,
} from './run-event.ts';
import type { ModelReturned } from './step-events.ts';
import { Usage } from './usage.ts';

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
  /** Calls that were asked about, by step. */
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
  /** The final output that a handler gave in place of an error, while nothing has followed it. */
  handled: ErrorHandled | undefined;
  /** Open spans, in the order in which they started. */
  spans: Map<string, SpanStarted>;
  /** Commits to the session that were begun; true when they are recorded as done. */
  commits: Map<string, boolean>;
  /** What a filter made of the items of a commit, where there was one. */
  filtered: Map<string, AgentInputItem[]>;
  /** Times that a process has taken the run over since anything was completed. */
  takeovers: number;
  /** For how long the run was driven until now, without the time in which it waited or nobody drove it: wall clock, milliseconds. */
  drivenMs: number;
  /** When the last event was written. */
  at: number;
  /** Runs of nested agents whose calls have not returned, by the step of the call. Each is folded by itself; what counts for the whole run is in the run's own fold. */
  nested: Map<string, FoldedRun>;
  /** How the run of a nested agent ended, when its call has not returned yet. */
  end: AgentEnded | undefined;
}

/** A run of which only its beginning is known. */
export function begin(started: RunStarted): FoldedRun {
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
    handled: undefined,
    spans: new Map(),
    commits: new Map(),
    filtered: new Map(),
    takeovers: 0,
    drivenMs: 0,
    at: 0,
    nested: new Map(),
    end: undefined,
  };
}
