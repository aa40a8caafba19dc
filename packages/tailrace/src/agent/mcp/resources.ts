/** Resources and prompts of an MCP server: what an application reads itself; models are not told of them. */
import type { MCPServer } from './server.ts';

export interface MCPListResourcesParams {
  cursor?: string;
  [key: string]: unknown;
}

interface Described {
  name?: string;
  title?: string;
  description?: string;
  mimeType?: string;
  annotations?: Record<string, unknown>;
  [key: string]: unknown;
}

export interface MCPResource extends Described {
  uri: string;
  /** In bytes. */
  size?: number;
}

export interface MCPResourceTemplate extends Described {
  uriTemplate: string;
}

export interface MCPTextResourceContent {
  uri: string;
  mimeType?: string;
  text: string;
  [key: string]: unknown;
}

export interface MCPBlobResourceContent {
  uri: string;
  mimeType?: string;
  /** Base64. */
  blob: string;
  [key: string]: unknown;
}

export type MCPResourceContent = MCPTextResourceContent | MCPBlobResourceContent;

export interface MCPListResourcesResult {
  resources: MCPResource[];
  nextCursor?: string;
  [key: string]: unknown;
}

export interface MCPListResourceTemplatesResult {
  resourceTemplates: MCPResourceTemplate[];
  nextCursor?: string;
  [key: string]: unknown;
}

export interface MCPReadResourceResult {
  contents: MCPResourceContent[];
  [key: string]: unknown;
}

/** A server that has resources, too. */
export interface MCPServerWithResources extends MCPServer {
  listResources(params?: MCPListResourcesParams): Promise<MCPListResourcesResult>;
  listResourceTemplates(params?: MCPListResourcesParams): Promise<MCPListResourceTemplatesResult>;
  readResource(uri: string): Promise<MCPReadResourceResult>;
}

export interface MCPPrompt {
  name: string;
  title?: string;
  description?: string;
  arguments?: { name: string; description?: string; required?: boolean; [key: string]: unknown }[];
  [key: string]: unknown;
}

export interface MCPListPromptsResult {
  prompts: MCPPrompt[];
  nextCursor?: string;
  [key: string]: unknown;
}

export interface MCPGetPromptResult {
  description?: string;
  messages: { role: 'user' | 'assistant'; content: { type: string; [key: string]: unknown } }[];
  [key: string]: unknown;
}

/** A server that has prompts, too. */
export interface MCPServerWithPrompts extends MCPServer {
  listPrompts(params?: MCPListResourcesParams): Promise<MCPListPromptsResult>;
  getPrompt(name: string, args?: Record<string, string>): Promise<MCPGetPromptResult>;
}
