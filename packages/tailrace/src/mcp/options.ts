import type { MCPServerPolicy } from '../agent/mcp/server.ts';
import { checkOptions } from '../agent/option.ts';
import type { Logger } from '../base/logger.ts';
import { UserError } from '../event/errors.ts';

/** What all kinds of server may be given. */
export interface MCPServerOptions extends MCPServerPolicy {
  /** For traces, errors and prefixed tool names. */
  name?: string;
  /** Keeps the tool list until the server says that it changed, or `invalidateToolsCache()`. False by default: the server is asked at each turn. */
  cacheToolsList?: boolean;
  /** Longest listing that `listTools()` follows, in pages. 64 by default. */
  maxListPages?: number;
  /** How long the server may take to be connected to. 30 s by default. */
  clientSessionTimeoutSeconds?: number;
  /** How long one request may take, in milliseconds. 60 s by default. */
  timeout?: number;
  /** Largest message that is taken from the server, in bytes. 10 MiB by default. */
  maxMessageBytes?: number;
  /** `'hold'`: tools that come after the first listing, or change, stay off until `acceptTools()`. `'use'` by default. */
  newTools?: 'use' | 'hold';
  /** Told, for who looks for a fault, what went wrong beside the requests. Nothing by default. */
  logger?: Logger;
  /** Told that the server's tools changed. What it throws, or rejects with, is ignored. */
  onToolsChanged?: () => void;
  /** Told of changes of resources that were subscribed to. What it throws, or rejects with, is ignored. */
  onResourceUpdated?: (uri: string) => void;
}

export const CONNECT_MS: number = 30_000;
export const REQUEST_MS: number = 60_000;
export const MAX_LIST_PAGES: number = 64;
/** Largest message that is taken from a server, in bytes. */
export const MAX_MESSAGE_BYTES: number = 10 * 1024 * 1024;

/** The options that are what agents look at. */
export const POLICY: readonly (keyof MCPServerPolicy)[] = [
  'toolFilter',
  'toolMetaResolver',
  'customDataExtractor',
  'toolInputGuardrails',
  'toolOutputGuardrails',
  'useStructuredContent',
  'errorFunction',
  'requireApproval',
  'effects',
  'maxResultLength',
];

const OPTION_NAMES = [
  ...POLICY,
  'name',
  'cacheToolsList',
  'maxListPages',
  'clientSessionTimeoutSeconds',
  'timeout',
  'maxMessageBytes',
  'newTools',
  'logger',
  'onToolsChanged',
  'onResourceUpdated',
] as const satisfies readonly (keyof MCPServerOptions)[];

/** Checks the options of a server; `own` are those of its kind. @throws UserError OPTION_UNKNOWN, OPTION_RANGE */
export function checkServerOptions(server: string, options: MCPServerOptions, own: readonly string[]): void {
  checkOptions(`MCP server '${server}'`, options, [...OPTION_NAMES, ...own]);
  checkWhole(server, 'maxListPages', options.maxListPages);
  checkWhole(server, 'timeout', options.timeout);
}

function checkWhole(server: string, option: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  throw new UserError(`MCP server '${server}': ${option} must be a whole number over 0, got ${value}.`, {
    code: 'OPTION_RANGE',
  });
}
