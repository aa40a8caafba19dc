import type { FunctionTool } from '../agent/tool.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { RunScope } from './scope.ts';
import { textOutput, TOLD_NOTHING, type ToolOutcome } from './tool-outcome.ts';

/** A call that somebody rejected: settled from the start. Its function is never called; the model is told so. */
export class RejectedCall {
  readonly call: FunctionCallItem;
  readonly tool: FunctionTool | undefined;
  readonly outcome: ToolOutcome;
  readonly unknown = false;
  readonly parked = false;
  readonly #run: RunScope;

  constructor(run: RunScope, call: FunctionCallItem, tool: FunctionTool | undefined, text: string) {
    this.#run = run;
    this.call = call;
    this.tool = tool;
    this.outcome = { ...TOLD_NOTHING, value: text, told: textOutput(text) };
  }

  openingEvents(): RunEventBody[] {
    const { plan, spans, turnSpan, agentSpan } = this.#run;
    const { name, callId, arguments: input } = this.call;
    const { sensitive } = plan.trace;
    const text = this.outcome.told?.text ?? '';
    const data = { type: 'function', name, input: sensitive ? input : '', output: '' } as const;
    const span = spans.start(data, turnSpan ?? agentSpan);
    const error = {
      message: sensitive ? text : 'Tool execution was not approved.',
      data: { tool_name: name, error: `Tool execution for ${callId} was manually rejected by user.` },
    };
    return [...span.events, ...spans.end(span.id, { data: { ...data, output: sensitive ? text : '' }, error })];
  }

  calledEvents(): RunEventBody[] {
    return [];
  }

  async clearUp(): Promise<void> {
    // Nothing was begun.
  }

  async perform(): Promise<void> {
    // Nothing is to be done.
  }

  abandon(): void {
    // Nothing is under way.
  }
}
