/** From a call's arguments to what its function gives: parsed, called, its steps told, its result checked. */
import { asError, inspectable } from '../base/error-text.ts';
import { isStandardSchema, validate } from '../base/schema.ts';
import { soon } from '../base/soon.ts';
import { InvalidToolInputError, InvalidToolOutputError, ToolTimeoutError } from '../event/errors.ts';
import type { NESTED, NestedRuns } from './agent-tool.ts';
import type { RunContext } from './run-context.ts';
import type { FunctionTool, Method, ToolCallDetails, ToolErrorFunction, ToolOutputSchema } from './tool.ts';
import { waitRequestOf } from './wait.ts';

/** The failure of a call that `errorFunction` turned into text: the loop asks for it to mark the span. Own symbol, so no user detail can collide. */
export const ON_FAILURE: unique symbol = Symbol('tailrace.toolFailure');
/** Where a call's progress goes. */
export const ON_PROGRESS: unique symbol = Symbol('tailrace.toolProgress');
/** Checks what a tool gives against its schema. Own symbol, so that a copy of the tool has it, too. */
export const CHECK_OUTPUT: unique symbol = Symbol('tailrace.toolCheckOutput');

/** Details with what the loop asks for beside them. */
export type LoopDetails = ToolCallDetails & {
  [NESTED]?: NestedRuns;
  [ON_FAILURE]?: (error: unknown) => void;
  [ON_PROGRESS]?: (data: unknown) => void;
};

/** Checks a value, and gives it as the schema does. @throws InvalidToolOutputError */
export type OutputCheck = (output: unknown) => unknown;

export interface Invoked<TContext, TResult> {
  parse: (text: string) => unknown;
  execute: Method<
    [input: never, context?: RunContext<TContext>, details?: ToolCallDetails],
    TResult | Promise<TResult> | AsyncGenerator<unknown, TResult> | Generator<unknown, TResult>
  >;
  errorFunction: ToolErrorFunction<TContext, unknown> | null;
  check: OutputCheck | undefined;
}

export function invoker<TContext, TResult>({
  parse,
  execute,
  errorFunction,
  check,
}: Invoked<TContext, TResult>): FunctionTool<TContext, never, TResult>['invoke'] {
  return async (runContext, text, details) => {
    const loop: LoopDetails | undefined = details;
    try {
      const given = await execute((await parse(text)) as never, runContext, details);
      const steps = stepsOf<TResult>(given);
      const result = steps ? await finish(steps, details) : given;
      // What is still to come is checked when it has come.
      return (check && !waitRequestOf(result) ? await check(result) : result) as TResult;
    } catch (thrown) {
      const error = inspectable(thrown);
      if (errorFunction === null || details?.signal?.aborted) throw error;
      loop?.[ON_FAILURE]?.(error);
      const told = await errorFunction(runContext, error, details);
      return (check ? await check(told) : told) as TResult;
    }
  };
}

/** What the model is told by default. The text of a tool's error stays in the trace: it may hold anything. */
export function defaultErrorFunction(_context: unknown, error: unknown): string {
  if (error instanceof InvalidToolInputError) return error.message;
  return 'An error occurred while running the tool. Please try again.';
}

/** The steps of a function that is a generator, async or not. Other iterators are values. */
function stepsOf<T>(value: unknown): AsyncGenerator<unknown, T> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { next, return: leave, throw: fail } = value as Partial<Generator<unknown, T>>;
  if (typeof next !== 'function' || typeof leave !== 'function') return undefined;
  if (Symbol.asyncIterator in value) return value as AsyncGenerator<unknown, T>;
  return Symbol.iterator in value && typeof fail === 'function' ? awaited(value as Generator<unknown, T>) : undefined;
}

async function* awaited<T>(steps: Generator<unknown, T>): AsyncGenerator<unknown, T> {
  return yield* steps;
}

/** A function that never waits would keep timers, and so its own timeout, from firing: every so many steps, or milliseconds, they have their turn. */
const STEPS_WITHOUT_A_TURN = 256;
const MS_WITHOUT_A_TURN = 10;

