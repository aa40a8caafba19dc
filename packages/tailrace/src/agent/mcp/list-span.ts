import { asError } from '../../base/error-text.ts';
import { tracingIds } from '../../base/tracing-ids.ts';
import type { MCPListToolsSpanData } from '../../event/span-data.ts';
import { traceCarrier } from '../../port/trace-scope.ts';
import type { MCPTool } from './server.ts';

/** Asks a server for its tools inside a span of the run that the caller stands in, if any. */
export async function spanAround(server: string, list: () => Promise<readonly MCPTool[]>): Promise<readonly MCPTool[]> {
  const scope = traceCarrier.current;
  const emit = scope?.emit;
  if (!emit || scope.traceId === undefined) return list();
  const span = tracingIds.generateSpanId();
  const data: MCPListToolsSpanData = { type: 'mcp_tools', server };
  emit({ type: 'span.started', span, data, ...(scope.spanId !== undefined && { parent: scope.spanId }) });
  try {
    const tools = await list();
    emit({ type: 'span.ended', span, data: { ...data, result: tools.map(({ name }) => name) } });
    return tools;
  } catch (error) {
    // What a server says of itself may hold anything.
    const told = { message: 'Error listing MCP tools', data: { error: asError(error).name } };
    emit({ type: 'span.ended', span, data, error: told });
    throw error;
  }
}
