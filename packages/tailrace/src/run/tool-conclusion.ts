/** From what a function gave to what its call comes to: its guardrails, its schema, and what the model is told. */
import { checkToolOutput } from '../agent/tool-invoke.ts';
import { toolCallError } from '../agent/function-tool.ts';
import type { ToolCallDetails } from '../agent/tool.ts';
import type { AbortSource } from '../base/abort.ts';
import { InvalidToolOutputError, ToolCallError } from '../event/errors.ts';
import type { ToolChecked } from '../event/step-events.ts';
import { customDataOf } from './custom-data.ts';
import { DEFAULTS } from './options.ts';
import type { RunScope } from './scope.ts';
import { type CheckedCall, checkOutput } from './tool-checks.ts';
import { failureFacts, TOLD_NOTHING, type ToolOutcome } from './tool-outcome.ts';
import { tellOutput } from './tool-output.ts';

/** What a call comes to: an output for the model, or the failure that ends the run. */
export type Conclusion = { checks: ToolChecked[] } & ({ outcome: ToolOutcome } | { failure: Error });

interface Given {
  value: unknown;
  /** False for what no function gave: it is checked against the tool's schema. */
  asIs?: boolean;
  /** The failure that `errorFunction` has made `value` of. */
  failure: unknown;
}

/** @throws the stop's reason */
export async function conclude(
  run: RunScope,
  call: CheckedCall,
  { value, failure, asIs = true }: Given,
  details: () => ToolCallDetails,
  stop: AbortSource,
): Promise<Conclusion> {
  const { tool } = call;
  const facts = failure === undefined ? TOLD_NOTHING : failureFacts(run, tool.name, failure, false);
  let checks: ToolChecked[] = [];
  try {
    const fitting = asIs ? value : await checkToolOutput(tool, value);
    if (!tool.outputGuardrails?.length) return { outcome: await told(run, call, fitting, facts), checks };
    const checked = await checkOutput(run, call, fitting, stop);
    checks = checked.events;
    if (checked.failure) return { failure: checked.failure, checks };
    const output = checked.rejected ? await checkToolOutput(tool, checked.value) : checked.value;
    return { outcome: await told(run, call, output, facts), checks };
  } catch (error) {
    if (stop.aborted) throw error;
    if (!(error instanceof InvalidToolOutputError) || !tool.errorFunction) return { failure: fatal(error), checks };
    return { ...(await inOwnWords(run, call, error, details())), checks };
  }
}

/** What is told in place of a call that a guardrail rejected. */
export async function concludeRefused(
  run: RunScope,
  call: CheckedCall,
  message: string,
  details: ToolCallDetails,
): Promise<Conclusion> {
  const { tool } = call;
  try {
    if (tool.outputSchema === undefined) return { outcome: await told(run, call, message, TOLD_NOTHING), checks: [] };
    const error = new Error(message);
    if (tool.errorFunction) return { ...(await inOwnWords(run, call, error, details)), checks: [] };
    const failure = toolCallError(
      error,
      'TOOL_OUTPUT_INVALID',
      'A guardrail rejected a call, and its tool has no text.',
    );
    return { failure, checks: [] };
  } catch (error) {
    return { failure: fatal(error), checks: [] };
  }
}

async function inOwnWords(
  run: RunScope,
  call: CheckedCall,
  error: Error,
  details: ToolCallDetails,
): Promise<{ outcome: ToolOutcome } | { failure: Error }> {
  const { tool } = call;
  try {
    const value: unknown = await tool.errorFunction?.(run.context, error, details);
    const facts = failureFacts(run, tool.name, error, false);
    return { outcome: await told(run, call, await checkToolOutput(tool, value), facts) };
  } catch (thrown) {
    return { failure: fatal(thrown) };
  }
}

function told(
  run: RunScope,
  { tool, call: toolCall }: CheckedCall,
  output: unknown,
  { serialized, spanError }: ToolOutcome,
): ToolOutcome | Promise<ToolOutcome> {
  const limit = run.plan.config.maxToolOutputLength ?? DEFAULTS.maxToolOutputLength;
  const text = tellOutput(output, tool.name, limit);
  const outcome: ToolOutcome = { told: text, value: output, serialized, spanError };
  if (!tool.customDataExtractor) return outcome;
  return withCustomData(outcome, customDataOf(run, tool, { toolCall, output, told: text.output }));
}

async function withCustomData(outcome: ToolOutcome, asked: ReturnType<typeof customDataOf>): Promise<ToolOutcome> {
  const customData = await asked;
  return customData ? { ...outcome, customData } : outcome;
}

function fatal(error: unknown): Error {
  return error instanceof ToolCallError ? error : toolCallError(error);
}
