import { UserError } from '../event/errors.ts';
import { ClientMCPServer } from './client-server.ts';
import { checkServerOptions, MAX_MESSAGE_BYTES, type MCPServerOptions } from './options.ts';
import { stdioLibrary } from './client-library.ts';
import { wordsOf } from './command-line.ts';
import { stdioLink } from './stdio-link.ts';

interface BaseMCPServerStdioOptions extends MCPServerOptions {
  /** Beside what every process needs (HOME, LOGNAME, PATH, SHELL, TERM, USER). Nothing else of this process's environment is passed on. */
  env?: Record<string, string>;
  cwd?: string;
  /** UTF-8 is what the protocol says; nothing else is taken. */
  encoding?: string;
  encodingErrorHandler?: 'strict' | 'ignore' | 'replace';
  /** Where its error output goes. Kept back for error messages by default. */
  stderr?: 'pipe' | 'inherit' | 'ignore';
}

export type MCPServerStdioOptions = BaseMCPServerStdioOptions &
  (
    | { command: string; args?: string[]; fullCommand?: never }
    /** The command and its arguments in one text. No shell reads it. */
    | { fullCommand: string; command?: never; args?: never }
  );

/**
 * An MCP server that runs as a child process and speaks over its standard streams. `connect()` starts it, without a shell; `close()` resolves when it is gone.
 *
 * @throws UserError OPTION_TYPE for a `fullCommand` that is none
 */
export class MCPServerStdio extends ClientMCPServer {
  readonly #options: MCPServerStdioOptions;
  readonly #command: string;
  readonly #args: readonly string[];

  constructor(options: MCPServerStdioOptions) {
    const [command, ...args] =
      options.fullCommand === undefined ? [options.command, ...(options.args ?? [])] : wordsOf(options.fullCommand);
    super(options.name ?? `stdio: ${command}`, options);
    if (!/^utf-?8$/i.test(options.encoding ?? 'utf-8')) throw notUtf8(this.name, options.encoding);
    checkServerOptions(this.name, options, [
      'command',
      'args',
      'fullCommand',
      'env',
      'cwd',
      'stderr',
      'encoding',
      'encodingErrorHandler',
    ]);
    this.#options = options;
    this.#command = command;
    this.#args = args;
  }

  protected async makeLink(): Promise<object> {
    const { env, cwd, stderr = 'pipe', maxMessageBytes = MAX_MESSAGE_BYTES } = this.#options;
    const library = await stdioLibrary();
    return stdioLink(library, { command: this.#command, args: this.#args, env, cwd, stderr, maxMessageBytes });
  }
}

function notUtf8(server: string, encoding: string | undefined): UserError {
  return new UserError(`MCP server '${server}': encoding must be utf-8, got ${JSON.stringify(encoding)}.`, {
    code: 'OPTION_TYPE',
  });
}
