/** What a run has come to so far: the fold of its log, kept up to date as events are committed. */
import type { AnyAgent } from '../agent/agent.ts';
import type { InputGuardrailResult, OutputGuardrailResult } from '../agent/guardrail.ts';
import type { RunContext } from '../agent/run-context.ts';
import type { RunItem, RunToolApprovalItem } from '../agent/run-item.ts';
import type { AgentInputItem, AgentOutputItem } from '../event/item.ts';
import { liveOf } from '../event/live.ts';
import type { GuardrailReturned, HandoffOccurred, ModelReturned, RunEvent } from '../event/run-event.ts';
import type { Usage } from '../event/usage.ts';
import type { ModelResponse } from '../port/model.ts';
import { recordedResponse } from '../run/model-returned.ts';
import { asItems } from '../run/conversation.ts';
import { type AgentByKey, itemOf } from '../agent/item-of.ts';

export class RunState<TContext = unknown> {
  readonly runContext: RunContext<TContext>;
  input: string | AgentInputItem[];
  newItems: RunItem[] = [];
  rawResponses: ModelResponse[] = [];
  inputGuardrailResults: InputGuardrailResult[] = [];
  outputGuardrailResults: OutputGuardrailResult[] = [];
  currentAgent: AnyAgent;
  currentTurn = 0;
  readonly #agents: AgentByKey;

  constructor(runContext: RunContext<TContext>, input: string | AgentInputItem[], agent: AnyAgent, agents: AgentByKey) {
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
    return this.newItems.map((item) => item.rawItem);
  }

  /** Calls that wait for a decision. */
  getInterruptions(): RunToolApprovalItem[] {
    return this.newItems.filter((item) => item.type === 'tool_approval_item');
  }

  /** Takes committed events, in order. */
  take(events: readonly RunEvent[]): void {
    for (const event of events) this.#apply(event);
  }

  // What changes nothing here needs no case: most events, and every delta.
  #apply(event: RunEvent): void {
    if (event.scope) return;
    switch (event.type) {
      case 'model.delta':
        return;
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
