/** What the parts of one run share while it runs. Owned by the loop; readers never see it. */
import type { AnyAgent } from '../agent/agent.ts';
import type { AgentToolSpec, NestedAnswer } from '../agent/agent-tool.ts';
import type { AgentToolInvocation } from '../agent/agent-tool-types.ts';
import type { RunContext } from '../agent/run-context.ts';
import { abortable, type AbortScope } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { errorText } from '../base/error-text.ts';
import type { AgentInputItem, FunctionCallItem } from '../event/item.ts';
import type { FoldedRun } from '../event/fold.ts';
import type { OpenTurn } from '../event/open-turn.ts';
import type { RunEventBody, RunSuspended, TerminalEventBody } from '../event/run-event.ts';
import type { SpanError } from '../event/span-data.ts';
import type { Usage } from '../event/usage.ts';
import type { ToolChecked } from '../event/step-events.ts';
import { type SpanEventBody, traceCarrier } from '../port/trace-scope.ts';
import type { AgentRegistry } from './agent-registry.ts';
import { Approvals } from './approvals.ts';
import type { RunControl } from './control.ts';
import { Closing } from './closing.ts';
import { Conversation } from './conversation.ts';
import type { Inbox } from './inbox.ts';
import { Mailbox } from './mailbox.ts';
import type { ModelProvider } from '../port/model.ts';
import type { Parking } from './parking.ts';
import type { RunPlan } from './plan.ts';
import { type ServerHistory, serverHistoryOf } from './server-history.ts';
import type { HeldSession } from './session-step.ts';
import { SpanBook } from './span-book.ts';
import { takeMail } from './take-mail.ts';
import { Waits } from './waits.ts';

/** Events that go into the log together. */
export type Batch = readonly RunEventBody[];

/**
 * Batches that drive pulls itself, until there are none: a model's stream, which would otherwise climb through every generator of the loop, piece by
 * piece. Never rejects; what went wrong is found by the step that yielded it.
 */
export interface Flow {
  next(): Promise<Batch | undefined>;
}

/** What the loop gives to be written, and at the end a value. */
export type Steps<T> = AsyncGenerator<Batch | Flow, T>;

/** How a run ended, and what that means in this process. */
export interface Ending {
  /** Undefined when this process has left the run: its log stays open, and somebody else goes on with it. */
  event: TerminalEventBody | RunSuspended | undefined;
  /** What readers and the caller are given, for a run that failed or was cancelled. */
  error?: unknown;
  /** The final output as the agent's output type declares it. */
  finalOutput?: unknown;
}

/** The trace as live objects, where somebody keeps them. */
export interface LiveTrace {
  readonly trace: object | undefined;
  spanOf(id: string): object | undefined;
}

export interface RunScope {
  readonly plan: RunPlan;
  readonly control: RunControl;
  readonly context: RunContext;
  readonly clock: Clock;
  readonly agents: AgentRegistry;
  readonly spans: SpanBook;
  readonly inbox: Inbox;
  readonly mailbox: Mailbox;
  readonly approvals: Approvals;
  readonly waits: Waits;
  readonly talk: Conversation;
  /** What the run has made for itself. */
  readonly closing: Closing;
  /** What the provider has been told, where it keeps the conversation. */
  readonly server: ServerHistory | undefined;
  /** Input from outside that joins the conversation before the next turn. */
  readonly received: AgentInputItem[];
  readonly live: LiveTrace;
  readonly defaultProvider: () => ModelProvider;
  /** Turns begun. */
  turn: number;
  agentSpan: string | undefined;
  taskSpan: string | undefined;
  turnSpan: string | undefined;
  /** Set while the run has its session; a run that waits keeps it. */
  session: HeldSession | undefined;
  /** Agents that have used a tool: their `toolChoice` is reset. */
  readonly usedTools: Set<AnyAgent>;
  readonly trail: string[];
  unknownToolCalls: number;
  /** What guardrails have said of the calls of the open turn. */
  checks: ToolChecked[];
  /** Results of tools that came after their call was given up, or the run had ended. */
  lateResults: number;
  /** What the log says of the turn that is entered again. Undefined in every other turn. */
  open: OpenTurn | undefined;
  /** The run as it was taken up, if it was. */
  readonly folded: FoldedRun | undefined;
  /** The steps of the calls that a nested agent's run answers, outermost first. Empty at the top. */
  readonly path: readonly string[];
  /** What only the run of a nested agent has. */
  readonly nested: NestedPlace | undefined;
  /** Runs an agent inside this run. */
  readonly nest: Nest;
  /** The result of a nested run as a view of the log, if it has completed. */
  readonly resultOf: (path: readonly string[], call: AgentToolInvocation) => Promise<unknown>;
  /** Nested runs that were under way when this run was taken up, by the step of their call. */
  readonly nestedFolds: ReadonlyMap<string, FoldedRun>;
  /** Nested runs that somebody listens to, by the step of their call. */
  readonly streams: Map<string, NestedStream>;
}

