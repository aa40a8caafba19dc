/** What a turn asks of the model: resolved once a turn, each tool's schema serialised once a tool. */
import type { AnyAgent } from '../agent/agent.ts';
import { checkToolNames, withoutCollisions } from '../agent/agent-parts.ts';
import type { Handoff } from '../agent/handoff.ts';
import { serializeOutputType } from '../agent/output-type.ts';
import type { FunctionTool, Tool } from '../agent/tool.ts';
import { qualifiedName } from '../agent/tool-namespace.ts';
import { UserError } from '../event/errors.ts';
import type { Model, ModelRequest, ModelSettings, Prompt, SerializedHandoff } from '../port/model.ts';
import { copyOf } from '../base/copy.ts';
import { asItems } from './conversation.ts';
import type { FilterCall } from './filtered-input.ts';
import { settingsOver } from './model-settings.ts';
import { DEFAULTS } from './options.ts';
import { serializeTool } from './serialize-tool.ts';
import { withFound } from './tool-search.ts';
import { callUser, type RunScope } from './scope.ts';

export interface TurnResources {
  model: Model;
  instructions: string | undefined;
  prompt: Prompt | undefined;
  tools: readonly Tool[];
  functionTools: ReadonlyMap<string, FunctionTool>;
  handoffs: ReadonlyMap<string, Handoff>;
}

/** Calls the user code that a turn depends on: instructions, the prompt, `isEnabled`, the model provider. */
export async function resolveTurn(run: RunScope, agent: AnyAgent): Promise<TurnResources> {
  const span = run.turnSpan ?? run.agentSpan;
  const [instructions, prompt, own, handoffs] = await Promise.all([
    typeof agent.instructions === 'string'
      ? agent.instructions
      : callUser(run, span, () => agent.getSystemPrompt(run.context)),
    typeof agent.prompt === 'function' ? callUser(run, span, () => agent.getPrompt(run.context)) : agent.prompt,
    agent.tools.length + agent.mcpServers.length === 0
      ? []
      : callUser(run, agent.mcpServers.length === 0 ? span : run.agentSpan, () => agent.getAllTools(run.context)),
    agent.handoffs.length === 0 ? [] : callUser(run, span, () => agent.getEnabledHandoffs(run.context)),
  ]);
  const all = own.length === 0 ? own : await withFound(run, agent, own);
  const tools = run.plan.toolNameCollisionPolicy === 'warn' ? withoutCollisions(agent.name, all, handoffs) : all;
  if (tools === all) checkToolNames(agent.name, tools, handoffs);
  checkToolCount(run, agent, tools.length + handoffs.length);
  for (const handoff of handoffs) {
    if (handoff.agent === agent)
      throw new UserError(`Agent '${agent.name}' has a handoff to itself. Leave it out.`, { code: 'HANDOFF_INVALID' });
  }
  return {
    model: await resolveModel(run, agent, span),
    instructions,
    prompt,
    tools,
    functionTools: functionsOf(tools),
    handoffs: new Map(handoffs.map((handoff) => [handoff.toolName, handoff])),
  };
}

function functionsOf(tools: readonly Tool[]): Map<string, FunctionTool> {
  const functions = new Map<string, FunctionTool>();
  for (const tool of tools) if (tool.type === 'function') functions.set(qualifiedName(tool), tool);
  return functions;
}

function checkToolCount(run: RunScope, agent: AnyAgent, count: number): void {
  const limit = run.plan.config.maxTools ?? DEFAULTS.maxTools;
  if (count <= limit) return;
  throw new UserError(
    `Agent '${agent.name}' offers the model ${count} tools and handoffs, and may offer ${limit}. Leave some out (isEnabled, toolFilter of an MCP server), or raise maxTools.`,
    { code: 'TOOLS_TOO_MANY', runId: run.plan.runId, data: { count, limit } },
  );
}

async function resolveModel(run: RunScope, agent: AnyAgent, span: string | undefined): Promise<Model> {
  const named = agent.model === '' ? (run.plan.config.model ?? '') : agent.model;
  if (typeof named !== 'string') return named;
  return callUser(run, span, () => (run.plan.config.modelProvider ?? run.defaultProvider()).getModel(named));
}

/** What a model is asked, before the attempt's own signal. */
export type ModelQuestion = Omit<ModelRequest, 'signal'>;

export function requestOf(run: RunScope, agent: AnyAgent, resources: TurnResources): ModelQuestion {
  const { plan, talk } = run;
  const told = run.server?.request(talk.shown);
  const explicit = agent.model !== '' || plan.config.model !== undefined;
  return {
    systemInstructions: resources.instructions ?? '',
    input: told ? told.input : talk.modelInput,
    modelSettings: settingsOf(run, agent),
    tools: resources.tools.map(serializeTool),
    toolsExplicitlyProvided: agent.hasExplicitToolConfig(),
    outputType: serializeOutputType(agent.outputType),
    handoffs: [...resources.handoffs.values()].map(serializeHandoff),
    tracing: plan.trace.id === undefined ? false : plan.trace.sensitive ? true : 'enabled_without_data',
    ...told,
    ...(resources.prompt && { prompt: resources.prompt }),
    ...(explicit && { overridePromptModel: true }),
  };
}

export interface FilteredRequest {
  request: ModelQuestion;
  call: FilterCall;
}

/** The request as the run's input filter leaves it. Undefined where it has none. */
export async function filterRequest(
  run: RunScope,
  agent: AnyAgent,
  request: ModelQuestion,
): Promise<FilteredRequest | undefined> {
  const filter = run.plan.callModelInputFilter;
  if (!filter) return undefined;
  const { input, systemInstructions } = request;
  const instructions = systemInstructions === undefined ? undefined : { instructions: systemInstructions };
  // Given anew in each turn: what it does to the items is seen in what it gives back, and nowhere else.
  const before = asItems(input);
  const modelData = { input: copyOf(before), ...instructions };
  const given = modelData.input.slice();
  const context = run.context.context;
  const filtered = await callUser(run, run.turnSpan ?? run.agentSpan, () => filter({ modelData, agent, context }));
  if (!Array.isArray(filtered?.input)) {
    throw new UserError('callModelInputFilter must give back { input, instructions } with a list of items as input.', {
      code: 'OPTION_TYPE',
      runId: run.plan.runId,
    });
  }
  const { systemInstructions: _before, ...rest } = request;
  const told = {
    ...rest,
    input: copyOf(filtered.input),
    ...(filtered.instructions !== undefined && { systemInstructions: filtered.instructions }),
  };
  return { request: told, call: { before, given, gave: filtered.input } };
}

function settingsOf(run: RunScope, agent: AnyAgent): ModelSettings {
  const settings = settingsOver(run.plan.config.modelSettings, agent.modelSettings);
  if (agent.resetToolChoice && run.usedTools.has(agent)) delete settings.toolChoice;
  return settings;
}

const serializedHandoffs = new WeakMap<Handoff, SerializedHandoff>();

function serializeHandoff(handoff: Handoff): SerializedHandoff {
  const known = serializedHandoffs.get(handoff);
  if (known) return known;
  const { toolName, toolDescription, inputJsonSchema, strictJsonSchema } = handoff;
  const fresh = { toolName, toolDescription, inputJsonSchema, strictJsonSchema };
  serializedHandoffs.set(handoff, fresh);
  return fresh;
}
