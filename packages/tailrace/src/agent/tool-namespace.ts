/** Tools under a common name, so that a model can tell many of them apart. */
import { UserError } from '../event/errors.ts';
import type { FunctionTool } from './tool.ts';

export interface ToolNamespaceOptions<TTools extends readonly FunctionTool[] = readonly FunctionTool[]> {
  name: string;
  /** What its tools have in common. Models choose by it. */
  description: string;
  tools: TTools;
}

/**
 * Puts tools under a name: copies of them, for an agent's `tools`. For models of the Responses API; two namespaces may have tools of the same name.
 *
 * @throws UserError TOOL_NAME_INVALID, OPTION_TYPE
 */
export function toolNamespace<TTools extends readonly FunctionTool[]>(options: ToolNamespaceOptions<TTools>): TTools {
  const { name, description, tools } = options;
  if (typeof name !== 'string' || name.trim() === '')
    throw new UserError('toolNamespace() needs a name.', { code: 'TOOL_NAME_INVALID' });
  if (typeof description !== 'string' || description.trim() === '')
    throw new UserError(`Tool namespace '${name}' needs a description: the provider asks for one.`, {
      code: 'OPTION_TYPE',
    });
  if (!Array.isArray(tools))
    throw new UserError(`Tool namespace '${name}': tools must be a list.`, { code: 'OPTION_TYPE' });
  const copies = tools.map((tool: FunctionTool, index) => {
    if (tool?.type !== 'function')
      throw new UserError(`Tool namespace '${name}': tools[${index}] is not a function tool.`, { code: 'OPTION_TYPE' });
    // With the symbols that only our own tools have.
    return { ...tool, namespace: name, namespaceDescription: description };
  });
  return copies as unknown as TTools;
}

/** The name that no other tool of the agent may have: with its namespace. */
export function qualifiedName(tool: { name: string; namespace?: string }): string {
  const { namespace } = tool;
  return namespace === undefined ? tool.name : `${namespace}.${tool.name}`;
}
