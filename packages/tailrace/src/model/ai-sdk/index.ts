/** Models of the AI SDK. No package of it is imported: any model that has the shape will do. */
import type { ProviderData } from '../../event/item.ts';
import { PROVIDER_TOOL } from './call-options.ts';

export { toolChoiceToLanguageV2Format } from './call-options.ts';
export type { AiSdkSpecificationVersion, LanguageModelCompatible } from './language-model.ts';
export {
  type AiSdkModelOptions,
  AiSdkModel,
  aisdk,
  type AiSdkOutputTextTransform,
  type AiSdkOutputTextTransformContext,
} from './model.ts';

/** What a tool factory of an AI SDK provider gives: `openai.tools.webSearch()`. */
export interface AiSdkProviderTool {
  type?: string;
  id?: string;
  args?: Record<string, unknown>;
}

interface HostedProviderTool {
  type: 'hosted_tool';
  name: string;
  providerData: ProviderData;
}

/** A tool that an AI SDK provider runs itself, for an agent with a model of that provider. `name` is what the model calls it; by default the end of its id. */
export function aiSdkProviderTool(tool: AiSdkProviderTool, name?: string): HostedProviderTool {
  const { id = '', args = {} } = tool;
  return {
    type: 'hosted_tool',
    name: name ?? id.slice(id.indexOf('.') + 1),
    providerData: { [PROVIDER_TOOL]: { id, args } },
  };
}

/** The provider's own search for deferred tools. */
export function aiSdkToolSearchTool(tool: AiSdkProviderTool): HostedProviderTool {
  const hosted = aiSdkProviderTool(tool, 'tool_search');
  return { ...hosted, providerData: { type: 'tool_search', ...hosted.providerData } };
}

/** The arguments of a call: an empty object for none, and for what is no JSON. */
export function parseArguments(args: string | undefined | null): unknown {
  if (!args) return {};
  try {
    return JSON.parse(args) as unknown;
  } catch {
    return {};
  }
}
