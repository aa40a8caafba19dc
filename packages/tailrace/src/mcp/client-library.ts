import type * as ClientLibrary from '@modelcontextprotocol/client';
import type * as StdioLibrary from '@modelcontextprotocol/client/stdio';
import { SystemError, UserError } from '../event/errors.ts';

export type { ClientLibrary, StdioLibrary };

/** The library that speaks the protocol, loaded when the first server is connected to. @throws UserError MCP_CLIENT_MISSING */
export async function clientLibrary(): Promise<typeof ClientLibrary> {
  try {
    return await import('@modelcontextprotocol/client');
  } catch (error) {
    throw missing(error);
  }
}

/** The part of it that starts processes. @throws UserError MCP_CLIENT_MISSING */
export async function stdioLibrary(): Promise<typeof StdioLibrary> {
  try {
    return await import('@modelcontextprotocol/client/stdio');
  } catch (error) {
    throw missing(error);
  }
}

/** What to say of an import that failed. */
export function missing(cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND')
    return new SystemError('The package @modelcontextprotocol/client is there, but could not be loaded.', {
      code: 'MCP_START_FAILED',
      cause,
    });
  return new UserError(
    'MCP servers need the package @modelcontextprotocol/client, which is not installed. Install it: npm install @modelcontextprotocol/client',
    { code: 'MCP_CLIENT_MISSING', cause },
  );
}
