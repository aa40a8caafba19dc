/** What a tool call came to. */
import { AgentsError, type SerializedError, serializeError } from '../event/errors.ts';
import { outputOf } from '../agent/item-of.ts';
import type { ToolResultItem } from '../agent/run-item.ts';
import type { CustomData, StepRef, ToolReturned } from '../event/step-events.ts';
import type { SpanError } from '../event/span-data.ts';
import { type RunScope, spanError } from './scope.ts';
import type { ToldOutput } from './tool-output.ts';

export interface ToolOutcome {
  /** What the model is told. Undefined when the call was aborted or ends the run. */
  told: ToldOutput | undefined;
  /** What the function returned. */
  value: unknown;
  serialized: SerializedError | undefined;
  spanError: SpanError | undefined;
  /** The output item, of a call that is no function's. */
  item?: ToolResultItem;
  /** What the tool's `customDataExtractor` gave. */
  customData?: CustomData;
}

export const TOLD_NOTHING: ToolOutcome = {
  told: undefined,
  value: undefined,
  serialized: undefined,
  spanError: undefined,
};

export function textOutput(text: string): ToldOutput {
  return { output: { type: 'text', text }, text };
}

export function failureFacts(run: RunScope, tool: string, error: unknown, fatal: boolean): ToolOutcome {
  return {
    ...TOLD_NOTHING,
    serialized: serializeError(error, run.plan.runId),
    spanError: spanError(run, fatal ? 'Error running tool' : 'Error running tool (non-fatal)', error, {
      tool_name: tool,
    }),
  };
}

/** What the log says of a call that has settled. */
export function returnedEvent(
  ref: StepRef,
  callId: string,
  tool: string,
  { told, serialized: error, customData, item }: ToolOutcome,
): ToolReturned {
  return {
    type: 'tool.returned',
    step: ref.step,
    attempt: ref.attempt,
    callId,
    tool,
    ...(told && { output: item ? '' : told.text }),
    ...(item && { item }),
    ...(Array.isArray(told?.output) && { content: told.output }),
    ...(error && { error }),
    ...(customData && { customData }),
  };
}

export function recordedOutcome({ output, content, error, customData, item }: ToolReturned): ToolOutcome {
  if (item) {
    const result = item as ToolResultItem;
    return {
      ...TOLD_NOTHING,
      told: textOutput(''),
      value: outputOf(result),
      serialized: error,
      item: result,
      ...(customData && { customData }),
    };
  }
  const told = output === undefined ? undefined : content ? { output: content, text: output } : textOutput(output);
  return { ...TOLD_NOTHING, told, value: output, serialized: error, ...(customData && { customData }) };
}

export function outcomeUnknown(run: RunScope, tool: string, callId: string): AgentsError {
  return new AgentsError(
    `The outcome of call '${callId}' of tool '${tool}' is unknown: the process that made it stopped before it was recorded. It may or may not have happened, and was not repeated. Check before you call it again.`,
    { code: 'TOOL_OUTCOME_UNKNOWN', runId: run.plan.runId },
  );
}
