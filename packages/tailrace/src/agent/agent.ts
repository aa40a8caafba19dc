import { UserError } from '../event/errors.ts';
import type { Model, ModelSettings, Prompt } from '../port/model.ts';
import type {
  AgentConfiguration,
  AgentConfigWithHandoffs,
  AgentOptions,
  AgentPrompt,
  Instructions,
  MCPConfig,
  ToolUseBehavior,
} from './agent-config.ts';
import { checkParts, listOf } from './agent-parts.ts';
import { agentTool } from './agent-tool.ts';
import type {
  AgentAsToolInputSchema,
  AgentTool,
  AgentToolOptions,
  AgentToolOptionsWithDefault,
  AgentToolOptionsWithParameters,
  AgentToolParameters,
} from './agent-tool-types.ts';
import { checkGuardrail, type InputGuardrail, type OutputGuardrail } from './guardrail.ts';
import { getHandoff, type Handoff } from './handoff.ts';
import { AgentHooks } from './lifecycle.ts';
import { getAllMcpTools } from './mcp/all-tools.ts';
import type { MCPServer } from './mcp/server.ts';
import { checkOptions } from './option.ts';
import {
  type AgentOutputType,
  checkOutputType,
  outputTypeName,
  parseOutput,
  type ResolvedAgentOutput,
  type TextOutput,
} from './output-type.ts';
import type { RunContext } from './run-context.ts';
import type { Tool } from './tool.ts';

/** An agent of whatever context and output. */
export type AnyAgent = Agent<unknown, AgentOutputType>;

const OPTION_NAMES = [
  'name',
  'instructions',
  'prompt',
  'handoffDescription',
  'handoffs',
  'model',
  'modelSettings',
  'tools',
  'mcpServers',
  'mcpConfig',
  'inputGuardrails',
  'outputGuardrails',
  'outputType',
  'toolUseBehavior',
  'resetToolChoice',
  'handoffOutputTypeWarningEnabled',
] as const;

/**
 * A model with instructions, tools, handoffs and guardrails. Data: it holds nothing of any run, and many runs may share it.
 *
 * @throws UserError AGENT_NAME_REQUIRED, AGENT_NAME_INVALID, TOOL_NAME_DUPLICATE, HANDOFF_INVALID, GUARDRAIL_INVALID, OPTION_UNKNOWN, OPTION_TYPE
 */
