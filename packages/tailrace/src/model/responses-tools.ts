/** Tools that the provider runs, and those that this process runs for it, in the words of the Responses API. */
import type { SerializedTool } from '../port/model.ts';
import { isObject, listOr, type ProviderObject } from './provider-object.ts';

// What only this process needs to know of a hosted tool.
const OURS = new Set(['name', 'include_search_results', 'include_outputs', 'on_approval']);

/** The tool as the API takes it. */
export function wireTool(tool: SerializedTool): ProviderObject {
  switch (tool.type) {
    case 'function':
      return {
        ...tool.providerData,
        type: 'function',
        name: tool.name,
        description: tool.description,
        parameters: tool.parameters,
        strict: tool.strict,
        ...(tool.deferLoading === true ? { defer_loading: true } : {}),
        ...callers(tool.allowedCallers),
        ...(tool.outputSchema === undefined ? {} : { output_schema: tool.outputSchema }),
      };
    case 'computer':
      return { type: 'computer' };
    case 'shell':
      return { type: 'shell', environment: wireEnvironment(tool.environment ?? { type: 'local' }) };
    case 'apply_patch':
      return { type: 'apply_patch', ...callers(tool.allowedCallers) };
    case 'hosted_tool':
      return hosted(tool.name, tool.providerData);
    default:
      return tool satisfies never;
  }
}

function callers(allowed: readonly string[] | undefined): ProviderObject {
  return allowed === undefined ? {} : { allowed_callers: allowed };
}

function hosted(name: string, data: ProviderObject = {}): ProviderObject {
  const kept = Object.entries(data).filter(([key]) => !OURS.has(key));
  return { type: name, ...Object.fromEntries(kept) };
}

/** What hosted tools want the answer to include. */
export function wantedOf(tools: readonly SerializedTool[]): string[] {
  const wanted = new Set<string>();
  for (const { type, ...tool } of tools) {
    if (type !== 'hosted_tool' || !('providerData' in tool)) continue;
    if (tool.providerData?.['include_search_results'] === true) wanted.add('file_search_call.results');
    if (tool.providerData?.['include_outputs'] === true) wanted.add('code_interpreter_call.outputs');
  }
  return [...wanted];
}

const SPELLED: Readonly<Record<string, string>> = {
  fileIds: 'file_ids',
  memoryLimit: 'memory_limit',
  networkPolicy: 'network_policy',
  allowedDomains: 'allowed_domains',
  domainSecrets: 'domain_secrets',
  containerId: 'container_id',
  skillId: 'skill_id',
  mediaType: 'media_type',
};

/** The environment of a shell: the same words, spelled as the API spells them. */
function wireEnvironment(environment: object): ProviderObject {
  return Object.fromEntries(Object.entries(environment).map(([key, value]) => [SPELLED[key] ?? key, spelled(value)]));
}

function spelled(value: unknown): unknown {
  if (Array.isArray(value)) return listOr(value).map(spelled);
  return isObject(value) ? wireEnvironment(value) : value;
}
