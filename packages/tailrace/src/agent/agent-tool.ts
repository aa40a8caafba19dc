/**
 * An agent as a tool of another one. It is data that the loop executes: the tool asks whoever calls it, through the details of the call, to run the agent inside the
 * run that the call belongs to.
 */
import { UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { AnyAgent } from './agent.ts';
import { AgentAsToolInputSchema, nestedInput } from './agent-tool-input.ts';
import type {
  AgentTool,
  AgentToolEventHandler,
  AgentToolEventName,
  AgentToolOptions,
  AgentToolParameters,
  StructuredToolInputBuilder,
} from './agent-tool-types.ts';
import { tool } from './function-tool.ts';
import type { RunContext } from './run-context.ts';
import { checkOptions } from './option.ts';
import type { FunctionTool, Method, Tool, ToolCallDetails } from './tool.ts';

/** What an agent tool says of the run that it stands for. */
export interface AgentToolSpec {
  readonly agent: AnyAgent;
  readonly toolName: string;
  /** Of the layers above, which know what is in it. */
  readonly runConfig: object;
  readonly runOptions: object;
  readonly handlers: readonly { name: AgentToolEventName; handler: AgentToolEventHandler<never> }[];
  /** Infinity: no limit. */
  readonly maxPendingEvents: number;
  readonly extract: Method<[output: never], string | Promise<string>> | undefined;
}

/** What a nested run came to. */
export interface NestedAnswer {
  /** Its final output as text. */
  readonly text: string;
  /** Its result, for `customOutputExtractor`. */
  result(): Promise<unknown>;
}

/** How an agent tool gets at the run that it is called in. */
export interface NestedRuns {
  /** True when the log has the nested run's input: what is built now is not looked at. */
  readonly begun: boolean;
  /** Undefined when it waits, and the call with it. */
  run(spec: AgentToolSpec, input: string | AgentInputItem[], toolInput: unknown): Promise<NestedAnswer | undefined>;
}

/** Where the loop puts that in the details of a call. Own symbol, so no user detail can collide. */
export const NESTED: unique symbol = Symbol('tailrace.nestedRuns');
const SPEC: unique symbol = Symbol('tailrace.agentTool');

/** What an agent tool returns while its nested run waits. */
export const STILL_WAITING: unique symbol = Symbol('tailrace.stillWaiting');

/** The agent behind a tool, if there is one. */
export function agentToolSpec(of: Tool): AgentToolSpec | undefined {
  return (of as { [SPEC]?: AgentToolSpec })[SPEC];
}

const OPTION_NAMES = [
  'toolName',
  'toolDescription',
  'customOutputExtractor',
  'needsApproval',
  'parameters',
  'inputBuilder',
  'includeInputSchema',
  'runConfig',
  'runOptions',
  'resumeState',
  'isEnabled',
  'onStream',
  'onStreamMaxPendingEvents',
] as const;

/** @throws UserError as `tool()` does, and OPTION_UNKNOWN, OPTION_RANGE */
export function agentTool<TContext, TAgent, TParameters extends AgentToolParameters>(
  agent: AnyAgent,
  options: AgentToolOptions<TContext, TAgent, TParameters>,
): AgentTool<TContext, TAgent, TParameters> {
  const toolName = options.toolName ?? agent.name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  checkOptions(`agent tool '${toolName}'`, options, OPTION_NAMES);
  const handlers: { name: AgentToolEventName; handler: AgentToolEventHandler<never> }[] = [];
  if (options.onStream) handlers.push({ name: '*', handler: options.onStream });
  const { parameters, inputBuilder, isEnabled, needsApproval, includeInputSchema = false } = options;
  const own: AgentToolParameters | undefined = parameters;
  const made: FunctionTool<TContext> = tool<AgentToolParameters, TContext>({
    name: toolName,
    description: options.toolDescription ?? '',
    parameters: own ?? AgentAsToolInputSchema,
    ...(needsApproval !== undefined && { needsApproval }),
    ...(isEnabled !== undefined && { isEnabled }),
    // What it did is in the log: a crash repeats none of it.
    effects: 'idempotent',
    execute: async (params: unknown, context?: RunContext<TContext>, details?: ToolCallDetails) => {
      const nested = nestedRunsOf(details, context, spec.toolName);
      const build: StructuredToolInputBuilder<never> | undefined = inputBuilder;
      const schema = own && made.parameters;
      const input = nested.begun ? '' : await nestedInput(params, { schema, includeSchema: includeInputSchema, build });
      const answer = await nested.run(spec, input, own && params);
      if (!answer) return STILL_WAITING;
      return spec.extract ? spec.extract((await answer.result()) as never) : answer.text;
    },
  });
  const spec: AgentToolSpec = {
    agent,
    toolName: made.name,
    runConfig: options.runConfig ?? {},
    runOptions: options.runOptions ?? {},
    handlers,
    maxPendingEvents: maxPending(options.onStreamMaxPendingEvents),
    extract: options.customOutputExtractor,
  };
  const on = (name: AgentToolEventName, handler: AgentToolEventHandler<TAgent>): typeof withOn => {
    handlers.push({ name, handler });
    return withOn;
  };
  const withOn = Object.assign(made, { on, [SPEC]: spec }) as unknown as AgentTool<TContext, TAgent, TParameters>;
  return withOn;
}

const MAX_PENDING_EVENTS = 1024;

function maxPending(given: number | null | undefined): number {
  if (given === undefined) return MAX_PENDING_EVENTS;
  if (given === null) return Infinity;
  if (Number.isSafeInteger(given) && given > 0) return given;
  throw new UserError(`onStreamMaxPendingEvents must be a whole number of 1 or more, or null, got ${String(given)}.`, {
    code: 'OPTION_RANGE',
  });
}

/** Runs an agent for a tool that was called by itself, outside of any run. */
export type LoneRun = (
  spec: AgentToolSpec,
  input: string | AgentInputItem[],
  call: { runContext: RunContext; toolInput: unknown; details: ToolCallDetails | undefined },
) => Promise<NestedAnswer>;

let runAlone: LoneRun | undefined;

/** Says how: the composition root knows. */
export function setLoneRun(run: LoneRun): void {
  runAlone = run;
}

function nestedRunsOf(
  details: ToolCallDetails | undefined,
  runContext: RunContext | undefined,
  toolName: string,
): NestedRuns {
  const nested = (details as { [NESTED]?: NestedRuns } | undefined)?.[NESTED];
  if (nested) return nested;
  const alone = runAlone;
  if (alone && runContext)
    return { begun: false, run: (spec, input, toolInput) => alone(spec, input, { runContext, toolInput, details }) };
  throw new UserError(
    `Agent tool '${toolName}' was called outside a run. Give it to an agent, or run its agent with run().`,
    { code: 'USER_ERROR' },
  );
}