export class Agent<TContext = unknown, TOutput extends AgentOutputType = TextOutput>
  extends AgentHooks<TContext>
  implements AgentConfiguration<TContext, TOutput>
{
  name: string;
  instructions: Instructions<TContext>;
  prompt: AgentPrompt<TContext> | undefined;
  handoffDescription: string;
  handoffs: (AnyAgent | Handoff)[];
  model: string | Model;
  modelSettings: ModelSettings;
  tools: Tool<TContext>[];
  mcpServers: MCPServer[];
  mcpConfig: MCPConfig;
  inputGuardrails: InputGuardrail<TContext>[];
  outputGuardrails: OutputGuardrail<TOutput, TContext>[];
  outputType: TOutput;
  toolUseBehavior: ToolUseBehavior;
  resetToolChoice: boolean;
  readonly #config: AgentOptions<TContext, TOutput>;

  constructor(config: AgentOptions<TContext, TOutput>) {
    super();
    this.name = agentName(config);
    checkOptions(`agent '${this.name}'`, config, OPTION_NAMES);
    this.#config = config;
    this.instructions = config.instructions ?? '';
    this.prompt = config.prompt;
    this.handoffDescription = config.handoffDescription ?? '';
    this.handoffs = listOf(this.name, 'handoffs', config.handoffs);
    this.model = config.model ?? '';
    this.modelSettings = config.modelSettings ?? {};
    this.tools = listOf(this.name, 'tools', config.tools);
    this.mcpServers = listOf(this.name, 'mcpServers', config.mcpServers);
    this.mcpConfig = config.mcpConfig ?? {};
    this.inputGuardrails = listOf(this.name, 'inputGuardrails', config.inputGuardrails);
    this.outputGuardrails = listOf(this.name, 'outputGuardrails', config.outputGuardrails);
    this.outputType = config.outputType ?? ('text' as TOutput);
    checkOutputType(this.outputType);
    this.toolUseBehavior = config.toolUseBehavior ?? 'run_llm_again';
    this.resetToolChoice = config.resetToolChoice ?? true;
    for (const guardrail of [...this.inputGuardrails, ...this.outputGuardrails]) checkGuardrail(guardrail);
    checkParts(this);
  }

  /** The same as the constructor; the result's type also covers what the handoffs' agents may put out. */
  static create<
    TOutput extends AgentOutputType = TextOutput,
    const THandoffs extends readonly (AnyAgent | Handoff)[] = [],
  >(config: AgentConfigWithHandoffs<TOutput, THandoffs>): Agent<unknown, TOutput | HandoffsOutputUnion<THandoffs>> {
    return new Agent<unknown, TOutput>(config);
  }

  /** The name that traces show for the output's type. */
  get outputSchemaName(): string {
    return outputTypeName(this.outputType);
  }

  /** An agent with the same configuration but for what is given. Listeners are not taken over. */
  clone(config: Partial<AgentConfiguration<TContext, TOutput>>): Agent<TContext, TOutput> {
    return new Agent<TContext, TOutput>({ ...this.#current(), ...config });
  }

  #current(): AgentOptions<TContext, TOutput> {
    const { name, instructions, handoffDescription, handoffs, model, modelSettings, tools, mcpServers, mcpConfig } =
      this;
    const { inputGuardrails, outputGuardrails, outputType, toolUseBehavior, resetToolChoice } = this;
    return {
      ...this.#config,
      ...(this.prompt && { prompt: this.prompt }),
      ...{ name, instructions, handoffDescription, handoffs, model, modelSettings, tools, mcpServers, mcpConfig },
      ...{ inputGuardrails, outputGuardrails, outputType, toolUseBehavior, resetToolChoice },
    };
  }

  /** True when the configuration named `tools`. */
  hasExplicitToolConfig(): boolean {
    return this.#config.tools !== undefined;
  }

  /**
   * A tool that runs this agent: the caller's conversation stays with the caller, and what this agent answers is the tool's output. Its run is part of the run that it is
   * called in.
   *
   * @throws UserError TOOL_NAME_INVALID, TOOL_SCHEMA_UNSUPPORTED, OPTION_UNKNOWN, OPTION_RANGE
   */
  asTool<TAgent extends Agent<TContext, TOutput> = Agent<TContext, TOutput>>(
    this: TAgent,
    options: AgentToolOptionsWithDefault<TContext, TAgent>,
  ): AgentTool<TContext, TAgent>;
  /** The same, with arguments of its own. */
  asTool<
    TAgent extends Agent<TContext, TOutput> = Agent<TContext, TOutput>,
    TParameters extends AgentToolParameters = AgentAsToolInputSchema,
  >(
    this: TAgent,
    options: AgentToolOptionsWithParameters<TContext, TAgent, TParameters>,
  ): AgentTool<TContext, TAgent, TParameters>;
  asTool(options: object): object {
    return agentTool(this as unknown as AnyAgent, options as AgentToolOptions<unknown, AnyAgent, AgentToolParameters>);
  }

  /** The instructions for this turn. */
  async getSystemPrompt(runContext: RunContext<TContext>): Promise<string | undefined> {
    return typeof this.instructions === 'function' ? this.instructions(runContext, this) : this.instructions;
  }

  /** The prompt template for this turn, if there is one. */
  async getPrompt(runContext: RunContext<TContext>): Promise<Prompt | undefined> {
    return typeof this.prompt === 'function' ? this.prompt(runContext, this) : this.prompt;
  }

  /** The tools that are enabled for this turn, those of MCP servers first. Tools added since the last turn are among them. */
  async getAllTools(runContext: RunContext<TContext>): Promise<Tool<TContext>[]> {
    const enabled = await Promise.all(
      this.tools.map(
        async (tool) => tool.type !== 'function' || tool.isEnabled(runContext, this as unknown as AnyAgent),
      ),
    );
    const own = this.tools.filter((_, index) => enabled[index]);
    return this.mcpServers.length === 0 ? own : [...(await this.getMcpTools(runContext)), ...own];
  }

  /** The tools of the MCP servers, as function tools. @throws UserError TOOL_NAME_DUPLICATE; what a server throws */
  async getMcpTools(runContext: RunContext<TContext>): Promise<Tool<TContext>[]> {
    const handoffs = this.handoffs.map((entry) => getHandoff(entry).toolName);
    return getAllMcpTools<TContext>({
      ...this.mcpConfig,
      mcpServers: this.mcpServers,
      runContext,
      agent: this as unknown as AnyAgent,
      reservedToolNames: new Set([...this.tools.map(({ name }) => name), ...handoffs]),
    });
  }

  /** The handoffs that are enabled for this turn. */
  async getEnabledHandoffs(runContext: RunContext<TContext>): Promise<Handoff[]> {
    const handoffs = this.handoffs.map(getHandoff);
    const enabled = await Promise.all(handoffs.map(async (handoff) => handoff.isEnabled({ runContext, agent: this })));
    return handoffs.filter((_, index) => enabled[index]);
  }

  /** The final output as `outputType` declares it. @throws ModelBehaviorError OUTPUT_INVALID */
  processFinalOutput(text: string): ResolvedAgentOutput<TOutput> | Promise<ResolvedAgentOutput<TOutput>> {
    return parseOutput(this.outputType, text);
  }

  toJSON(): { name: string } {
    return { name: this.name };
  }
}

type OutputOf<T> = T extends Agent<unknown, infer O> ? O : T extends Handoff<unknown, infer O> ? O : never;
/** The output types of the agents that a run may end in. */
export type HandoffsOutputUnion<T extends readonly unknown[]> = OutputOf<T[number]>;

function agentName(config: { name?: unknown } | undefined): string {
  const name = config?.name;
  if (name === undefined) {
    throw new UserError('Agent must have a name. Give one: new Agent({ name: "Support", … }).', {
      code: 'AGENT_NAME_REQUIRED',
    });
  }
  const problem = nameProblem(name);
  if (problem === undefined) return name as string;
  throw new UserError(`An agent's name is a text of 1 to 256 characters on one line, got ${problem}.`, {
    code: 'AGENT_NAME_INVALID',
  });
}

function nameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return typeof name;
  if (name === '' || name.length > 256) return `one of ${name.length} characters`;
  return /[\u0000-\u001f\u007f\u2028\u2029]/.test(name) ? 'one with a line break or control character' : undefined;
}
