/** Guardrails of single tools: what may be called, and what of its output the model may see. */
import { isRecord } from '../base/schema.ts';
import {
  ToolInputGuardrailTripwireTriggered,
  ToolOutputGuardrailTripwireTriggered,
  UserError,
} from '../event/errors.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { ToolGuardrailBehavior } from '../event/step-events.ts';
import type { AnyAgent } from './agent.ts';
import type { RunContext } from './run-context.ts';
import type { Method } from './tool.ts';

export type { ToolGuardrailBehavior } from '../event/step-events.ts';

/** A tool guardrail's verdict. Make one with `ToolGuardrailFunctionOutputFactory`. */
export interface ToolGuardrailFunctionOutput {
  /** Go on; tell the model this text in place of the call or its output; or fail the run. */
  behavior: ToolGuardrailBehavior;
  /** Anything that explains the verdict. What JSON can carry of it is in the log. */
  outputInfo?: unknown;
}

export interface ToolGuardrailMetadata {
  type: 'tool_input' | 'tool_output';
  name: string;
}

/** What a tool input guardrail looks at. */
export interface ToolInputGuardrailData<TContext = unknown> {
  context: RunContext<TContext>;
  agent: AnyAgent;
  toolCall: FunctionCallItem;
  /** Aborts when the verdict is no longer needed. */
  signal?: AbortSignal;
}

/** What a tool output guardrail looks at. `output` is what the tool returned, or what the model is to be told of its failure. */
export interface ToolOutputGuardrailData<TContext = unknown> extends ToolInputGuardrailData<TContext> {
  output: unknown;
}

export type ToolInputGuardrailFunction<TContext = unknown> = Method<
  [data: ToolInputGuardrailData<TContext>],
  Promise<ToolGuardrailFunctionOutput>
>;

export type ToolOutputGuardrailFunction<TContext = unknown> = Method<
  [data: ToolOutputGuardrailData<TContext>],
  Promise<ToolGuardrailFunctionOutput>
>;

/** Looks at a call before the tool's function runs. */
export interface ToolInputGuardrailDefinition<TContext = unknown> {
  type: 'tool_input';
  name: string;
  run: ToolInputGuardrailFunction<TContext>;
}

/** Looks at what a call came to before the model is told. */
export interface ToolOutputGuardrailDefinition<TContext = unknown> {
  type: 'tool_output';
  name: string;
  run: ToolOutputGuardrailFunction<TContext>;
}

export interface ToolInputGuardrailResult {
  guardrail: ToolGuardrailMetadata & { type: 'tool_input' };
  output: ToolGuardrailFunctionOutput;
}

export interface ToolOutputGuardrailResult {
  guardrail: ToolGuardrailMetadata & { type: 'tool_output' };
  output: ToolGuardrailFunctionOutput;
}

/** Types a tool input guardrail. @throws UserError GUARDRAIL_INVALID */
export function defineToolInputGuardrail<TContext = unknown>(args: {
  name: string;
  run: ToolInputGuardrailFunction<TContext>;
}): ToolInputGuardrailDefinition<TContext> {
  return { type: 'tool_input', ...checked(args) };
}

/** Types a tool output guardrail. @throws UserError GUARDRAIL_INVALID */
export function defineToolOutputGuardrail<TContext = unknown>(args: {
  name: string;
  run: ToolOutputGuardrailFunction<TContext>;
}): ToolOutputGuardrailDefinition<TContext> {
  return { type: 'tool_output', ...checked(args) };
}

/** Makes the verdicts of tool guardrails. */
export const ToolGuardrailFunctionOutputFactory: {
  allow(outputInfo?: unknown): ToolGuardrailFunctionOutput;
  rejectContent(message: string, outputInfo?: unknown): ToolGuardrailFunctionOutput;
  throwException(outputInfo?: unknown): ToolGuardrailFunctionOutput;
} = {
  /** Goes on with the next guardrail, then with the call or its output. */
  allow: (outputInfo) => verdict({ type: 'allow' }, outputInfo),
  /** The model is told `message`: the function is not called, or what it returned is left out. */
  rejectContent: (message, outputInfo) => verdict({ type: 'rejectContent', message }, outputInfo),
  /** Fails the run with a ToolCallError, whose `error` is the tripwire. */
  throwException: (outputInfo) => verdict({ type: 'throwException' }, outputInfo),
};

function verdict(behavior: ToolGuardrailBehavior, outputInfo: unknown): ToolGuardrailFunctionOutput {
  return { behavior, ...(outputInfo !== undefined && { outputInfo }) };
}

/** The guardrails of a tool's options, each with its type. @throws UserError GUARDRAIL_INVALID */
export function resolveToolInputGuardrails<TContext = unknown>(
  guardrails: readonly { name: string; run: ToolInputGuardrailFunction<TContext> }[] = [],
): ToolInputGuardrailDefinition<TContext>[] {
  return listed(guardrails).map(({ name, run }) => defineToolInputGuardrail({ name, run }));
}

