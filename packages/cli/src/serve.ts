/** `tailrace serve agents.ts`: the agents that a module exports, over HTTP, until a signal stops it. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CommandDef, defineCommand } from 'citty';
import { type RunningServer, serve } from '@tailrace/server';
import { sqlite } from 'tailrace/sqlite';
import { errorText } from './output.ts';
import { type ServedModule, servedModule } from './served-module.ts';
import { UsageError } from './options.ts';

const args = {
  module: {
    type: 'positional',
    required: true,
    description: 'A module that exports agents, and maybe `authorize` and `context`',
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
  run: async ({ args: given }) => {
    process.exitCode = await served(given);
  },
});

interface Given {
  module: string;
  port: string;
  host: string;
  db: string;
  grace: string;
}

async function served(given: Given): Promise<number> {
  try {
    const port = wholeNumber('--port', given.port, 65_535);
    const graceMs = wholeNumber('--grace', given.grace, 600_000);
    const found = await load(given.module);
    const store = sqlite(given.db);
    try {
      const running = await serve({ ...found, store, port, hostname: given.host });
      const names = Object.keys(found.agents).map((name) => `'${name}'`);
      process.stdout.write(`Serving ${names.join(', ')} on ${running.url}\n`);
      await stopped(running, graceMs);
      return 0;
    } finally {
      await store.close();
    }
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function load(path: string): Promise<ServedModule> {
  const url = pathToFileURL(resolve(path)).href;
  return servedModule((await import(url)) as Record<string, unknown>, path);
}

/** SIGTERM or SIGINT: everything is let go of within the grace. A second one ends the process as it would by itself. */
async function stopped(running: RunningServer, graceMs: number): Promise<void> {
  await new Promise<void>((done) => {
    const stop = (): void => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      done();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
  await running.stop({ graceMs });
}

function wholeNumber(name: string, text: string, most: number): number {
  if (/^\d{1,7}$/.test(text) && Number(text) <= most) return Number(text);
  throw new UsageError(`${name} takes a whole number of 0 to ${most}, got ${text}.`);
}