export interface NestedPlace {
  /** Of its responses and those of nested runs in it, in this segment. */
  readonly usage: Usage;
  /** The nested run that this one is called in. */
  readonly around: NestedPlace | undefined;
  readonly parking: Parking;
}

export interface NestedStream {
  readonly spec: AgentToolSpec;
  readonly toolCall: FunctionCallItem;
}

/** The call that a nested run answers. */
export interface NestedSite {
  readonly step: string;
  readonly call: FunctionCallItem;
  readonly spanId: string | undefined;
  /** Aborts when the call is to stop. */
  readonly stop: AbortScope;
  readonly parking: Parking;
}

/** Resolves without an answer when the nested run waits for somebody, and the run is about to be suspended. */
export type Nest = (
  run: RunScope,
  site: NestedSite,
  asked: { spec: AgentToolSpec; input: string | AgentInputItem[]; toolInput: unknown },
) => Promise<NestedAnswer | undefined>;

/** A step's key in the log: behind the key of the call that its nested run answers. */
export function stepKey({ path }: RunScope, own: string): string {
  const above = path.at(-1);
  return above === undefined ? own : `${above}/${own}`;
}

export type ScopeParts = Pick<
  RunScope,
  'plan' | 'control' | 'inbox' | 'clock' | 'live' | 'defaultProvider' | 'folded' | 'agents' | 'nest' | 'resultOf'
>;

export function openScope(parts: ScopeParts): RunScope {
  const { plan, folded } = parts;
  const mailbox = new Mailbox(plan.store, plan.runId, folded?.mail ?? 0, (message) => takeMail(run, message));
  const run: RunScope = {
    ...parts,
    context: plan.context,
    spans: new SpanBook(plan.trace.id !== undefined),
    mailbox,
    approvals: new Approvals(folded),
    waits: new Waits(folded),
    received: folded?.received.slice() ?? [],
    talk: new Conversation(plan.input, plan.reasoningItemIdPolicy),
    closing: new Closing(),
    server: serverHistoryOf(plan, folded),
    turn: 0,
    agentSpan: undefined,
    taskSpan: undefined,
    turnSpan: undefined,
    session: undefined,
    usedTools: new Set(),
    trail: [],
    unknownToolCalls: 0,
    checks: folded?.open.checks.slice() ?? [],
    lateResults: 0,
    open: folded?.open,
    path: [],
    nested: undefined,
    nestedFolds: folded?.nested ?? new Map(),
    streams: new Map(),
  };
  return run;
}

/** Calls user code with the run's trace around it, `spanId` as its current span. */
export function inTrace<T>(run: RunScope, spanId: string | undefined, callback: () => T): T {
  const { trace } = run.plan;
  const scope = {
    traceId: trace.id,
    spanId,
    ...(trace.groupId !== undefined && { groupId: trace.groupId }),
    ...(trace.metadata && { metadata: trace.metadata }),
    ...(trace.hold && { hold: trace.hold }),
    emit: (event: SpanEventBody) => emitSpan(run, event),
    ...(run.live.trace && { trace: run.live.trace }),
    span: () => (spanId === undefined ? undefined : run.live.spanOf(spanId)),
  };
  return traceCarrier.run(scope, callback);
}

// User code may hold on to a span that has ended since; what it starts below it goes below the run instead.
function emitSpan(run: RunScope, event: SpanEventBody): void {
  // What a tool left behind may go on for as long as the process does.
  if (run.inbox.closed) return;
  if (event.type === 'span.started' && event.parent !== undefined && !run.spans.has(event.parent)) {
    if (run.taskSpan === undefined) delete event.parent;
    else event.parent = run.taskSpan;
  }
  if (run.spans.admit(event)) run.inbox.push(event);
}

/** Calls user code in the trace and waits for it, or for the run to stop. */
export function callUser<T>(run: RunScope, spanId: string | undefined, callback: () => T | PromiseLike<T>): Promise<T> {
  const called = new Promise<T>((resolve) => resolve(inTrace(run, spanId, callback)));
  return abortable(called, run.control.signal);
}

/** What spans say of an error: nothing of a cancel, which is none, and nothing of its text when sensitive data is left out. */
export function spanError(
  run: RunScope,
  message: string,
  error: unknown,
  data: Record<string, unknown> = {},
): SpanError | undefined {
  if (error !== undefined && error === run.control.immediate?.error) return undefined;
  return run.plan.trace.sensitive ? { message, data: { ...data, error: errorText(error) } } : { message, data };
}
