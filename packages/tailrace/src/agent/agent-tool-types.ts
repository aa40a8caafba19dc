/** The types of an agent that is a tool of another one. */
import type { StandardSchemaWithJSON } from '../base/schema.ts';
import type { AgentInputItem, FunctionCallItem } from '../event/item.ts';
import type { JsonObjectSchema } from '../port/model.ts';
import type { AnyAgent } from './agent.ts';
import type { RunContext } from './run-context.ts';
import type { FunctionTool, Method, ToolExecuteArgument } from './tool.ts';
import type { ToolApprovalFunction } from './tool-approval.ts';

/** Types of the layers above, which fill them in: an agent's options name them, and nothing here looks inside. */
// oxlint-disable-next-line no-unused-vars
export interface AgentToolParts<TContext, TAgent> {}
type Part<TContext, TAgent, Name extends string> =
  AgentToolParts<TContext, TAgent> extends Record<Name, infer T> ? T : never;

/** What an agent tool takes. */
export type AgentToolParameters = StandardSchemaWithJSON | JsonObjectSchema;

/** The schema of an agent tool that names no other. */
export type AgentAsToolInputSchema = StandardSchemaWithJSON<{ input: string }>;

/** Which call of which tool a nested run answers. */
export type AgentToolInvocation = Readonly<{ toolName: string; toolCallId?: string; toolArguments?: string }>;

/** A nested run that has completed, for `customOutputExtractor`. */
export type CompletedAgentToolInvocationRunResult<TContext, TAgent> = Part<TContext, TAgent, 'result'>;

/** The same as a whole, for `toolUseBehavior`. */
export type NestedResult<TContext, TAgent> = Part<TContext, TAgent, 'whole'>;

/** An event of a nested run, with the agent that is the tool and the call that it answers. */
export interface AgentToolStreamEvent<TAgent = AnyAgent> {
  event: Part<unknown, TAgent, 'event'>;
  agent: TAgent;
  toolCall?: FunctionCallItem;
}

export type AgentToolEventName =
  | 'raw_model_stream_event'
  | 'run_item_stream_event'
  | 'agent_updated_stream_event'
  | '*';
export type AgentToolEventHandler<TAgent = AnyAgent> = Method<
  [event: AgentToolStreamEvent<TAgent>],
  void | Promise<void>
>;

/** What an `inputBuilder` gets. */
export interface StructuredToolInputBuilderOptions<TParams = unknown> {
  params: TParams;
  /** One line a field, where the schema describes any. */
  summary?: string;
  /** With `includeInputSchema`. */
  jsonSchema?: JsonObjectSchema;
}

/** Makes a nested run's input of the arguments that the model gave. */
export type StructuredToolInputBuilder<TParams = unknown> = Method<
  [options: StructuredToolInputBuilderOptions<TParams>],
  string | AgentInputItem[] | Promise<string | AgentInputItem[]>
>;

/** What `agent.asTool()` makes a tool of. */
export interface AgentToolOptions<TContext, TAgent, TParameters extends AgentToolParameters> {
  /** The agent's name by default, with underscores for what a tool's name cannot have. */
  toolName?: string;
  /** What the calling model chooses the tool by: what the agent does, and when to use it. */
  toolDescription?: string;
  /** What the tool gives for a nested run. The text of its final output by default. */
  customOutputExtractor?: Method<
    [output: CompletedAgentToolInvocationRunResult<TContext, TAgent>],
    string | Promise<string>
  >;
  /** Whether a call waits until somebody approves it; a function decides call by call. False by default. */
  needsApproval?: boolean | ToolApprovalFunction<TParameters>;
  /** What the tool takes. `{ input: string }` by default. */
  parameters?: TParameters;
  /** Makes the nested run's input. By default the `input` text, or the arguments as JSON, told what its fields mean where the schema says so. */
  inputBuilder?: StructuredToolInputBuilder<ToolExecuteArgument<TParameters>>;
  /** Gives the nested agent the whole JSON schema of its arguments. */
  includeInputSchema?: boolean;
  /** What holds for the nested run, over what it has of its caller's Runner: the model, its settings, the trace. */
  runConfig?: Part<TContext, TAgent, 'runConfig'>;
  /** Options of the nested run. `context` is the caller's, and `maxTurns` 10, by default. */
  runOptions?: Part<TContext, TAgent, 'runOptions'>;
  /** Accepted for programs that have it. A nested run always gets its caller's context. */
  resumeState?: { contextStrategy?: 'merge' | 'replace' | 'preferSerialized' };
  /** False hides the tool from the model; a function is asked at each turn. True by default. */
  isEnabled?:
    | boolean
    | Method<[args: { runContext: RunContext<TContext>; agent: AnyAgent }], boolean | Promise<boolean>>;
  /** Gets the nested run's stream events, one after the other. The run does not wait for it, and what it throws is dropped. */
  onStream?: AgentToolEventHandler<TAgent>;
  /** How many events may wait for `onStream` and `on` handlers; more are left out, with a warning. 1,024 by default; null: no limit. */
  onStreamMaxPendingEvents?: number | null;
}

export type AgentToolOptionsWithDefault<TContext, TAgent> = Omit<
  AgentToolOptions<TContext, TAgent, AgentAsToolInputSchema>,
  'parameters'
> & { parameters?: undefined };

export type AgentToolOptionsWithParameters<
  TContext,
  TAgent,
  TParameters extends AgentToolParameters,
> = AgentToolOptions<TContext, TAgent, TParameters> & { parameters: TParameters };

/** A tool that runs an agent. Made by `agent.asTool()`. */
export interface AgentTool<
  TContext = unknown,
  TAgent = AnyAgent,
  TParameters extends AgentToolParameters = AgentAsToolInputSchema,
> extends FunctionTool<TContext, TParameters> {
  /** Adds a handler of the nested run's stream events, as `onStream`, for one kind of event or for all. */
  on(name: AgentToolEventName, handler: AgentToolEventHandler<TAgent>): this;
}
