/** A tool as a model is told of it, serialised once a tool. */
import type { Tool } from '../agent/tool.ts';
import type { SerializedTool } from '../port/model.ts';

const serialized = new WeakMap<Tool, SerializedTool>();

export function serializeTool(tool: Tool): SerializedTool {
  const known = serialized.get(tool);
  if (known) return known;
  const fresh = serialize(tool);
  serialized.set(tool, fresh);
  return fresh;
}

function serialize(tool: Tool): SerializedTool {
  const { name } = tool;
  switch (tool.type) {
    case 'function': {
      const {
        description,
        parameters,
        strict,
        deferLoading = false,
        allowedCallers,
        outputSchema,
        providerData,
      } = tool;
      const { namespace, namespaceDescription } = tool as { namespace?: string; namespaceDescription?: string };
      return {
        type: 'function',
        name,
        description,
        parameters,
        strict,
        deferLoading,
        ...(allowedCallers && { allowedCallers }),
        ...(outputSchema && { outputSchema }),
        ...(namespace !== undefined && { namespace }),
        ...(namespaceDescription !== undefined && { namespaceDescription }),
        ...(providerData && { providerData }),
      };
    }
    case 'computer': {
      const { computer } = tool;
      if (typeof computer === 'function' || 'create' in computer) return { type: 'computer', name };
      const { environment, dimensions } = computer;
      return { type: 'computer', name, ...(environment && { environment }), ...(dimensions && { dimensions }) };
    }
    case 'shell': {
      const { environment = { type: 'local' as const }, allowedCallers } = tool;
      return { type: 'shell', name, environment, ...(allowedCallers && { allowedCallers }) };
    }
    case 'apply_patch':
      return { type: 'apply_patch', name, ...(tool.allowedCallers && { allowedCallers: tool.allowedCallers }) };
    case 'hosted_tool': {
      if (!tool.providerData) return { type: 'hosted_tool', name };
      // A function of this process's: no model has a use for it.
      const { on_approval: _ours, ...providerData } = tool.providerData;
      return { type: 'hosted_tool', name, providerData };
    }
    default:
      return tool satisfies never;
  }
}
