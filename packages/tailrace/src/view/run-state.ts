/** What a run has come to so far: the fold of its log, kept up to date as events are committed. */
import type { AnyAgent } from '../agent/agent.ts';
import type { InputGuardrailResult, OutputGuardrailResult } from '../agent/guardrail.ts';
import { RunContext } from '../agent/run-context.ts';
import type { RunItem, RunToolApprovalItem } from '../agent/run-item.ts';
import type { Json } from '../base/json.ts';
import type { AgentInputItem, AgentOutputItem } from '../event/item.ts';
import { type PendingWait, pendingWaitOf, type WaitStarted } from '../event/mail-events.ts';
import { liveOf } from '../event/live.ts';
import type { GuardrailReturned, HandoffOccurred, RunEvent } from '../event/run-event.ts';
import type { Usage } from '../event/usage.ts';
import type { ModelResponse } from '../port/model.ts';
import type { AnswerOptions } from '../run/answer.ts';
import { recordedResponse } from '../run/model-returned.ts';
import { asItems, toldAs } from '../run/conversation.ts';
import { sinceCompaction } from '../run/since-compaction.ts';
import { type AgentByKey, agentsOf, itemOf } from '../agent/item-of.ts';
import { Interruptions, isApprovalOf } from './interruptions.ts';
import { homeFor } from './restored-state.ts';
import {
  answerIn,
  type ApproveOptions,
  decideIn,
  homeOf,
  type RejectOptions,
  retell,
  settle,
  stageInput,
  type StatePlace,
} from './state-home.ts';
import { unanswered } from './unanswered.ts';
import { readStateText, stateData, stateText, type StateText } from './state-text.ts';
import type { ToolInputGuardrailResult, ToolOutputGuardrailResult } from '../agent/tool-guardrail.ts';
import { addToolVerdict, blockOutputs } from './tool-results.ts';

/** Give it to `run(agent, state)` to go on: with a run that was interrupted, or by a new run from where one was cancelled or failed. */
export class RunState<TContext = unknown, TAgent = AnyAgent> {
  readonly runContext: RunContext<TContext>;
  input: string | AgentInputItem[];
  newItems: RunItem[] = [];
  rawResponses: ModelResponse[] = [];
  inputGuardrailResults: InputGuardrailResult[] = [];
  outputGuardrailResults: OutputGuardrailResult[] = [];
  toolInputGuardrailResults: ToolInputGuardrailResult[] = [];
  toolOutputGuardrailResults: ToolOutputGuardrailResult[] = [];
  currentAgent: TAgent;
  currentTurn = 0;
  readonly #agents: AgentByKey;
  readonly #reasoningIds: 'preserve' | 'omit';
  readonly #interruptions: Interruptions;
  /** The call that the nested run answers, in the state of one. */
  readonly #step: string | undefined;
  /** What the state's text is made of. */
  readonly #kept: RunEvent[] | undefined;
  #waits: readonly WaitStarted[] = [];

  constructor(
    runContext: RunContext<TContext>,
    input: string | AgentInputItem[],
    agent: AnyAgent,
    agents: AgentByKey,
    { home, step, reasoningIds = 'preserve' }: StatePlace = {},
  ) {
    if (home) this.#kept = settle(this, home).events;
    this.#step = step;
    this.#reasoningIds = reasoningIds;
    this.#interruptions = new Interruptions(agents);
    this.runContext = runContext;
    this.input = input;
    this.currentAgent = agent as TAgent;
    this.#agents = agents;
  }

  get usage(): Usage {
    return this.runContext.usage;
  }

