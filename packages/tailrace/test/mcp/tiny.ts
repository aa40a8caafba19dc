// Servers for tests: the small one over standard streams, ones that are objects of this process, and what counts processes.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  type CallToolResultContent,
  MCPServerStdio,
  type MCPServerStdioOptions,
  type MCPServer,
  type MCPTool,
} from '../../src/index.ts';

export const TINY: string = join(import.meta.dirname, 'tiny-server.mjs');

type TinyOptions = Omit<MCPServerStdioOptions, 'command' | 'args' | 'fullCommand'>;

export function tiny(options: TinyOptions = {}, mode = 'plain'): MCPServerStdio {
  return new MCPServerStdio({ name: 'tiny', command: process.execPath, args: [TINY, mode], ...options });
}

/** Processes that this one has started and that are not gone: zombies count. */
export function children(): string[] {
  const lines = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args='], { encoding: 'utf8' });
  return lines.split('\n').filter((line) => line.trim() !== '' && !line.includes('--ppid'));
}

/** What keeps this process running, but for what the test runner has. */
export function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /ProcessWrap|PipeWrap|TCPSocketWrap/.test(name));
}

export function mcpTool(name: string, more: Partial<MCPTool> = {}): MCPTool {
  const inputSchema = { type: 'object' as const, properties: {}, required: [], additionalProperties: false };
  return { name, description: `Does ${name}.`, inputSchema, ...more };
}

export interface FakeServer extends MCPServer {
  listings: number;
  calls: unknown[][];
}

/** A server without a process. */
export function fake(name: string, tools: MCPTool[], more: Partial<MCPServer> = {}): FakeServer {
  return {
    name,
    cacheToolsList: false,
    listings: 0,
    calls: [],
    connect: async () => undefined,
    close: async () => undefined,
    async listTools() {
      this.listings += 1;
      return tools;
    },
    async callTool(...args) {
      this.calls.push(args);
      return [{ type: 'text', text: `${name}:${args[0]}` }] as CallToolResultContent;
    },
    invalidateToolsCache: async () => undefined,
    ...more,
  };
}
