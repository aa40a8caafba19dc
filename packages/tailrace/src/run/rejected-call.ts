import { qualifiedName } from '../agent/tool-namespace.ts';
import type { FunctionTool } from '../agent/tool.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { RunScope } from './scope.ts';
import { tellError } from './tool-error.ts';
import { textOutput, TOLD_NOTHING, type ToolOutcome } from './tool-outcome.ts';

/** A call that somebody rejected: settled from the start. Its function is never called; the model is told so. */
export class RejectedCall {
  readonly call: FunctionCallItem;
  readonly tool: FunctionTool | undefined;
  /** Set from the start, unless the run has words of its own for it. */
  outcome: ToolOutcome | undefined;
  phase: 'ready' | 'called' = 'ready';
  readonly unknown = false;
  readonly parked = false;
  readonly #run: RunScope;

  readonly #text: string;

  constructor(
    run: RunScope,
    call: FunctionCallItem,
    tool: FunctionTool | undefined,
    { rejected: text, standard = false }: { rejected: string; standard?: boolean },
  ) {
    this.#run = run;
    this.call = call;
    this.tool = tool;
    this.#text = text;
    const own = standard && run.plan.toolErrorFormatter !== undefined;
    this.outcome = own ? undefined : toldOf(text);
  }

  openingEvents(): RunEventBody[] {
    return this.outcome ? this.#spanEvents(this.outcome) : [];
  }

  #spanEvents(outcome: ToolOutcome): RunEventBody[] {
    const { plan, spans, turnSpan, agentSpan } = this.#run;
    const { callId, arguments: input } = this.call;
    const name = qualifiedName(this.call);
    const { sensitive } = plan.trace;
    const text = outcome.told?.text ?? '';
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
    this.phase = 'called';
    const text = await tellError(this.#run, 'approval_rejected', this.call, this.#text);
    if (this.outcome) return;
    this.outcome = toldOf(text);
    this.#run.inbox.push(...this.#spanEvents(this.outcome));
  }

  abandon(): void {
    this.outcome ??= toldOf(this.#text);
  }
}

function toldOf(text: string): ToolOutcome {
  return { ...TOLD_NOTHING, value: text, told: textOutput(text) };
}
