/** What the three kinds of MCP server have in common: everything but the way to the server. */
import type { Client } from '@modelcontextprotocol/client';
import type {
  MCPGetPromptResult,
  MCPListPromptsResult,
  MCPListResourcesParams,
  MCPListResourcesResult,
  MCPListResourceTemplatesResult,
  MCPReadResourceResult,
  MCPServerWithPrompts,
  MCPServerWithResources,
} from '../agent/mcp/resources.ts';
import type {
  CallToolResult,
  CallToolResultContent,
  MCPApprovalPolicy,
  MCPCallToolOptions,
  MCPTool,
  MCPToolCustomDataExtractor,
  MCPToolEffects,
  MCPToolErrorFunction,
  MCPToolFilterCallable,
  MCPToolFilterStatic,
  MCPToolMetaResolver,
} from '../agent/mcp/server.ts';
import { forgetTools } from '../agent/mcp/tool-cache.ts';
import type { ToolInputGuardrailDefinition, ToolOutputGuardrailDefinition } from '../agent/tool-guardrail.ts';
import { tellObserver } from '../base/observer.ts';
import { Connection, type Link } from './connection.ts';
import { KnownTools } from './known-tools.ts';
import { CONNECT_MS, MAX_LIST_PAGES, type MCPServerOptions, POLICY, REQUEST_MS } from './options.ts';

/** An MCP server that this process connects to. Shared by as many runs as there are: it holds nothing of any of them. */
export abstract class ClientMCPServer implements MCPServerWithResources, MCPServerWithPrompts, AsyncDisposable {
  readonly name: string;
  cacheToolsList: boolean;
  toolFilter?: MCPToolFilterCallable | MCPToolFilterStatic;
  toolMetaResolver?: MCPToolMetaResolver;
  customDataExtractor?: MCPToolCustomDataExtractor;
  toolInputGuardrails?: ToolInputGuardrailDefinition[];
  toolOutputGuardrails?: ToolOutputGuardrailDefinition[];
  useStructuredContent?: boolean;
  errorFunction?: MCPToolErrorFunction | null;
  requireApproval?: MCPApprovalPolicy;
  effects?: MCPToolEffects;
  maxResultLength?: number;
  readonly #connection: Connection;
  readonly #requestMs: number;
  readonly #tools: KnownTools;
  #listed: readonly MCPTool[] | undefined;
  #generation = 0;

