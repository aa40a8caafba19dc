/** What a run has come to so far: the fold of its log, kept up to date as events are committed. */
import type { AnyAgent } from '../agent/agent.ts';
import type { InputGuardrailResult, OutputGuardrailResult } from '../agent/guardrail.ts';
import type { RunContext } from '../agent/run-context.ts';
import type { RunItem, RunToolApprovalItem } from '../agent/run-item.ts';
import type { Json } from '../base/json.ts';
import type { AgentInputItem, AgentOutputItem } from '../event/item.ts';
import { type PendingWait, pendingWaitOf, type WaitStarted } from '../event/mail-events.ts';
import { UserError } from '../event/errors.ts';
import { liveOf } from '../event/live.ts';
import type { GuardrailReturned, HandoffOccurred, RunEvent } from '../event/run-event.ts';
import type { Usage } from '../event/usage.ts';
import type { ModelResponse } from '../port/model.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Session } from '../port/session.ts';
import type { AgentRegistry } from '../run/agent-registry.ts';
import { answer, type AnswerOptions } from '../run/answer.ts';
import { decide, type Decision } from '../run/decide.ts';
import { recordedResponse } from '../run/model-returned.ts';
import { asItems } from '../run/conversation.ts';
import { type AgentByKey, itemOf } from '../agent/item-of.ts';
import type { ToolInputGuardrailResult, ToolOutputGuardrailResult } from '../agent/tool-guardrail.ts';
import { addToolVerdict, blockOutputs } from './tool-results.ts';

/** Where a run lives, for whoever decides about its calls and takes it up again. */
export interface RunHome {
  store: LogStore;
  runId: string;
  agents: AgentRegistry;
  session: Session | undefined;
}

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

const homes = new WeakMap<RunState, RunHome & { deciding: Promise<void>[] }>();

/** Give it to `run(agent, state)` to go on with a run that was interrupted. */
export class RunState<TContext = unknown> {
  readonly runContext: RunContext<TContext>;
  input: string | AgentInputItem[];
  newItems: RunItem[] = [];
  rawResponses: ModelResponse[] = [];
  inputGuardrailResults: InputGuardrailResult[] = [];
  outputGuardrailResults: OutputGuardrailResult[] = [];
  toolInputGuardrailResults: ToolInputGuardrailResult[] = [];
  toolOutputGuardrailResults: ToolOutputGuardrailResult[] = [];
  currentAgent: AnyAgent;
  currentTurn = 0;
  readonly #agents: AgentByKey;
  #waits: readonly WaitStarted[] = [];

  constructor(
    runContext: RunContext<TContext>,
    input: string | AgentInputItem[],
    agent: AnyAgent,
    agents: AgentByKey,
    home?: RunHome,
  ) {
    if (home) homes.set(this, { ...home, deciding: [] });
    this.runContext = runContext;
    this.input = input;
    this.currentAgent = agent;
    this.#agents = agents;
  }

  get usage(): Usage {
    return this.runContext.usage;
  }

  /** The input and all that was said since: the input of the next run of this conversation. */
  get history(): AgentInputItem[] {
    return [...asItems(this.input), ...this.output];
  }

  get output(): AgentOutputItem[] {
    // A call without its output must not be sent to a model: it is left out until there is one.
    const open = this.getInterruptions().length + this.#waits.length > 0 ? unanswered(this.newItems) : undefined;
    return this.newItems.filter((item) => !open?.has(item)).map((item) => item.rawItem);
  }

  /** Calls that wait for a decision. */
  getInterruptions(): RunToolApprovalItem[] {
    return this.newItems.filter((item) => item.type === 'tool_approval_item');
  }

  /** Calls that wait for an answer, or for their time. */
  getWaits(): PendingWait[] {
    return this.#waits.map(pendingWaitOf);
  }

  /**
   * Answers a call that waits for input: its output is what was answered, when the run goes on. Resolves when the answer is stored; `run(agent, state)` waits for that by itself.
   *
   * @throws UserError WAIT_UNKNOWN, WAIT_ANSWERED, WAIT_EXPIRED, RUN_ENDED, OPTION_TYPE
   */
  answer({ callId }: Pick<PendingWait, 'callId'>, said: Json, options: AnswerOptions = {}): Promise<void> {
    const { store, runId, deciding } = homeWith(this);
    const answered = answer(store, runId, callId, said, options);
    // As with a decision: the next interruption shows what became of it.
    deciding.push(answered.catch(() => undefined));
    return answered;
  }

  /**
   * Approves a call: it is made when the run goes on. Resolves when the decision is stored; `run(agent, state)` waits for that by itself.
   *
   * @throws UserError APPROVAL_UNKNOWN, APPROVAL_DECIDED, APPROVAL_EXPIRED, RUN_ENDED
   */
  approve(item: RunToolApprovalItem, { alwaysApprove, by }: ApproveOptions = {}): Promise<void> {
    return decideIn(this, item, {
      approved: true,
      ...(alwaysApprove && { always: true }),
      ...(by !== undefined && { by }),
    });
  }

