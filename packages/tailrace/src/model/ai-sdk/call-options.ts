/** A request as the options of `doGenerate` and `doStream`. */
import { UserError } from '../../event/errors.ts';
import type { ModelRequest, ModelSettingsToolChoice, SerializedTool } from '../../port/model.ts';
import { isObject, objectOr, type ProviderObject } from '../provider-object.ts';
import { type LanguageModelCompatible, nameOf, providerKey, versionOf } from './language-model.ts';
import { promptOf } from './prompt.ts';
import { optionsOf, providerSettings } from './provider-options.ts';

/** Where a hosted tool keeps the AI SDK's definition of itself. */
export const PROVIDER_TOOL = 'aiSdkProviderTool';

export function callOptions(
  request: ModelRequest,
  model: LanguageModelCompatible,
  signal: AbortSignal | undefined,
): ProviderObject {
  const { modelSettings: settings } = request;
  const tools = [...request.tools.map((tool) => toolOf(tool, model)), ...request.handoffs.map(handoffTool)];
  const set: ProviderObject = {
    ...(tools.length > 0 && { tools }),
    toolChoice: toolChoiceToLanguageV2Format(settings.toolChoice),
    temperature: settings.temperature,
    topP: settings.topP,
    frequencyPenalty: settings.frequencyPenalty,
    presencePenalty: settings.presencePenalty,
    maxOutputTokens: settings.maxTokens,
    responseFormat: responseFormat(request.outputType),
    abortSignal: signal,
    ...providerSettings(request, model),
  };
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  return { ...given, prompt: promptOf(request.systemInstructions, request.input, model) };
}

/** What a model may choose, in the AI SDK's words. Undefined: the provider's default. */
export function toolChoiceToLanguageV2Format(
  toolChoice: ModelSettingsToolChoice | undefined,
): { type: 'auto' | 'required' | 'none' } | { type: 'tool'; toolName: string } | undefined {
  if (toolChoice === undefined) return undefined;
  switch (toolChoice) {
    case 'auto':
      return { type: 'auto' };
    case 'required':
      return { type: 'required' };
    case 'none':
      return { type: 'none' };
    default:
  }
  return { type: 'tool', toolName: toolChoice };
}

function responseFormat(outputType: ModelRequest['outputType']): ProviderObject {
  if (outputType === 'text') return { type: 'text' };
  return { type: 'json', name: outputType.name, schema: outputType.schema };
}

function toolOf(tool: SerializedTool, model: LanguageModelCompatible): ProviderObject {
  if (tool.type === 'hosted_tool') return hostedTool(tool.name, objectOr(tool.providerData), model);
  if (tool.type !== 'function' || tool.deferLoading === true || tool.outputSchema !== undefined)
    throw notThere(tool, model);
  const providerOptions = optionsOf(tool.providerData, model);
  return {
    type: 'function',
    name: tool.name,
    description: tool.description,
    inputSchema: tool.parameters,
    // Version 2 has no such word.
    ...(versionOf(model) !== 'v2' && { strict: tool.strict }),
    ...(Object.keys(providerOptions).length > 0 && { providerOptions }),
  };
}

function handoffTool({ toolName, toolDescription, inputJsonSchema }: ModelRequest['handoffs'][number]): ProviderObject {
  return { type: 'function', name: toolName, description: toolDescription, inputSchema: inputJsonSchema };
}

/** A tool that the provider runs, by its id in the AI SDK: `openai.web_search`. */
function hostedTool(name: string, data: ProviderObject, model: LanguageModelCompatible): ProviderObject {
  const type = versionOf(model) === 'v2' ? 'provider-defined' : 'provider';
  const own = data[PROVIDER_TOOL];
  if (isObject(own)) return { type, id: own['id'], name, args: objectOr(own['args']) };
  const { type: _type, name: _name, args, ...rest } = data;
  return { type, id: `${providerKey(model)}.${name}`, name, args: isObject(args) ? args : rest };
}

function notThere(tool: SerializedTool, model: LanguageModelCompatible): UserError {
  const what =
    tool.type === 'function'
      ? `the deferred tool or the output schema of '${tool.name}'`
      : `the tool '${tool.name}' of type '${tool.type}'`;
  return new UserError(
    `The model ${nameOf(model)} cannot be given ${what}. Take a model of the Responses API for it.`,
    {
      code: 'OPTION_TYPE',
    },
  );
}
