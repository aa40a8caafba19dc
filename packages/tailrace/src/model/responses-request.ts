import type {
  ModelRequest,
  ModelSettings,
  ModelSettingsContextManagement,
  Prompt,
  SerializedHandoff,
  SerializedTool,
} from '../port/model.ts';
import type { ProviderObject } from './provider-object.ts';
import { responsesItem, responsesItemJson } from './responses-input.ts';
import { wantedOf, wireTool } from './responses-tools.ts';
import { jsonList, jsonObject, WireJson } from './wire-json.ts';

const toolJson = new WireJson<SerializedTool>(wireTool);

const handoffJson = new WireJson<SerializedHandoff>((handoff) => ({
  type: 'function',
  name: handoff.toolName,
  description: handoff.toolDescription,
  parameters: handoff.inputJsonSchema,
  strict: handoff.strictJsonSchema,
}));

/** The tools, those of a namespace together where the first of them is. */
function toolList(tools: readonly SerializedTool[]): string[] {
  const list: (string | { name: string; description: string; tools: string[] })[] = [];
  for (const tool of tools) {
    if (tool.type !== 'function' || tool.namespace === undefined) {
      list.push(toolJson.of(tool));
      continue;
    }
    const { namespace: name, namespaceDescription: description = '' } = tool;
    const known = list.find((entry) => typeof entry !== 'string' && entry.name === name);
    if (typeof known === 'object') known.tools.push(toolJson.of(tool));
    else list.push({ name, description, tools: [toolJson.of(tool)] });
  }
  return list.map((entry) => {
    if (typeof entry === 'string') return entry;
    const { name, description, tools: own } = entry;
    return jsonObject({
      type: '"namespace"',
      name: JSON.stringify(name),
      description: JSON.stringify(description),
      tools: jsonList(own),
    });
  });
}

/** Tools that are chosen by their type, having no name. */
const HOSTED_CHOICES = new Set([
  'file_search',
  'web_search',
  'web_search_preview',
  'code_interpreter',
  'image_generation',
  'mcp',
  'tool_search',
  'shell',
  'apply_patch',
  'computer',
  'computer_use',
  'computer_use_preview',
]);

/** The JSON body of POST /responses. */
export function responsesBody(request: ModelRequest, model: string, stream: boolean): string {
  const { modelSettings: settings, prompt } = request;
  const tools = [...toolList(request.tools), ...request.handoffs.map((handoff) => handoffJson.of(handoff))];
  const wanted = wantedOf(request.tools);
  // A prompt template brings its own tools unless the agent states some.
  const sendsTools = tools.length > 0 || (prompt !== undefined && request.toolsExplicitlyProvided === true);
  const input =
    typeof request.input === 'string'
      ? jsonList([JSON.stringify({ role: 'user', content: request.input })])
      : jsonList(request.input.map((item) => responsesItemJson.of(item)));
  return jsonObject({
    model: prompt === undefined || request.overridePromptModel === true ? JSON.stringify(model) : undefined,
    instructions: json(request.systemInstructions || undefined),
    input,
    tools: sendsTools ? jsonList(tools) : undefined,
    tool_choice: tools.length > 0 ? json(toolChoice(settings.toolChoice)) : undefined,
    parallel_tool_calls: tools.length > 0 ? json(settings.parallelToolCalls) : undefined,
    temperature: json(settings.temperature),
    top_p: json(settings.topP),
    include: wanted.length > 0 ? json(wanted) : undefined,
    truncation: json(settings.truncation),
    max_output_tokens: json(settings.maxTokens),
    store: json(settings.store),
    prompt_cache_retention: json(cacheRetention(settings)),
    prompt_cache_options: json(settings.promptCacheOptions),
    context_management: json(settings.contextManagement?.map(managed)),
    reasoning: json(settings.reasoning),
    text: json(textFormat(request)),
    previous_response_id: json(request.previousResponseId),
    conversation: json(request.conversationId),
    prompt: json(prompt && wirePrompt(prompt)),
    stream: json(stream),
    ...providerFields(settings.providerData),
  });
}

/** The API writes it with an underscore. */
export function cacheRetention({ promptCacheRetention: kept }: ModelSettings): string | null | undefined {
  return kept === 'in-memory' ? 'in_memory' : kept;
}

/** Fields of `modelSettings.providerData`, sent as they are. */
export function providerFields(data: ProviderObject | undefined): Record<string, string | undefined> {
  return data === undefined ? {} : Object.fromEntries(Object.entries(data).map(([key, value]) => [key, json(value)]));
}

export function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function managed({ compactThreshold, ...rest }: ModelSettingsContextManagement[number]): ProviderObject {
  return { ...rest, ...(compactThreshold === undefined ? {} : { compact_threshold: compactThreshold }) };
}

function toolChoice(choice: string | undefined): unknown {
  if (choice === undefined || choice === 'auto' || choice === 'required' || choice === 'none') return choice;
  if (choice === 'computer_use_preview') return { type: 'computer' };
  return HOSTED_CHOICES.has(choice) ? { type: choice } : { type: 'function', name: choice };
}

function textFormat({ outputType, modelSettings }: ModelRequest): ProviderObject | undefined {
  const format = outputType === 'text' ? undefined : { format: outputType };
  return modelSettings.text === undefined && format === undefined ? undefined : { ...modelSettings.text, ...format };
}

function wirePrompt(prompt: Prompt): ProviderObject {
  const variables =
    prompt.variables === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(prompt.variables).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : variable(value),
          ]),
        );
  return {
    id: prompt.promptId,
    ...(prompt.version === undefined ? {} : { version: prompt.version }),
    ...(variables === undefined ? {} : { variables }),
  };
}

function variable(part: Exclude<NonNullable<Prompt['variables']>[string], string>): unknown {
  const [written] = (responsesItem({ role: 'user', content: [part] })?.['content'] ?? []) as unknown[];
  return written;
}
