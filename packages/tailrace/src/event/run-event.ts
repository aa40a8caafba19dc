/**
 * The whole log, as one closed union. JSON only. SPEC.md says in words what each event means and when it is written.
 * Names are `noun.past`; deltas `noun.delta`. An agent is named by its key, which is its name unless two agents share it.
 */
import type { Json } from '../base/json.ts';
import type { SerializedError } from './agents-error.ts';
import type { AgentGraph } from './agent-graph.ts';
import type { AgentInputItem, AgentItem } from './item.ts';
import type {
  ApprovalDecided,
  ApprovalRequested,
  InputReceived,
  MailIgnored,
  WaitEnded,
  WaitStarted,
} from './mail-events.ts';
import type { SessionCommitStarted, SessionCommitted, SessionCompacted, SessionLoaded } from './session-events.ts';
import type { SpanData, SpanError } from './span-data.ts';
import type {
  CustomData,
  ModelCalled,
  ModelDelta,
  ModelPart,
  ModelReturned,
  ModelStopped,
  StepAttempt,
  ToolCalled,
  ToolChecked,
  ToolOutcomeUnknown,
  ToolProgress,
  ToolReturned,
} from './step-events.ts';
import type { UsageData } from './usage.ts';
import type { ErrorHandled, GuardrailReturned, OutputBlocked } from './verdict-events.ts';

export type { ErrorHandled, GuardrailReturned, OutputBlocked } from './verdict-events.ts';

/** What becomes of a run when its last reader leaves before its end: nothing; it is cancelled; it is, if no reader comes for so long. */
export type OnDisconnect = 'continue' | 'cancel' | { cancelAfterMs: number };

/** The version of the union that `run.started` records. A reader of an older log upgrades it (event/upgrade). */
export const EVENT_VERSION = 1;

/** What the log adds to each event. */
export interface EventEnvelope {
  run: string;
  /** Dense from 0. */
  seq: number;
  /** Of the writer that wrote it. */
  epoch: number;
  /** Wall clock, milliseconds since the epoch. For people, never for order. */
  at: number;
}

export interface RunStarted {
  type: 'run.started';
  v: typeof EVENT_VERSION;
  agent: string;
  input: string | AgentInputItem[];
  maxTurns: number | null;
  workflowName: string;
  /** Absent when tracing is off. */
  traceId?: string;
  /** True when the run lives inside a trace that its caller opened, and so does not end it. */
  traceJoined?: boolean;
  groupId?: string;
  traceMetadata?: Record<string, string>;
  sessionId?: string;
  /** The conversation that the provider keeps, where it is the one that does: one of the two. */
  conversationId?: string;
  previousResponseId?: string;
  /** The name that a runtime knows the agent by, for a run that was submitted to one. */
  registered?: string;
  /** What whoever submitted the run said about it. */
  metadata?: Json;
  /** On whose behalf it was submitted. */
  principal?: string;
  /** What follows when the last of the readers that began to read it leaves before its end. Absent: nothing. */
  onDisconnect?: OnDisconnect;
  /** What the program says of itself. */
  codeVersion?: string;
  /** Of a run that is kept in a store: what it needs of whoever takes it up. */
  graph?: AgentGraph;
}

export interface RunSuspended {
  type: 'run.suspended';
  waitsFor: 'approval' | 'input' | 'timer';
  /** The calls that nothing has been decided about, or whose output is still to come. */
  calls?: string[];
  /** Wall clock: when the run goes on by itself, if it does. */
  wakeAt?: number;
}

export interface RunResumed {
  type: 'run.resumed';
  /** Where they are other than before. */
  codeVersion?: string;
  graph?: AgentGraph;
  /**
   * `submit`: the first segment of a run that was submitted. `handover`: the process that drove it has left it. `takeover`: that process may have died over it.
   */
  by: 'submit' | 'approval' | 'input' | 'timer' | 'handover' | 'takeover';
}

export interface RunCompleted {
  type: 'run.completed';
  agent: string;
  /** The final output as text: what the model wrote, or the output of the tool that ended the run. */
  output: string;
  usage: UsageData;
}

export interface RunFailed {
  type: 'run.failed';
  error: SerializedError;
  usage: UsageData;
}

export interface RunCancelled {
  type: 'run.cancelled';
  /** What the caller gave as reason, as text. */
  reason: string;
  mode: CancelMode;
  usage: UsageData;
}

export type CancelMode = 'immediate' | 'after_turn';