/** Takes a function's steps until it returns. When the call is stopped, the function is told to by `return()`, and may clean up. */
async function finish<T>(steps: AsyncGenerator<unknown, T>, details: LoopDetails | undefined): Promise<T> {
  const tell = details?.[ON_PROGRESS];
  const signal = details?.signal;
  let left: Promise<unknown> | undefined;
  const leaving = (): Promise<unknown> | undefined => left;
  const leave = (): void => {
    // One that was written by hand may give its steps at once, or throw.
    left = (async () => steps.return(undefined as never))();
    // Looked at below, where the function is still at work; what it throws on its way out is no news otherwise.
    left.catch(() => undefined);
  };
  signal?.addEventListener('abort', leave, { once: true });
  let taken = 0;
  let since = performance.now();
  try {
    for (;;) {
      // While others had their turn, or a step was told, the call may have been stopped.
      const step = leaving() ? undefined : await steps.next();
      if (!step || leaving()) {
        if (step?.done) return step.value;
        await leaving();
        throw asError(signal?.reason);
      }
      if (step.done) return step.value;
      tell?.(step.value);
      taken += 1;
      if (taken < STEPS_WITHOUT_A_TURN && performance.now() - since < MS_WITHOUT_A_TURN) continue;
      await new Promise<void>((resolve) => soon(resolve));
      taken = 0;
      since = performance.now();
    }
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

/** The check that goes with a schema object; a JSON schema has none. */
export function outputCheck(name: string, schema: ToolOutputSchema | undefined): OutputCheck | undefined {
  if (schema === undefined || !isStandardSchema(schema)) return undefined;
  return async (output) => {
    const verdict = await validate(schema, output);
    if (verdict.ok) return verdict.value;
    throw new InvalidToolOutputError(
      `The output of tool '${name}' does not match its outputSchema. ${verdict.issues.map(({ path, message }) => `${path || '/'}: ${message}`).join('; ')}.`,
      // An issue may quote the output.
      {
        code: 'TOOL_OUTPUT_INVALID',
        toolOutput: { output },
        publicMessage: `The output of tool '${name}' does not match its outputSchema.`,
      },
    );
  };
}

/** The output as the tool's schema gives it, where the tool has one. @throws InvalidToolOutputError */
export async function checkToolOutput(tool: object, output: unknown): Promise<unknown> {
  const check = (tool as { [CHECK_OUTPUT]?: OutputCheck })[CHECK_OUTPUT];
  return check ? check(output) : output;
}

/**
 * Calls a function tool outside of a run, within its `timeoutMs`: what it gives, or what its `errorFunction` or `timeoutErrorFunction` makes of its failure.
 * Guardrails and approval are a run's, and not asked.
 *
 * @throws ToolTimeoutError with `raise_exception`; what the function throws, where `errorFunction` is null
 */
export async function invokeFunctionTool<TContext = unknown, TResult = unknown>({
  tool,
  runContext,
  input,
  details,
}: {
  tool: FunctionTool<TContext, never, TResult>;
  runContext: RunContext<TContext>;
  input: string;
  details?: ToolCallDetails;
}): Promise<TResult | string> {
  const { timeoutMs } = tool;
  if (timeoutMs === undefined) return tool.invoke(runContext, input, details);
  const controller = new AbortController();
  const signal = details?.signal ? AbortSignal.any([details.signal, controller.signal]) : controller.signal;
  const { promise: late, resolve } = Promise.withResolvers<ToolTimeoutError>();
  const timer = setTimeout(() => resolve(new ToolTimeoutError({ toolName: tool.name, timeoutMs })), timeoutMs);
  try {
    const invoked = tool.invoke(runContext, input, { ...details, signal });
    const first = await Promise.race([invoked.then((value) => ({ value })), late.then((error) => ({ error }))]);
    if ('value' in first) return first.value;
    controller.abort(first.error);
    // Its outcome is nobody's any more.
    invoked.catch(() => undefined);
    if (tool.timeoutBehavior === 'raise_exception') throw first.error;
    if (!tool.timeoutErrorFunction) return first.error.message;
    return (await checkToolOutput(tool, await tool.timeoutErrorFunction(runContext, first.error, details))) as TResult;
  } finally {
    clearTimeout(timer);
  }
}
