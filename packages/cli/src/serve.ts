/** `tailrace serve agents.ts`: the agents that a module exports, over HTTP, until a signal stops it. */
import { type CommandDef, defineCommand } from 'citty';
import { checkReach, type RunningServer, serve } from '@tailrace/server';
import { sqlite } from 'tailrace/sqlite';
import { loadModule } from './load-module.ts';
import { errorText } from './output.ts';
import { SERVED_OPTIONS, type ServedModule, servedModule } from './served-module.ts';
import { servedText } from './served-text.ts';
import { UsageError } from './options.ts';
import { safeText } from './terminal-text.ts';

const args = {
  module: {
    type: 'positional',
    required: false,
    description: `A module that exports agents, and maybe options: ${SERVED_OPTIONS.map((name) => `\`${name}\``).join(', ')}`,
  },
  port: { type: 'string', default: '4111', description: 'Where to listen; 0 for any free port' },
  host: { type: 'string', default: '127.0.0.1', description: 'An address that others can reach needs `authorize`' },
  db: { type: 'string', default: 'tailrace.db', description: 'The SQLite file that keeps the runs' },
  grace: {
    type: 'string',
    default: '10000',
    description: 'How long runs may take to come to a step boundary at the end, in ms',
  },
} as const;

export const serveCommand: CommandDef<typeof args> = defineCommand({
  meta: { name: 'serve', description: 'Serve the agents of a module over HTTP' },
  args,
  run: async ({ args: given, rawArgs }) => {
    // What the module keeps open, a timer or a connection, is not to keep a server alive that was told to stop.
    process.exit(await served(given, rawArgs));
  },
});

interface Given {
  /** All that is not an option. */
  _: readonly string[];
  module?: string | undefined;
  port: string;
  host: string;
  db: string;
  grace: string;
}

/** The exit code: 0 stopped by a signal, 1 it could not serve, 2 wrong usage. */
async function served(given: Given, raw: readonly string[]): Promise<number> {
  try {
    knownOptions(raw);
    const port = wholeNumber('--port', given.port, 65_535);
    const graceMs = wholeNumber('--grace', given.grace, 600_000);
    const found = await load(given);
    checkReach(given.host, found.authorize);
    const signalled = nextSignal();
    const store = sqlite(given.db);
    try {
      const running = await serve({ ...found, store, port, hostname: given.host, onError });
      process.stdout.write(servedText(running.url, found, given.db));
      await signalled;
      await stop(running, graceMs);
      return 0;
    } finally {
      await store.close();
    }
  } catch (error) {
    process.stderr.write(`${startError(error, given)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Clients are told a code only. */
function onError(error: unknown, request: Request | undefined): void {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const where = request
    ? `${request.method} ${safeText(new URL(request.url).pathname)}`
    : 'A run cannot be driven here';
  process.stderr.write(`${where}: ${safeText(what)}\n`);
}

function knownOptions(raw: readonly string[]): void {
  for (const option of raw) {
    const name = /^--?(?:no-)?([^=]*)/.exec(option)?.[1] ?? '';
    if (!option.startsWith('-') || /^-?\d/.test(option) || name in args) continue;
    const known = Object.keys(args).filter((each) => each !== 'module');
    throw new UsageError(`Unknown option ${option}. Known are ${known.map((each) => `--${each}`).join(', ')}.`);
  }
}

async function load({ module: path, _: named }: Given): Promise<ServedModule> {
  if (path === undefined) throw new UsageError('Which module? For example: tailrace serve agents.ts');
  if (named.length > 1)
    throw new UsageError(`One module is served, got ${named.length}: ${named.join(', ')}. Export its agents from one.`);
  return servedModule(await loadModule(path), path);
}

/** Resolves at the first SIGTERM or SIGINT. The next one ends the process as it would by itself. */
function nextSignal(): Promise<void> {
  return new Promise((done) => {
    const came = (): void => {
      process.off('SIGTERM', came);
      process.off('SIGINT', came);
      done();
    };
    process.on('SIGTERM', came);
    process.on('SIGINT', came);
  });
}

async function stop(running: RunningServer, graceMs: number): Promise<void> {
  process.stdout.write('Stopping: runs are left at their next step. Once more to end at once.\n');
  await running.stop({ graceMs });
  process.stdout.write('Stopped. Runs that were under way go on when it is served again.\n');
}

function startError(error: unknown, { port, host }: Given): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken on ${host}. Choose another with --port; 0 takes any that is free.`;
  if (code === 'EACCES') return `Port ${port} may not be listened on by this user. Choose one above 1023 with --port.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine has no address ${host}. Choose one with --host.`;
  return errorText(error);
}

function wholeNumber(name: string, text: string, most: number): number {
  if (/^\d{1,7}$/.test(text) && Number(text) <= most) return Number(text);
  throw new UsageError(`${name} takes a whole number of 0 to ${most}, got ${text}.`);
}
