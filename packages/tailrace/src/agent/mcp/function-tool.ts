/** One tool of an MCP server as a function tool: called over the server, under the policy of whoever configured it. */
import { tryParse } from '../../base/json.ts';
import { isRecord, type JsonSchema, SchemaUnsupported } from '../../base/schema.ts';
import { strictSchema, withoutStrictNulls } from '../../base/strict-schema.ts';
import { InvalidToolInputError } from '../../event/errors.ts';
import type { FunctionCallItem } from '../../event/item.ts';
import type { JsonObjectSchema } from '../../port/model.ts';
import { tool } from '../function-tool.ts';
import { RunContext } from '../run-context.ts';
import type { FunctionTool, FunctionToolCustomDataExtractor, ToolCallDetails } from '../tool.ts';
import { approvalOf, effectsOf } from './policy.ts';
import { resultOutput } from './result.ts';
import type { CallToolResult, MCPServer, MCPTool, MCPToolErrorFunction } from './server.ts';
import { plainName } from './tool-name.ts';

export type MCPFunctionToolConversionOptions = {
  /** The name that the model is told. The server's own, with underscores for what names may not hold, by default. */
  toolNameOverride?: string;
  /** Used when the server has none. */
  errorFunction?: MCPToolErrorFunction | null;
};

const MCP_SERVER_NAME: unique symbol = Symbol('tailrace.mcpServerName');

/** The name of the MCP server that gave the tool, for its spans. */
export function mcpServerOf(made: (FunctionTool & { [MCP_SERVER_NAME]?: string }) | undefined): string | undefined {
  return made?.[MCP_SERVER_NAME];
}

/**
 * Makes a function tool of a server's tool. `convertSchemasToStrict` tries strict mode, and leaves it where the schema does not allow it.
 */
export function mcpToFunctionTool(
  mcpTool: MCPTool,
  server: MCPServer,
  convertSchemasToStrict: boolean,
  options: MCPFunctionToolConversionOptions = {},
): FunctionTool {
  const name = options.toolNameOverride ?? plainName(mcpTool.name);
  const schema = schemaOf(mcpTool, convertSchemasToStrict);
  const results = new WeakMap<FunctionCallItem, CallToolResult>();
  const errorFunction = server.errorFunction === undefined ? options.errorFunction : server.errorFunction;
  const made = tool({
    name,
    description: mcpTool.description || `The tool '${mcpTool.name}' of the MCP server '${server.name}'.`,
    parameters: schema.parameters,
    strict: schema.strict,
    execute: async (input: unknown, context?: RunContext, details?: ToolCallDetails) => {
      const args = argumentsOf(name, input, schema.original);
      const meta = await callMeta(server, mcpTool, { runContext: context ?? new RunContext(), args, details });
      const result = await call(server, mcpTool.name, args, meta, details?.signal);
      if (details?.toolCall && server.customDataExtractor) results.set(details.toolCall, result);
      return resultOutput(result, server);
    },
    needsApproval: approvalOf(server, mcpTool),
    effects: effectsOf(server, mcpTool),
    ...(errorFunction === null && { errorFunction: null }),
    ...(errorFunction && {
      errorFunction: (context: RunContext, error: unknown) => errorFunction({ context, error }),
    }),
    ...(server.toolInputGuardrails && { inputGuardrails: server.toolInputGuardrails }),
    ...(server.toolOutputGuardrails && { outputGuardrails: server.toolOutputGuardrails }),
    ...(server.customDataExtractor && { customDataExtractor: extractor(server, mcpTool, name, results) }),
  }) as FunctionTool;
  // The server's description stands: an empty one is its own affair, not a mistake of the program's.
  return Object.assign(made, { description: mcpTool.description ?? '', [MCP_SERVER_NAME]: server.name });
}

/** The `_meta` of a call's request, made per call: the only place where something of a run may go to a server beside the arguments. */
async function callMeta(
  server: MCPServer,
  { name: toolName }: MCPTool,
  {
    runContext,
    args,
    details,
  }: { runContext: RunContext; args: Record<string, unknown>; details: ToolCallDetails | undefined },
): Promise<Record<string, unknown> | undefined> {
  const meta = await server.toolMetaResolver?.({ runContext, serverName: server.name, toolName, arguments: args });
  const traceparent = details?.traceparent;
  return traceparent === undefined ? (meta ?? undefined) : { traceparent, ...meta };
}

async function call(
  server: MCPServer,
  name: string,
  args: Record<string, unknown>,
  meta: Record<string, unknown> | undefined,
  signal: AbortSignal | undefined,
): Promise<CallToolResult> {
  const options = signal && { signal };
  if (server.callToolResult) return server.callToolResult(name, args, meta, options);
  const content = await server.callTool(name, args, meta, options);
  const { _meta, structuredContent, isError } = content;
  return {
    content: [...content],
    ...(_meta && { _meta }),
    ...(structuredContent && { structuredContent }),
    ...(isError !== undefined && { isError }),
  };
}

function extractor(
  server: MCPServer,
  { name: toolName }: MCPTool,
  toolDisplayName: string,
  results: WeakMap<FunctionCallItem, CallToolResult>,
): FunctionToolCustomDataExtractor {
  return async ({ runContext, toolCall, input, output }) => {
    const result = results.get(toolCall);
    // A call that failed, or that another process made, has no result to show.
    if (!result) return undefined;
    results.delete(toolCall);
    const { _meta, structuredContent, isError } = result;
    return server.customDataExtractor?.({
      runContext,
      serverName: server.name,
      toolName,
      toolDisplayName,
      arguments: isRecord(input) ? input : null,
      ...(_meta && { resultMeta: _meta }),
      ...(structuredContent && { structuredContent }),
      ...(isError !== undefined && { isError }),
      toolOutput: output,
    });
  };
}

interface ToolSchema {
  parameters: JsonObjectSchema;
  strict: boolean;
  /** Set in strict mode: which properties the server takes as optional. */
  original?: JsonSchema;
}

function schemaOf({ inputSchema }: MCPTool, wantsStrict: boolean): ToolSchema {
  const given = inputSchema as JsonSchema;
  const properties = isRecord(given['properties']) ? given['properties'] : {};
  const required = Array.isArray(given['required']) ? (given['required'] as string[]) : [];
  if (wantsStrict && Object.keys(properties).length > 0) {
    try {
      return { parameters: strictSchema(given) as JsonObjectSchema, strict: true, original: given };
    } catch (error) {
      if (!(error instanceof SchemaUnsupported)) throw error;
    }
  }
  const parameters = { ...given, type: 'object', properties, required, additionalProperties: true };
  return { parameters: parameters as JsonObjectSchema, strict: false };
}

function argumentsOf(name: string, input: unknown, original: JsonSchema | undefined): Record<string, unknown> {
  const value = typeof input === 'string' ? tryParse(input) : input;
  const args = original ? withoutStrictNulls(value, original) : value;
  if (isRecord(args)) return args;
  throw new InvalidToolInputError(`The arguments of tool '${name}' are no JSON object. Call it again with one.`);
}
