import { UserError } from '../event/errors.ts';
import type { AgentInputItem, AgentOutputItem } from '../event/item.ts';
import type { ModelResponse } from '../port/model.ts';
import type { AnyAgent } from './agent.ts';
import type { AgentOutputType, ResolvedAgentOutput, TextOutput } from './output-type.ts';
import type { RunContext } from './run-context.ts';
import type { Method } from './tool.ts';

export interface GuardrailFunctionOutput {
  /** True stops the run. */
  tripwireTriggered: boolean;
  /** Anything that explains the verdict. What JSON can carry of it is in the log. */
  outputInfo: unknown;
}

export interface InputGuardrailFunctionArgs<TContext = unknown> {
  agent: AnyAgent;
  input: string | AgentInputItem[];
  context: RunContext<TContext>;
  /** Aborts when the verdict is no longer needed: another guardrail has tripped, or the run has stopped. */
  signal?: AbortSignal;
}

export type InputGuardrailFunction<TContext = unknown> = Method<
  [args: InputGuardrailFunctionArgs<TContext>],
  Promise<GuardrailFunctionOutput>
>;

/** Looks at a run's input. Of the agents, only the first one's run; those of the runner always. */
export interface InputGuardrail<TContext = unknown> {
  name: string;
  execute: InputGuardrailFunction<TContext>;
  /** True (default): beside the model, whose call it stops when it trips. False: before the model is called. */
  runInParallel?: boolean;
}

export interface InputGuardrailMetadata {
  type: 'input';
  name: string;
}

export interface InputGuardrailResult {
  guardrail: InputGuardrailMetadata;
  output: GuardrailFunctionOutput;
}

export interface OutputGuardrailFunctionArgs<TContext = unknown, TOutput extends AgentOutputType = TextOutput> {
  agent: AnyAgent;
  /** The final output, parsed as the agent's `outputType` says. */
  agentOutput: ResolvedAgentOutput<TOutput>;
  context: RunContext<TContext>;
  /** Aborts when the verdict is no longer needed: another guardrail has tripped, or the run has stopped. */
  signal?: AbortSignal;
  details?: { modelResponse?: ModelResponse; output?: AgentOutputItem[] };
}

export type OutputGuardrailFunction<TOutput extends AgentOutputType = TextOutput, TContext = unknown> = Method<
  [args: OutputGuardrailFunctionArgs<TContext, TOutput>],
  Promise<GuardrailFunctionOutput>
>;

/** Looks at a run's final output, all of it. `TOutput` is the agent's output type: `'text'`, or the type of its schema. */
export interface OutputGuardrail<TOutput extends AgentOutputType = TextOutput, TContext = unknown> {
  name: string;
  execute: OutputGuardrailFunction<TOutput, TContext>;
}

export interface OutputGuardrailMetadata {
  type: 'output';
  name: string;
}

export interface OutputGuardrailResult {
  guardrail: OutputGuardrailMetadata;
  agent: AnyAgent;
  agentOutput: unknown;
  output: GuardrailFunctionOutput;
}

/** An output guardrail that can be run by itself. It is also one that an agent or a run takes. */
export interface OutputGuardrailDefinition<TOutput extends AgentOutputType = TextOutput, TContext = unknown>
  extends OutputGuardrailMetadata, OutputGuardrail<TOutput, TContext> {
  guardrailFunction: OutputGuardrailFunction<TOutput, TContext>;
  /** Rejects with what the function throws. */
  run(args: OutputGuardrailFunctionArgs<TContext, TOutput>): Promise<OutputGuardrailResult>;
}

/** Makes an output guardrail that can also be run by itself. @throws UserError GUARDRAIL_INVALID */
export function defineOutputGuardrail<TOutput extends AgentOutputType = TextOutput, TContext = unknown>(
  guardrail: OutputGuardrail<TOutput, TContext>,
): OutputGuardrailDefinition<TOutput, TContext> {
  checkGuardrail(guardrail);
  const { name, execute } = guardrail;
  const made: OutputGuardrailDefinition<TOutput, TContext> = {
    type: 'output',
    name,
    execute,
    guardrailFunction: execute,
    run: async (args) => ({
      guardrail: { type: 'output', name },
      agent: args.agent,
      agentOutput: args.agentOutput,
      output: await execute(args),
    }),
  };
  // As data it is what it is in @openai/agents, which calls the function `guardrailFunction`.
  return Object.defineProperty(made, 'execute', { enumerable: false });
}

/** @throws UserError GUARDRAIL_INVALID */
export function checkGuardrail(guardrail: { name: unknown; execute: unknown }): void {
  if (typeof guardrail.name === 'string' && guardrail.name !== '' && typeof guardrail.execute === 'function') return;
  throw new UserError(
    `A guardrail needs a name and an execute function, got name ${typeof guardrail.name} and execute ${typeof guardrail.execute}.`,
    {
      code: 'GUARDRAIL_INVALID',
    },
  );
}