  /**
   * Rejects a call: it is not made, and the model is told so when the run goes on. Otherwise as `approve`.
   *
   * @throws UserError APPROVAL_UNKNOWN, APPROVAL_DECIDED, APPROVAL_EXPIRED, RUN_ENDED
   */
  reject(item: RunToolApprovalItem, { message, alwaysReject, by }: RejectOptions = {}): Promise<void> {
    return decideIn(this, item, {
      approved: false,
      ...(message !== undefined && { message }),
      ...(alwaysReject && { always: true }),
      ...(by !== undefined && { by }),
    });
  }

  /** Takes committed events, in order. */
  take(events: readonly RunEvent[]): void {
    for (const event of events) this.#apply(event);
  }

  // What changes nothing here needs no case: most events, and every delta.
  #apply(event: RunEvent): void {
    // First of all: nearly every event is one, and to find that it has no scope costs more than the rest.
    if (event.type === 'model.delta' || event.scope) return;
    switch (event.type) {
      case 'turn.started':
        this.currentTurn = event.turn;
        return;
      case 'agent.started':
        this.currentAgent = this.#agents(event.agent);
        return;
      case 'item.added':
        this.newItems.push(itemOf(event, this.#agents));
        return;
      case 'model.returned':
        this.rawResponses.push(recordedResponse(event));
        return;
      case 'guardrail.returned':
        this.#addVerdict(event);
        return;
      case 'tool.checked':
        addToolVerdict(this, event);
        return;
      case 'output.blocked':
        blockOutputs(this.newItems, event);
        return;
      case 'approval.decided':
        this.newItems = this.newItems.filter((item) => !isApproval(item, event.callId));
        return;
      case 'wait.started':
        this.#waits = [...this.#waits, event];
        return;
      case 'wait.ended':
        this.#waits = this.#waits.filter(({ step }) => step !== event.step);
        return;
      case 'session.loaded':
        this.input = event.input;
        return;
      case 'handoff.occurred':
        this.currentAgent = this.#agents(event.to);
        this.#replace(event);
        return;
      default:
    }
  }

  #addVerdict(event: GuardrailReturned): void {
    const { kind, guardrail: name } = event;
    const output = { tripwireTriggered: event.tripped, outputInfo: event.info };
    const live = liveOf(event);
    if (kind === 'input')
      this.inputGuardrailResults.push(
        (live as InputGuardrailResult | undefined) ?? { guardrail: { type: 'input', name }, output },
      );
    else {
      const revived: OutputGuardrailResult = {
        guardrail: { type: 'output', name },
        agent: this.#agents(event.agent),
        agentOutput: undefined,
        output,
      };
      this.outputGuardrailResults.push((live as OutputGuardrailResult | undefined) ?? revived);
    }
  }

  #replace(event: HandoffOccurred): void {
    if (!event.filtered) return;
    this.input = event.filtered.input;
    const live = liveOf(event) as RunItem[] | undefined;
    this.newItems = live ?? event.filtered.items.map((item) => itemOf(item, this.#agents));
  }
}

/** @throws UserError RUN_NOT_FOUND for a state that no result gave */
export function homeOf(state: RunState): RunHome {
  return homeWith(state);
}

/** Resolves when all decisions of this state are stored, or refused. */
export async function decisionsOf(state: RunState): Promise<void> {
  await Promise.all(homeWith(state).deciding);
}

function homeWith(state: RunState): RunHome & { deciding: Promise<void>[] } {
  const home = homes.get(state);
  if (home) return home;
  throw new UserError('This state belongs to no run. Use the state of a result.', { code: 'RUN_NOT_FOUND' });
}

function decideIn(state: RunState, item: RunToolApprovalItem, said: Omit<Decision, 'callId'>): Promise<void> {
  const { store, runId, deciding } = homeWith(state);
  const decided = decide(store, runId, { callId: item.callId, ...said });
  // Whoever does not look at the promise sees at the next interruption what became of it.
  deciding.push(decided.catch(() => undefined));
  return decided;
}

function isApproval(item: RunItem, callId: string): boolean {
  return item.type === 'tool_approval_item' && item.callId === callId;
}

function asksForOutput({ rawItem }: RunItem): boolean {
  return CALLS.has(rawItem.type) || (rawItem.type === 'hosted_tool_call' && rawItem.name === 'mcp_approval_request');
}

const CALLS: ReadonlySet<string | undefined> = new Set([
  'function_call',
  'computer_call',
  'shell_call',
  'apply_patch_call',
]);

function callIdOf(item: AgentInputItem): string {
  return 'callId' in item ? (item.callId ?? '') : (item.id ?? '');
}

function answeredCallId(item: AgentInputItem): string {
  if (item.type !== 'hosted_tool_call') return 'callId' in item ? (item.callId ?? '') : '';
  return String(item.providerData?.['approval_request_id']);
}

/** Calls without their output, and what asks about them. */
function unanswered(items: readonly RunItem[]): Set<RunItem> {
  const calls = new Map<string, RunItem>();
  const asking = new Set<RunItem>();
  for (const item of items) {
    if (item.type === 'tool_approval_item') asking.add(item);
    else if (asksForOutput(item)) calls.set(callIdOf(item.rawItem), item);
    else calls.delete(answeredCallId(item.rawItem));
  }
  return new Set([...asking, ...calls.values()]);
}