/** An agent takes the conversation: at the start, and after each handoff. */
export interface AgentStarted {
  type: 'agent.started';
  agent: string;
  /** The beginning of a nested agent's run: what it was given. */
  input?: string | AgentInputItem[];
}

/** An agent is done. For a nested agent this is its end; never a run's terminal event. */
export interface AgentEnded {
  type: 'agent.ended';
  agent: string;
  /** The end of a nested agent's run. Absent where the agent has given the conversation to another one. */
  outcome?: 'completed' | 'failed' | 'cancelled';
  /** Its final output as text. */
  output?: string;
  error?: SerializedError;
}

export interface TurnStarted {
  type: 'turn.started';
  turn: number;
  agent: string;
}

export interface TurnEnded {
  type: 'turn.ended';
  turn: number;
  /** What comes next: the end, with this text as the final output; another agent; or the model again. */
  outcome: 'final' | 'handoff' | 'again';
  output?: string;
  to?: string;
}

export type RunItemKind =
  | 'message'
  | 'reasoning'
  | 'tool_call'
  | 'tool_output'
  | 'handoff_call'
  | 'handoff_output'
  | 'tool_approval'
  | 'input'
  | 'tool_search_call'
  | 'tool_search_output'
  | 'compaction';

/** The conversation grew by an item of the model's or of a tool. */
export interface ItemAdded {
  type: 'item.added';
  kind: RunItemKind;
  agent: string;
  item: AgentItem;
  /** For a handoff's output: the agent that takes over. For a call that waits: its tool's name, where the item does not say it. */
  target?: string;
  /** For a tool's call: the agent has no such tool. */
  unknown?: true;
  /** For a tool's output: what its `customDataExtractor` gave. */
  customData?: CustomData;
}

/** An item as a handoff filter left it, or made it. */
export type FilteredItem = Pick<ItemAdded, 'kind' | 'agent' | 'item' | 'target' | 'customData'>;

export interface HandoffOccurred {
  type: 'handoff.occurred';
  from: string;
  to: string;
  callId: string;
  /** What an input filter made of the conversation so far: it replaces it. */
  filtered?: { input: string | AgentInputItem[]; items: FilteredItem[] };
}

/** Somebody asked the run to stop. The end follows. */
export interface CancelRequested {
  type: 'cancel.requested';
  mode: CancelMode;
  reason: string;
  /** The message's place in the mailbox, when it came by one. */
  mail?: number;
}

export interface SpanStarted {
  type: 'span.started';
  span: string;
  /** Absent for a child of the trace itself. */
  parent?: string;
  data: SpanData;
}

export interface SpanEnded {
  type: 'span.ended';
  span: string;
  /** The data as it was at the end, when it grew. */
  data?: SpanData;
  error?: SpanError;
}

/** The events from `from` to `to` (both inclusive) were pruned. */
export interface LogPruned {
  type: 'log.pruned';
  from: number;
  to: number;
}

/** An event before the log has given it its place. */
export type RunEventBody = (
  | RunStarted
  | RunSuspended
  | RunResumed
  | RunCompleted
  | RunFailed
  | RunCancelled
  | AgentStarted
  | AgentEnded
  | TurnStarted
  | TurnEnded
  | ModelCalled
  | ModelDelta
  | ModelPart
  | ModelReturned
  | ModelStopped
  | StepAttempt
  | ItemAdded
  | ToolCalled
  | ToolReturned
  | ToolChecked
  | ToolProgress
  | ToolOutcomeUnknown
  | HandoffOccurred
  | GuardrailReturned
  | OutputBlocked
  | ErrorHandled
  | ApprovalRequested
  | ApprovalDecided
  | WaitStarted
  | WaitEnded
  | InputReceived
  | MailIgnored
  | CancelRequested
  | SessionLoaded
  | SessionCommitStarted
  | SessionCommitted
  | SessionCompacted
  | SpanStarted
  | SpanEnded
  | LogPruned
) & {
  /** The path of a nested agent's run in its parent's log. Absent at the top. */
  scope?: readonly string[];
};

export type RunEventType = RunEventBody['type'];

/** An event as the log holds it. */
export type RunEvent = EventEnvelope & RunEventBody;

export type TerminalEventBody = Extract<RunEventBody, RunCompleted | RunFailed | RunCancelled>;
export type TerminalEvent = EventEnvelope & TerminalEventBody;

/** True for the three events that end a run. */
export function isTerminal<T extends RunEventBody>(event: T): event is T & TerminalEventBody {
  return event.type === 'run.completed' || event.type === 'run.failed' || event.type === 'run.cancelled';
}