  /** The input and all that was said since, or what a compaction has left of it: the input of the next run of this conversation. */
  get history(): AgentInputItem[] {
    return sinceCompaction([...asItems(this.input), ...this.#told()]);
  }

  /** What the agents said since the input, or since the last compaction. */
  get output(): AgentOutputItem[] {
    return sinceCompaction(this.#told(({ type }) => type !== 'input_item'));
  }

  #told(wanted: (item: RunItem) => boolean = () => true): AgentOutputItem[] {
    // A call without its output must not be sent to a model: it is left out until there is one.
    const open = this.getInterruptions().length + this.#waits.length > 0 ? unanswered(this.newItems) : undefined;
    const items = this.newItems.filter((item) => wanted(item) && !open?.has(item));
    return items.map((item) => toldAs(item, this.#reasoningIds));
  }

  /** Calls that wait for a decision, of agents that are tools, too: `item.agent` says whose. */
  getInterruptions(): RunToolApprovalItem[] {
    const own = this.newItems.filter((item) => item.type === 'tool_approval_item');
    return [...own, ...this.#interruptions.nested];
  }

  /** Calls that wait for an answer, or for their time, of agents that are tools, too. */
  getWaits(): PendingWait[] {
    return this.#waits.map(pendingWaitOf);
  }

  /**
   * Answers a call that waits for input: its output is what was answered, when the run goes on. Resolves when the answer is stored; `run(agent, state)` waits for that by itself.
   *
   * @throws UserError WAIT_UNKNOWN, WAIT_ANSWERED, WAIT_EXPIRED, RUN_ENDED, OPTION_TYPE
   */
  answer(
    { callId, step }: Pick<PendingWait, 'callId'> & Partial<PendingWait>,
    said: Json,
    options: AnswerOptions = {},
  ): Promise<void> {
    return answerIn(this, callId, said, { ...(step !== undefined && { step }), ...options });
  }

  /**
   * Approves a call: it is made when the run goes on. Resolves when the decision is stored; `run(agent, state)` waits for that by itself.
   * The first decision counts: the same one again changes nothing, and another one is refused at once, with a throw.
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

  /** Input that is staged for when the run goes on. */
  get pendingInput(): AgentInputItem[] {
    return structuredClone(homeOf(this).staged);
  }

  /**
   * Stages input: `run(agent, state)` says it before the next call of the model.
   *
   * @throws UserError RUN_ENDED, and as `run()` does for its input
   */
  addInput(input: string | AgentInputItem[]): void {
    stageInput(this, input);
  }

  /** Takes back all input that is staged. */
  clearPendingInput(): void {
    homeOf(this).staged = [];
  }

  /** Takes committed events, in order. */
  take(events: readonly RunEvent[]): void {
    for (const event of events) this.#apply(event);
  }

  /**
   * The state as text, for `RunState.fromString` in any process: what the run's log says up to here, without the deltas of completed steps, what was decided since, and
   * the context where JSON can carry it. It holds all that was said in the run, and no key.
   *
   * @throws UserError RUN_NOT_FOUND
   */
  toString(_options?: { includeTracingApiKey?: boolean }): string {
    return stateText(homeOf(this), this.runContext.context);
  }

  /** The same as one object, for `JSON.stringify`. `fromString` takes the text of that, too. */
  toJSON(_options?: { includeTracingApiKey?: boolean }): Record<string, unknown> {
    return stateData(homeOf(this), this.runContext.context);
  }

  /**
   * The state that `toString` gave. It is a copy of its own: what is decided and done with it changes no other one, nor the run that it was made of.
   *
   * @throws UserError STATE_INVALID, STATE_VERSION, STATE_TOO_LARGE, STATE_AGENT_UNKNOWN
   */
  static async fromString<TContext = unknown, TAgent extends AnyAgent = AnyAgent>(
    initialAgent: TAgent,
    text: string,
  ): Promise<RunState<TContext, TAgent>> {
    const read = readStateText(text);
    return RunState.#restored(initialAgent, read, read.context as TContext);
  }

  /** As `fromString`, with a context for the run to go on with. @throws UserError as `fromString` */
  static async fromStringWithContext<TContext = unknown, TAgent extends AnyAgent = AnyAgent>(
    initialAgent: TAgent,
    text: string,
    context: RunContext<TContext>,
    _options?: { contextStrategy?: 'merge' | 'replace' },
  ): Promise<RunState<TContext, TAgent>> {
    return RunState.#restored(initialAgent, readStateText(text), context.context);
  }

  static #restored<TContext, TAgent extends AnyAgent>(
    agent: TAgent,
    read: StateText,
    given: TContext,
  ): RunState<TContext, TAgent> {
    const home = homeFor(agent, read);
    const { folded, events, said } = read;
    const context = new RunContext<TContext>(given);
    context.usage.add(folded.usage);
    const state = new RunState<TContext, TAgent>(context, folded.started.input, agent, agentsOf(home.agents), { home });
    state.take(events);
    retell(state, said);
    return state;
  }

  // What changes nothing here needs no case: most events, and every delta.
  #apply(event: RunEvent): void {
    // First of all: nearly every event is one, and to find that it has no scope costs more than the rest.
    if (event.type === 'model.delta') return;
    if (!LEFT_OUT.has(event.type)) this.#kept?.push(event);
    const asking = this.#interruptions.take(event);
    if (event.type === 'wait.started') this.#waits = [...this.#waits, event];
    else if (event.type === 'wait.ended') this.#waits = this.#waits.filter(({ step }) => step !== event.step);
    if (event.scope?.at(-1) !== this.#step) return;
    switch (event.type) {
      case 'turn.started':
        this.currentTurn = event.turn;
        return;
      case 'agent.started':
        this.currentAgent = this.#agents(event.agent) as TAgent;
        return;
      case 'item.added':
        this.newItems.push(asking ?? itemOf(event, this.#agents));
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
        this.newItems = this.newItems.filter((item) => !isApprovalOf(item, event));
        return;
      case 'session.loaded':
        this.input = event.input;
        return;
      case 'handoff.occurred':
        this.currentAgent = this.#agents(event.to) as TAgent;
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

const LEFT_OUT: ReadonlySet<RunEvent['type']> = new Set(['model.part', 'tool.progress', 'log.pruned']);