/** The guardrails of a tool's options, each with its type. @throws UserError GUARDRAIL_INVALID */
export function resolveToolOutputGuardrails<TContext = unknown>(
  guardrails: readonly { name: string; run: ToolOutputGuardrailFunction<TContext> }[] = [],
): ToolOutputGuardrailDefinition<TContext>[] {
  return listed(guardrails).map(({ name, run }) => defineToolOutputGuardrail({ name, run }));
}

/**
 * Asks a tool's input guardrails, one after the other, outside of a run: up to the first that does not allow the call.
 *
 * @throws ToolInputGuardrailTripwireTriggered, and what a guardrail throws
 */
export async function runToolInputGuardrails<TContext>({
  guardrails = [],
  context,
  agent,
  toolCall,
  onResult,
}: {
  guardrails?: ToolInputGuardrailDefinition<TContext>[];
  context: RunContext<TContext>;
  agent: AnyAgent;
  toolCall: FunctionCallItem;
  onResult?: (result: ToolInputGuardrailResult) => void;
}): Promise<{ type: 'allow' } | { type: 'reject'; message: string }> {
  for (const { name, run } of guardrails) {
    const output = checkedOutput(name, await run({ context, agent, toolCall }));
    const result: ToolInputGuardrailResult = { guardrail: { type: 'tool_input', name }, output };
    onResult?.(result);
    const { behavior } = output;
    if (behavior.type === 'rejectContent') return { type: 'reject', message: behavior.message };
    if (behavior.type === 'throwException') throw inputTrip(result);
  }
  return { type: 'allow' };
}

/**
 * Asks a tool's output guardrails, one after the other, outside of a run. Gives the output, or the text that the first guardrail that rejects it puts in its place.
 *
 * @throws ToolOutputGuardrailTripwireTriggered, and what a guardrail throws
 */
export async function runToolOutputGuardrails<TContext>({
  guardrails = [],
  context,
  agent,
  toolCall,
  toolOutput,
  onResult,
}: {
  guardrails?: ToolOutputGuardrailDefinition<TContext>[];
  context: RunContext<TContext>;
  agent: AnyAgent;
  toolCall: FunctionCallItem;
  toolOutput: unknown;
  onResult?: (result: ToolOutputGuardrailResult) => void;
}): Promise<unknown> {
  for (const { name, run } of guardrails) {
    const output = checkedOutput(name, await run({ context, agent, toolCall, output: toolOutput }));
    const result: ToolOutputGuardrailResult = { guardrail: { type: 'tool_output', name }, output };
    onResult?.(result);
    const { behavior } = output;
    if (behavior.type === 'rejectContent') return behavior.message;
    if (behavior.type === 'throwException') throw outputTrip(result);
  }
  return toolOutput;
}

/** What a guardrail gave, when it is a verdict: what is none counts as a no. @throws UserError GUARDRAIL_INVALID */
export function checkedOutput(name: string, output: unknown): ToolGuardrailFunctionOutput {
  const behavior = isRecord(output) ? output['behavior'] : undefined;
  if (isRecord(behavior)) {
    const { type, message } = behavior;
    const whole =
      type === 'rejectContent' ? typeof message === 'string' : type === 'allow' || type === 'throwException';
    if (whole) return output as ToolGuardrailFunctionOutput;
  }
  throw new UserError(
    `Tool guardrail '${name}' gave no verdict. Return ToolGuardrailFunctionOutputFactory.allow(), rejectContent('…') or throwException().`,
    { code: 'GUARDRAIL_INVALID', data: { guardrail: name } },
  );
}

export function inputTrip(
  result: ToolInputGuardrailResult,
  runId?: string,
): ToolInputGuardrailTripwireTriggered<ToolInputGuardrailResult> {
  const { name } = result.guardrail;
  return new ToolInputGuardrailTripwireTriggered(
    `Tool input guardrail triggered: ${name}`,
    result,
    tripOptions(name, runId),
  );
}

export function outputTrip(
  result: ToolOutputGuardrailResult,
  runId?: string,
): ToolOutputGuardrailTripwireTriggered<ToolOutputGuardrailResult> {
  const { name } = result.guardrail;
  return new ToolOutputGuardrailTripwireTriggered(
    `Tool output guardrail triggered: ${name}`,
    result,
    tripOptions(name, runId),
  );
}

function tripOptions(guardrail: string, runId: string | undefined): { data: { guardrail: string }; runId?: string } {
  return { data: { guardrail }, ...(runId !== undefined && { runId }) };
}

function listed<T>(guardrails: readonly T[]): readonly T[] {
  const given: unknown = guardrails;
  if (Array.isArray(given)) return guardrails;
  throw new UserError(`Tool guardrails must be a list, got ${typeof guardrails}.`, { code: 'GUARDRAIL_INVALID' });
}

function checked<T extends { name: string; run: unknown }>(guardrail: T): T {
  const { name, run }: { name: unknown; run: unknown } = guardrail;
  if (typeof name === 'string' && name !== '' && typeof run === 'function') return guardrail;
  throw new UserError(
    `A tool guardrail needs a name and a run function, got name ${typeof name} and run ${typeof run}.`,
    {
      code: 'GUARDRAIL_INVALID',
    },
  );
}
