import { isStandardSchema, jsonSchemaOf, type StandardSchemaWithJSON, validate } from '../base/schema.ts';
import { strictSchema, withoutStrictNulls } from '../base/strict-schema.ts';
import { tryParse } from '../base/json.ts';
import { ModelBehaviorError, UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { JsonObjectSchema } from '../port/model.ts';
import type { Agent, AnyAgent } from './agent.ts';
import { checkOptions } from './option.ts';
import type { AgentOutputType, TextOutput } from './output-type.ts';
import type { RunContext } from './run-context.ts';
import type { RunItem } from './run-item.ts';
import type { Method, ToolExecuteArgument } from './tool.ts';

/** What the next agent is going to see, in three parts. */
export interface HandoffInputData {
  /** The input that the run started with, or what the last filter made of it. */
  inputHistory: string | AgentInputItem[];
  /** What was said before this turn. */
  preHandoffItems: RunItem[];
  /** What was said in this turn, the handoff among it. */
  newItems: RunItem[];
  runContext?: RunContext;
}

/** Decides what the next agent sees. Gives new data; what it was given stays as it was. */
export type HandoffInputFilter = (input: HandoffInputData) => HandoffInputData;

/** `isEnabled` of a handoff, as a function. */
export type HandoffEnabledFunction<TContext = unknown> = Method<
  [args: { runContext: RunContext<TContext>; agent: AnyAgent }],
  boolean | Promise<boolean>
>;

/** What differs in a clone of a handoff. */
export interface HandoffCloneOptions<TContext = unknown, TOutput extends AgentOutputType = TextOutput> {
  agent?: Agent<TContext, TOutput>;
  /** Gives the agent that takes over; by default, `agent` if that is given, else what the original gives. */
  onInvokeHandoff?: Method<
    [context: RunContext<TContext>, args: string],
    Promise<Agent<TContext, TOutput>> | Agent<TContext, TOutput>
  >;
  agentName?: string;
  toolName?: string;
  toolDescription?: string;
  inputJsonSchema?: JsonObjectSchema;
  strictJsonSchema?: boolean;
  inputFilter?: HandoffInputFilter;
  isEnabled?: HandoffEnabledFunction<TContext>;
}

/** How a handoff differs from the plain one that an agent in `handoffs` stands for. */
export interface HandoffConfig<
  TInput extends StandardSchemaWithJSON | JsonObjectSchema | undefined = undefined,
  TContext = unknown,
> {
  /** The tool's name as the model sees it. `transfer_to_<agent>` by default. */
  toolNameOverride?: string;
  /** The tool's description as the model sees it. */
  toolDescriptionOverride?: string;
  /** Called when the model asks for the handoff, before the other agent takes over. What it throws fails the run. */
  onHandoff?: Method<[context: RunContext<TContext>, input?: ToolExecuteArgument<TInput>], void | Promise<void>>;
  /** What the model has to give along. Needs `onHandoff`. */
  inputType?: TInput;
  /** Decides what the next agent sees of what was said. The Runner's `handoffInputFilter` by default. */
  inputFilter?: HandoffInputFilter;
  /** False hides the handoff from the model; a function is asked at each turn. True by default. */
  isEnabled?: boolean | HandoffEnabledFunction<TContext>;
}

const OPTION_NAMES = [
  'toolNameOverride',
  'toolDescriptionOverride',
  'onHandoff',
  'inputType',
  'inputFilter',
  'isEnabled',
] as const;

const NO_INPUT: JsonObjectSchema = { type: 'object', properties: {}, required: [], additionalProperties: false };

/** A way from one agent to another, which a model sees as a tool. Make one with `handoff()`. */
export class Handoff<TContext = unknown, TOutput extends AgentOutputType = AgentOutputType> {
  agent: Agent<TContext, TOutput>;
  agentName: string;
  toolName: string;
  toolDescription: string;
  inputJsonSchema: JsonObjectSchema = NO_INPUT;
  strictJsonSchema = true;
  inputFilter?: HandoffInputFilter;
  isEnabled: HandoffEnabledFunction<TContext> = () => true;
  onInvokeHandoff: Method<
    [context: RunContext<TContext>, args: string],
    Promise<Agent<TContext, TOutput>> | Agent<TContext, TOutput>
  >;

  constructor(
    agent: Agent<TContext, TOutput>,
    onInvokeHandoff: Method<
      [context: RunContext<TContext>, args: string],
      Promise<Agent<TContext, TOutput>> | Agent<TContext, TOutput>
    >,
  ) {
    this.agent = agent;
    this.agentName = agent.name;
    this.toolName = `transfer_to_${functionName(agent.name)}`;
    this.toolDescription = `Handoff to the ${agent.name} agent to handle the request. ${agent.handoffDescription}`;
    this.onInvokeHandoff = onInvokeHandoff;
  }

  /** The handoff as the model sees it: a function tool. */
  getHandoffAsFunctionTool(): {
    type: 'function';
    name: string;
    description: string;
    parameters: JsonObjectSchema;
    strict: boolean;
  } {
    const {
      toolName: name,
      toolDescription: description,
      inputJsonSchema: parameters,
      strictJsonSchema: strict,
    } = this;
    return { type: 'function', name, description, parameters, strict };
  }

  /** The same handoff but for what is given. The model sees the same tool, unless its name or description is given. */
  clone(overrides: HandoffCloneOptions<TContext, TOutput> = {}): Handoff<TContext, TOutput> {
    const { agent = this.agent, agentName = agent.name, onInvokeHandoff = this.#invokeFor(agent) } = overrides;
    const made = new Handoff<TContext, TOutput>(agent, onInvokeHandoff);
    const { toolName, toolDescription, inputJsonSchema, strictJsonSchema, inputFilter, isEnabled } = this;
    const same = { toolName, toolDescription, inputJsonSchema, strictJsonSchema, isEnabled };
    Object.assign(made, same, inputFilter && { inputFilter }, overrides, { agentName });
    return made;
  }

  // The original's callback runs, and then the clone's agent takes over.
  #invokeFor(agent: Agent<TContext, TOutput>): Handoff<TContext, TOutput>['onInvokeHandoff'] {
    if (agent === this.agent) return this.onInvokeHandoff;
    return async (context, args) => {
      await this.onInvokeHandoff(context, args);
      return agent;
    };
  }
}

/**
 * A handoff to `agent`, with its own name, description, input or filter.
 *
 * @throws UserError HANDOFF_INVALID, OPTION_UNKNOWN, TOOL_SCHEMA_UNSUPPORTED
 */
export function handoff<
  TContext = unknown,
  TOutput extends AgentOutputType = TextOutput,
  TInput extends StandardSchemaWithJSON | JsonObjectSchema | undefined = undefined,
>(agent: Agent<TContext, TOutput>, config: HandoffConfig<TInput, TContext> = {}): Handoff<TContext, TOutput> {
  checkOptions(`handoff to '${agent.name}'`, config, OPTION_NAMES);
  const { onHandoff, inputType, inputFilter, isEnabled = true } = config;
  if (inputType !== undefined && !onHandoff) {
    throw new UserError(`Handoff to '${agent.name}': inputType needs onHandoff, which is what gets the input.`, {
      code: 'HANDOFF_INVALID',
    });
  }
  const made = new Handoff<TContext, TOutput>(agent, async (context, args) => {
    const input = inputType === undefined ? undefined : await parseInput(inputType, args);
    await onHandoff?.(context, input as ToolExecuteArgument<TInput>);
    return agent;
  });
  if (config.toolNameOverride !== undefined) made.toolName = config.toolNameOverride;
  if (config.toolDescriptionOverride !== undefined) made.toolDescription = config.toolDescriptionOverride;
  if (inputType !== undefined) made.inputJsonSchema = inputSchema(inputType);
  if (inputFilter) made.inputFilter = inputFilter;
  made.isEnabled = typeof isEnabled === 'function' ? isEnabled : () => isEnabled;
  return made;
}

function inputSchema(type: StandardSchemaWithJSON | JsonObjectSchema): JsonObjectSchema {
  return isStandardSchema(type) ? (strictSchema(jsonSchemaOf(type)) as JsonObjectSchema) : type;
}

async function parseInput(type: StandardSchemaWithJSON | JsonObjectSchema, text: string): Promise<unknown> {
  const value = tryParse(text);
  if (value === undefined) throw new ModelBehaviorError('Invalid JSON provided');
  if (!isStandardSchema(type)) return value;
  const verdict = await validate(type, withoutStrictNulls(value, jsonSchemaOf(type)));
  if (verdict.ok) return verdict.value;
  throw new ModelBehaviorError('Invalid JSON provided', { data: { paths: verdict.issues.map((issue) => issue.path) } });
}

const implied = new WeakMap<object, Handoff>();

/** The handoff that an entry of `handoffs` stands for: itself, or the plain one to an agent. */
export function getHandoff(entry: AnyAgent | Handoff): Handoff {
  if (entry instanceof Handoff) return entry;
  const known = implied.get(entry);
  if (known?.agentName === entry.name) return known;
  const made = handoff(entry);
  implied.set(entry, made);
  return made;
}

/** What the model is told when a handoff has happened. */
export function getTransferMessage(agent: { name: string }): string {
  return JSON.stringify({ assistant: agent.name });
}

function functionName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
}
