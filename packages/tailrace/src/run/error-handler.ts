/** Error handlers: a final output of the caller's in place of an error. */
import type { Agent, AnyAgent } from '../agent/agent.ts';
import type { AgentOutputType, ResolvedAgentOutput } from '../agent/output-type.ts';
import type { RunContext } from '../agent/run-context.ts';
import type { RunItem } from '../agent/run-item.ts';
import type { Method } from '../agent/tool.ts';
import { checkOptions } from '../agent/option.ts';
import { UserError } from '../event/errors.ts';
import type { MaxTurnsExceededError, ModelBehaviorError, ModelRefusalError } from '../event/errors.ts';
import type { AgentInputItem, AgentOutputItem } from '../event/item.ts';
import type { ErrorHandled } from '../event/run-event.ts';
import type { ModelResponse } from '../port/model.ts';

/** The errors that may be handled: all turns used, a refusal, and a final output that the agent's `outputType` does not take. */
export type RunErrorKind = ErrorHandled['kind'];

/** What an agent puts out; anything for agents of whatever type. */
type OutputOf<TAgent> =
  TAgent extends Agent<infer _C, infer O extends AgentOutputType>
    ? [O] extends [never]
      ? unknown
      : ResolvedAgentOutput<O>
    : unknown;

/** The run as it was when it failed. */
export interface RunErrorData<TContext = unknown, TAgent = AnyAgent> {
  input: string | AgentInputItem[];
  newItems: RunItem[];
  history: AgentInputItem[];
  output: AgentOutputItem[];
  rawResponses: ModelResponse[];
  lastAgent?: TAgent;
  /** The run's state, as results have it. */
  state?: { readonly runContext: RunContext<TContext> };
}

export interface RunErrorHandlerInput<TContext = unknown, TAgent = AnyAgent> {
  error: MaxTurnsExceededError | ModelRefusalError | ModelBehaviorError;
  context: RunContext<TContext>;
  runData: RunErrorData<TContext, TAgent>;
}

export interface RunErrorHandlerResult<TAgent = AnyAgent> {
  /** The run's final output: a text, or what the agent's `outputType` takes. */
  finalOutput: OutputOf<TAgent>;
  /** False keeps it out of the items, the history and the session. True by default. */
  includeInHistory?: boolean;
}

/** Gives a final output, or nothing: then the run fails with the error. What it throws fails the run. */
export type RunErrorHandler<TContext = unknown, TAgent = AnyAgent> = Method<
  [input: RunErrorHandlerInput<TContext, TAgent>],
  RunErrorHandlerResult<TAgent> | undefined | void | Promise<RunErrorHandlerResult<TAgent> | undefined | void>
>;

/** Handlers by the kind of the error; `default` for kinds that have none of their own. */
export type RunErrorHandlers<TContext = unknown, TAgent = AnyAgent> = Partial<
  Record<RunErrorKind, RunErrorHandler<TContext, TAgent>>
> & {
  default?: RunErrorHandler<TContext, TAgent>;
};

const NAMES = ['maxTurns', 'modelRefusal', 'invalidFinalOutput', 'default'] as const;

/** @throws UserError OPTION_TYPE, OPTION_UNKNOWN */
export function checkHandlers(handlers: unknown): void {
  if (handlers === undefined) return;
  if (typeof handlers !== 'object' || handlers === null)
    throw new UserError(`errorHandlers must be an object, got ${typeof handlers}.`, { code: 'OPTION_TYPE' });
  checkOptions('errorHandlers', handlers, NAMES);
  for (const name of NAMES) {
    const handler: unknown = Reflect.get(handlers, name);
    if (handler === undefined || typeof handler === 'function') continue;
    throw new UserError(`errorHandlers.${name} must be a function, got ${typeof handler}.`, { code: 'OPTION_TYPE' });
  }
}