  constructor(name: string, options: MCPServerOptions) {
    const { maxListPages = MAX_LIST_PAGES, timeout = REQUEST_MS } = options;
    this.name = name;
    this.cacheToolsList = options.cacheToolsList ?? false;
    for (const key of POLICY) if (options[key] !== undefined) Object.assign(this, { [key]: options[key] });
    this.#requestMs = timeout;
    this.#tools = new KnownTools(options.newTools ?? 'use');
    const seconds = options.clientSessionTimeoutSeconds;
    this.#connection = new Connection({
      name,
      connectTimeoutMs: seconds === undefined ? CONNECT_MS : seconds * 1000,
      listMaxPages: maxListPages,
      makeLink: async (library) => (await this.makeLink(library)) as Link,
      onError: (message) => options.logger?.debug(`MCP server '${name}': ${message}`),
      onLost: () => this.#forget(),
      onToolsChanged: () => {
        this.#forget();
        tellObserver(() => options.onToolsChanged?.());
      },
      onResourceUpdated: (uri) => tellObserver(() => options.onResourceUpdated?.(uri)),
    });
  }

  /** The way to the server, made anew for each connection. Its types are the library's: who has not installed it must be able to read ours. */
  protected abstract makeLink(library: unknown): Promise<object>;

  /** Connects, or does nothing when connected. @throws UserError MCP_CLIENT_MISSING, SystemError MCP_START_FAILED */
  async connect(): Promise<void> {
    await this.#connection.connect();
  }

  /** Ends the connection, its process and its session; calls under way are rejected. Does nothing when there is none. */
  async close(): Promise<void> {
    await this.#connection.close();
    this.#forget();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** All tools of the server, without those that are held. With `cacheToolsList`, as they were listed last. */
  async listTools(): Promise<MCPTool[]> {
    if (this.cacheToolsList && this.#listed) return [...this.#listed];
    const generation = this.#generation;
    const { tools } = await this.#ask(async (client) => client.listTools(undefined, this.#limits()));
    const admitted = this.#tools.admit(tools as unknown as MCPTool[]);
    // What has changed while it was listed is not what to keep.
    if (this.#generation === generation) this.#listed = admitted;
    return [...admitted];
  }

  /** With `newTools: 'hold'`: names of tools that are off because nobody has accepted them, as of the last listing. */
  get heldTools(): string[] {
    return this.#tools.held;
  }

  /** Turns on what is held: the tools of these names, or all. */
  acceptTools(names?: readonly string[]): void {
    this.#tools.accept(names);
    this.#forget();
  }

  /** The content of the result; its other parts are properties of the list. */
  async callTool(
    toolName: string,
    args: Record<string, unknown> | null,
    meta?: Record<string, unknown> | null,
    options?: MCPCallToolOptions,
  ): Promise<CallToolResultContent> {
    const { content, ...rest } = await this.callToolResult(toolName, args, meta, options);
    const facts = Object.entries(rest).map(([key, value]) => [key, { value, enumerable: false }] as const);
    return Object.defineProperties(content, Object.fromEntries(facts));
  }

  /** Calls a tool. The signal's abort cancels it at the server. It is never called twice by itself. */
  async callToolResult(
    toolName: string,
    args: Record<string, unknown> | null,
    meta?: Record<string, unknown> | null,
    options?: MCPCallToolOptions,
  ): Promise<CallToolResult> {
    const params = { name: toolName, arguments: args ?? {}, ...(meta && { _meta: meta }) };
    const result = await this.#ask(async (client) => client.callTool(params, this.#limits(options?.signal)));
    const { content, structuredContent, isError, _meta } = result as unknown as CallToolResult;
    return {
      content,
      ...(structuredContent && { structuredContent }),
      ...(isError !== undefined && { isError }),
      ...(_meta && { _meta }),
    };
  }

  /** All resources, or with a `cursor` the page that it stands for. */
  async listResources(params?: MCPListResourcesParams): Promise<MCPListResourcesResult> {
    return this.#ask(async (client) => client.listResources(params, this.#limits())) as Promise<MCPListResourcesResult>;
  }

  async listResourceTemplates(params?: MCPListResourcesParams): Promise<MCPListResourceTemplatesResult> {
    const listed = this.#ask(async (client) => client.listResourceTemplates(params, this.#limits()));
    return listed as Promise<MCPListResourceTemplatesResult>;
  }

  async readResource(uri: string): Promise<MCPReadResourceResult> {
    return this.#ask(async (client) => client.readResource({ uri }, this.#limits())) as Promise<MCPReadResourceResult>;
  }

  /** From now on `onResourceUpdated` is told when the resource changes. Ends with the connection. */
  async subscribeResource(uri: string): Promise<void> {
    await this.#ask(async (client) => client.subscribeResource({ uri }, this.#limits()));
  }

  async unsubscribeResource(uri: string): Promise<void> {
    await this.#ask(async (client) => client.unsubscribeResource({ uri }, this.#limits()));
  }

  /** All prompts, or with a `cursor` the page that it stands for. */
  async listPrompts(params?: MCPListResourcesParams): Promise<MCPListPromptsResult> {
    return this.#ask(async (client) => client.listPrompts(params, this.#limits())) as Promise<MCPListPromptsResult>;
  }

  async getPrompt(name: string, args?: Record<string, string>): Promise<MCPGetPromptResult> {
    const params = { name, ...(args && { arguments: args }) };
    return this.#ask(async (client) => client.getPrompt(params, this.#limits())) as Promise<MCPGetPromptResult>;
  }

  /** Forgets the kept tool list: the next turn asks the server. */
  async invalidateToolsCache(): Promise<void> {
    this.#forget();
  }

  #forget(): void {
    this.#generation += 1;
    this.#listed = undefined;
    forgetTools(this);
  }

  #ask<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    return this.#connection.request(ask);
  }

  #limits(signal?: AbortSignal): { timeout: number; signal?: AbortSignal } {
    return { timeout: this.#requestMs, ...(signal && { signal }) };
  }
}
