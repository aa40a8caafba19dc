/** What an agent is made of. */
import type { Model, ModelSettings, Prompt } from '../port/model.ts';
import type { AnyAgent } from './agent.ts';
import type { InputGuardrail, OutputGuardrail } from './guardrail.ts';
import type { Handoff } from './handoff.ts';
import type { MCPServer, MCPToolErrorFunction } from './mcp/server.ts';
import type { AgentOutputType, TextOutput } from './output-type.ts';
import type { RunContext } from './run-context.ts';
import type { RunToolApprovalItem } from './run-item.ts';
import type { Method, Tool } from './tool.ts';
import type { FunctionToolResult } from './tool-result.ts';

/** A text, or what makes one at the start of each turn. */
export type Instructions<TContext> =
  | string
  | Method<[runContext: RunContext<TContext>, agent: AnyAgent], string | Promise<string>>;

/** A prompt template, or what gives it at the start of each turn. */
export type AgentPrompt<TContext> =
  | Prompt
  | Method<[runContext: RunContext<TContext>, agent: AnyAgent], Prompt | Promise<Prompt>>;

/**
 * What a function says of the tools' outputs: one of them is the run's final output, or the model is asked again. `isInterrupted` may be left out; a run that is told
 * `true` fails (OPTION_CONFLICT): what a run waits for are its calls (`needsApproval`, `waitForInput()`), and these have all been made.
 */
export type ToolsToFinalOutputResult =
  | { isFinalOutput: false; isInterrupted?: undefined }
  | { isFinalOutput: false; isInterrupted: true; interruptions: RunToolApprovalItem[] }
  | { isFinalOutput: true; isInterrupted?: undefined; finalOutput: string };
export type ToolToFinalOutputFunction = Method<
  [context: RunContext, toolResults: FunctionToolResult[]],
  ToolsToFinalOutputResult | Promise<ToolsToFinalOutputResult>
>;

/** What happens when tools have run: ask the model again (default), or take a tool's output as the final one. */
export type ToolUseBehaviorFlags = 'run_llm_again' | 'stop_on_first_tool';

export type ToolUseBehavior = ToolUseBehaviorFlags | { stopAtToolNames: string[] } | ToolToFinalOutputFunction;

/** What an agent is made of. Only the name is needed. */
export interface AgentConfiguration<TContext = unknown, TOutput extends AgentOutputType = TextOutput> {
  /** 1 to 256 characters on one line. */
  name: string;
  /** The system prompt, or a function that makes it at each turn. */
  instructions: Instructions<TContext>;
  /** A prompt template kept at OpenAI, or a function that gives it at each turn. Responses API. It may say the model, where neither the agent nor the run does. */
  prompt: AgentPrompt<TContext> | undefined;
  /** What other agents' models are told this one is for. */
  handoffDescription: string;
  /** Agents that the conversation may be given to. */
  handoffs: readonly (AnyAgent | Handoff)[];
  /** A model, or the name of one that the run's provider knows. '' is the provider's default. */
  model: string | Model;
  /** Temperature, tool choice, retries and the like. They win over the Runner's, one by one. */
  modelSettings: ModelSettings;
  /** What the model may call. */
  tools: readonly Tool<TContext>[];
  /** Servers whose tools the model may call, too. Connect them first, and close them yourself: `connectMcpServers()` does both. */
  mcpServers: readonly MCPServer[];
  /** How their tools are offered. */
  mcpConfig: MCPConfig;
  /** Look at the run's input, when the run begins with this agent. */
  inputGuardrails: readonly InputGuardrail<TContext>[];
  /** Look at the final output, when the run ends with this agent. */
  outputGuardrails: readonly OutputGuardrail<TOutput, TContext>[];
  /** What `finalOutput` is: `'text'` (default), or a schema that the model's answer is checked against. */
  outputType: TOutput;
  /** What follows when tools have run. `'run_llm_again'` by default. */
  toolUseBehavior: ToolUseBehavior;
  /** After a tool was used, `toolChoice` is left out, so that a forced tool is not called for ever. True by default. */
  resetToolChoice: boolean;
  /** Has no effect: there is no such warning. */
  handoffOutputTypeWarningEnabled?: boolean;
}

/** How the tools of an agent's MCP servers are offered. */
export interface MCPConfig {
  /** Tries strict mode for each tool's schema. False by default. */
  convertSchemasToStrict?: boolean;
  /** What the model is told of a failing call, where the server has no function of its own. `null` fails the run. */
  errorFunction?: MCPToolErrorFunction | null;
  /** Names become `mcp_<server>__<tool>`. False by default. */
  includeServerInToolNames?: boolean;
}

/** What `Agent.create` takes: the output's type also covers what the handoffs' agents may put out. */
export type AgentConfigWithHandoffs<
  TOutput extends AgentOutputType,
  THandoffs extends readonly (AnyAgent | Handoff)[],
> = AgentOptions<unknown, TOutput> & { handoffs?: THandoffs };

export type AgentOptions<TContext = unknown, TOutput extends AgentOutputType = TextOutput> = Pick<
  AgentConfiguration<TContext, TOutput>,
  'name'
> &
  Partial<AgentConfiguration<TContext, TOutput>>;
