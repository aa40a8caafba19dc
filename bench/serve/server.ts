/** A server to measure, in a process of its own: `server.ts <subject> <options as JSON>`. It answers its parent's questions about itself. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServedSubject, ServeOptions } from './subject.ts';

export interface Usage {
  /** User and system time of all threads, in milliseconds. */
  cpuMs: number;
  /** System time alone. */
  systemMs: number;
  /** After a collection, in bytes. */
  heap: number;
  rss: number;
  openSpans: number;
}

const subjects: Readonly<Record<string, (options: ServeOptions) => Promise<ServedSubject>>> = {
  raw: async (options) => (await import('./floor.ts')).overFetch(options),
  'raw-http': async (options) => (await import('./floor.ts')).overHttp(options),
  tailrace: async (options) => (await import('./tailrace.ts')).subject(options),
  '@openai/agents': async (options) => (await import('./openai-agents.ts')).subject(options),
};

const [name = '', options = '{}'] = process.argv.slice(2);
const load = subjects[name];
if (!load) throw new Error(`No subject '${name}'`);
const served = await load(JSON.parse(options) as ServeOptions);
const server = createServer(served.listener);
server.listen(0, '127.0.0.1', 2_048, () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on('disconnect', () => process.exit());
process.on('message', (question) => void answer(question === 'heap'));

async function answer(collected: boolean): Promise<void> {
  const { user, system } = process.cpuUsage();
  if (collected) await collect();
  const { heapUsed, rss } = process.memoryUsage();
  const usage: Usage = {
    cpuMs: (user + system) / 1_000,
    systemMs: system / 1_000,
    heap: heapUsed,
    rss,
    openSpans: served.openSpans(),
  };
  process.send?.(usage);
}

/** What is waiting to be let go of goes in turns of the event loop. */
async function collect(): Promise<void> {
  for (let time = 0; time < 4; time++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
