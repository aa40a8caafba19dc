/** An MCP server as agents see it: whatever lists tools and calls them. The classes that speak the protocol are in `src/mcp/`. */
import type { ToolEffects } from '../../event/step-events.ts';
import type { AnyAgent } from '../agent.ts';
import type { RunContext } from '../run-context.ts';
import type { Method, ToolOutputCustomData } from '../tool.ts';
import type { ToolInputGuardrailDefinition, ToolOutputGuardrailDefinition } from '../tool-guardrail.ts';

/** A tool as its server describes it. The description and the schema are the server's own words. */
export interface MCPTool {
  name: string;
  description?: string;
  inputSchema: {
    type: 'object';
    properties: Record<string, unknown>;
    required: string[];
    additionalProperties: boolean;
  };
  title?: string;
  annotations?: MCPToolAnnotations;
  [key: string]: unknown;
}

/** What a server claims of a tool. Nobody checks it. */
export interface MCPToolAnnotations {
  readOnlyHint?: boolean;
  destructiveHint?: boolean;
  idempotentHint?: boolean;
  openWorldHint?: boolean;
  [key: string]: unknown;
}

/** What a call gives, as JSON. */
export interface CallToolResult {
  content: { type: string; [key: string]: unknown }[];
  _meta?: Record<string, unknown>;
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

export type CallToolResultMetadata = Pick<CallToolResult, '_meta' | 'structuredContent' | 'isError'>;

/** The content of a result, with the rest of the result as properties of the list that JSON does not show. */
export type CallToolResultContent = CallToolResult['content'] & CallToolResultMetadata;

export interface MCPCallToolOptions {
  /** Its abort cancels the call at the server. */
  signal?: AbortSignal;
}

/** Makes what the model is told of a call that failed. */
export type MCPToolErrorFunction = Method<
  [args: { context: RunContext; error: Error | unknown }],
  string | Promise<string>
>;

export interface MCPToolFilterContext<TContext = unknown> {
  runContext: RunContext<TContext>;
  agent: AnyAgent;
  serverName: string;
}

/** Says whether an agent gets a tool in this turn. */
export type MCPToolFilterCallable<TContext = unknown> = Method<
  [context: MCPToolFilterContext<TContext>, tool: MCPTool],
  Promise<boolean>
>;

/** Allowed ones only, without the blocked ones; names are the server's. */
export interface MCPToolFilterStatic {
  allowedToolNames?: string[];
  blockedToolNames?: string[];
}

export interface MCPToolMetaContext<TContext = unknown> {
  runContext: RunContext<TContext>;
  serverName: string;
  /** The server's own name of the tool. */
  toolName: string;
  arguments: Record<string, unknown> | null;
}

/** Makes the `_meta` of a call's request. */
export type MCPToolMetaResolver<TContext = unknown> = Method<
  [context: MCPToolMetaContext<TContext>],
  Promise<Record<string, unknown> | null | undefined> | Record<string, unknown> | null | undefined
>;

export interface MCPToolCustomDataContext<TContext = unknown> extends MCPToolMetaContext<TContext> {
  /** The name that the model knows the tool by. */
  toolDisplayName: string;
  resultMeta?: Record<string, unknown>;
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
  toolOutput: unknown;
}

/** Makes the `customData` of a call's output item: for the application, never for the model. */
export type MCPToolCustomDataExtractor<TContext = unknown> = Method<
  [context: MCPToolCustomDataContext<TContext>],
  Promise<ToolOutputCustomData | null | undefined> | ToolOutputCustomData | null | undefined
>;

interface ApprovalSelection {
  /** The server's own names. */
  toolNames?: string[];
  /** Tools whose `readOnlyHint` says so. */
  readOnly?: boolean;
}

/**
 * Which calls wait for somebody's decision. By selection: `always` wins over `never`; a tool in neither waits unless there is only an `always`. A function decides call by
 * call; one that throws fails the run.
 */
export type MCPApprovalPolicy =
  | 'never'
  | 'always'
  | { always?: ApprovalSelection; never?: ApprovalSelection }
  | Method<[context: MCPToolMetaContext], boolean | Promise<boolean>>;

/**
 * What a repeated call would do: one answer for all tools, a function, or `'from_annotations'`: `readOnlyHint` is `pure`, `idempotentHint` is `idempotent`, else `once`. That
 * believes the server.
 */
export type MCPToolEffects = ToolEffects | 'from_annotations' | Method<[tool: MCPTool], ToolEffects>;

/** What says how a server's tools are offered and called. All of it holds for every agent that has the server. */
export interface MCPServerPolicy {
  toolFilter?: MCPToolFilterCallable | MCPToolFilterStatic;
  toolMetaResolver?: MCPToolMetaResolver;
  customDataExtractor?: MCPToolCustomDataExtractor;
  toolInputGuardrails?: ToolInputGuardrailDefinition[];
  toolOutputGuardrails?: ToolOutputGuardrailDefinition[];
  /** The model is told `structuredContent`, where a result has it, in place of the content. */
  useStructuredContent?: boolean;
  /** `null`: a failing call fails the run. Wins over the agent's `mcpConfig.errorFunction`. */
  errorFunction?: MCPToolErrorFunction | null;
  /** Calls that wait for a decision. `'never'` by default. */
  requireApproval?: MCPApprovalPolicy;
  /** `'once'` by default: after a crash no call is repeated by itself. */
  effects?: MCPToolEffects;
  /** Longest result that the model is told, in characters; the rest is cut, and says so. 1 Mi by default. */
  maxResultLength?: number;
}

/** Anything that lists tools and calls them. It holds nothing of any run: many runs may share it. */
export interface MCPServer extends MCPServerPolicy {
  cacheToolsList: boolean;
  readonly name: string;
  connect(): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<MCPTool[]>;
  callTool(
    toolName: string,
    args: Record<string, unknown> | null,
    meta?: Record<string, unknown> | null,
    options?: MCPCallToolOptions,
  ): Promise<CallToolResultContent>;
  callToolResult?(
    toolName: string,
    args: Record<string, unknown> | null,
    meta?: Record<string, unknown> | null,
    options?: MCPCallToolOptions,
  ): Promise<CallToolResult>;
  invalidateToolsCache(): Promise<void>;
}

/** Allow and block lists as a filter; undefined when neither is given. */
export function createMCPToolStaticFilter(
  options: { allowed?: string[]; blocked?: string[] } = {},
): MCPToolFilterStatic | undefined {
  const { allowed, blocked } = options;
  if (!allowed && !blocked) return undefined;
  return { ...(allowed && { allowedToolNames: allowed }), ...(blocked && { blockedToolNames: blocked }) };
}
