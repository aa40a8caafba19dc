import type { AnyAgent } from '../agent/agent.ts';
import type { FunctionTool } from '../agent/tool.ts';
import type { FoldedWait } from '../event/fold.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { WaitEnded } from '../event/mail-events.ts';
import type { RunEventBody } from '../event/run-event.ts';
import { DEFAULTS } from './options.ts';
import type { RunScope } from './scope.ts';
import { recordedOutcome, returnedEvent, TOLD_NOTHING, type ToolOutcome } from './tool-outcome.ts';
import { tellOutput } from './tool-output.ts';

/** A call that waited, and whose output has come: settled from the start. Its function returned long ago. */
export class WaitedCall {
  readonly call: FunctionCallItem;
  readonly tool: FunctionTool | undefined;
  readonly outcome: ToolOutcome;
  readonly unknown = false;
  readonly parked = false;
  readonly #run: RunScope;
  readonly #agent: AnyAgent;
  readonly #attempt: number;
  readonly #step: string;
  readonly #recorded: boolean;

  constructor(
    run: RunScope,
    agent: AnyAgent,
    call: FunctionCallItem,
    tool: FunctionTool | undefined,
    { started, ended }: FoldedWait & { ended: WaitEnded },
  ) {
    this.#run = run;
    this.#agent = agent;
    this.call = call;
    this.tool = tool;
    this.#step = started.step;
    this.#attempt = started.attempt;
    const returned = run.open?.calls.get(call.callId)?.returned;
    this.#recorded = returned !== undefined;
    this.outcome = returned ? recordedOutcome(returned) : answered(run, call.name, ended);
  }

  /** A span of its own: the one of the function ended when that returned. */
  openingEvents(): RunEventBody[] {
    if (this.#recorded) return [];
    const { plan, spans, turnSpan, agentSpan } = this.#run;
    const { name, callId, arguments: input } = this.call;
    const { sensitive } = plan.trace;
    const { outcome } = this;
    const data = { type: 'function', name, input: sensitive ? input : '', output: '' } as const;
    const span = spans.start(data, turnSpan ?? agentSpan);
    const output = sensitive ? (outcome.told?.text ?? '') : '';
    const ref = { step: this.#step, attempt: this.#attempt };
    const ended = spans.end(span.id, { data: { ...data, output } });
    this.#tellHooks();
    return [...span.events, ...ended, returnedEvent(ref, callId, name, outcome)];
  }

  #tellHooks(): void {
    const { context, plan } = this.#run;
    if (!this.tool) return;
    const details = { toolCall: this.call };
    const text = this.outcome.told?.text ?? '';
    plan.hooks.emit('agent_tool_end', context, this.#agent, this.tool, text, details);
    this.#agent.emit('agent_tool_end', context, this.tool, text, details);
  }

  calledEvents(): RunEventBody[] {
    return [];
  }

  async clearUp(): Promise<void> {
    // Its outcome is known.
  }

  async perform(): Promise<void> {
    // Nothing is to be done.
  }

  abandon(): void {
    // Nothing is under way.
  }
}

function answered({ plan }: RunScope, tool: string, { output }: WaitEnded): ToolOutcome {
  const maxLength = plan.config.maxToolOutputLength ?? DEFAULTS.maxToolOutputLength;
  return { ...TOLD_NOTHING, value: output, told: tellOutput(output, tool, maxLength) };
}
