/**
 * `npm run bench:serve`: what a stream costs a server, beside the floor (no SDK at all) and the published @openai/agents behind Hono.
 *
 * The model, the server and the clients are three processes. Medians over fresh servers, the subjects by turns; CPU is the server process's. `--quick` takes one short
 * round; `--rounds <n>`; `--only load|burst|idle|leave`; `--subject <name>`; `--source` measures the sources; `--no-build` measures `dist` as it is; `--write` writes
 * RESULTS-SERVE.md. Nothing here fails because something was slow, but what is lost or wrong fails it.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Figures } from './cases/case.ts';
import { medians } from './results.ts';
import type { Order, Sight } from './serve/clients.ts';
import { serveTable, writeServeResults } from './serve/results.ts';
import type { Usage } from './serve/server.ts';
import type { ServeOptions } from './serve/subject.ts';

const SUBJECTS = ['raw', 'raw-http', 'tailrace', '@openai/agents'];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    subject: { type: 'string' },
    profile: { type: 'string' },
    source: { type: 'boolean', default: false },
    build: { type: 'boolean', default: true },
    write: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    words: { type: 'string', default: '200' },
  },
  allowNegative: true,
});
const { quick, only, source, profile } = options;
const rounds = Number(options.rounds ?? (quick ? 1 : 3));
const subjects = options.subject?.split(',') ?? SUBJECTS;
const root = join(import.meta.dirname, '..');
const here = join(import.meta.dirname, 'serve');
if (options.build && !source) execFileSync(process.execPath, [join(root, 'scripts', 'build.ts')], { stdio: 'inherit' });

const directory = mkdtempSync(join(tmpdir(), 'bench-serve-'));
let files = 0;
const env = { ...process.env, NODE_OPTIONS: '', OPENAI_API_KEY: 'sk-bench' };

/** A process that answers each line with a line. */
class Lines {
  readonly process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(file: string) {
    this.process = spawn(process.execPath, [join(here, file)], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface(this.process.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error('A process of the benchmark has ended');
    return answer.value;
  }

  async ask(order: Order): Promise<Sight> {
    this.process.stdin?.write(`${JSON.stringify(order)}\n`);
    return JSON.parse(await this.next()) as Sight;
  }
}

interface Served extends AsyncDisposable {
  url: string;
  usage(collected?: boolean): Promise<Usage>;
}

async function serve(subject: string, onDisconnect: ServeOptions['onDisconnect'] = 'default'): Promise<Served> {
  const given: ServeOptions = { model: `${modelUrl}/v1`, path: join(directory, `${files++}.db`), onDisconnect };
  const child = fork(join(here, 'server.ts'), [subject, JSON.stringify(given)], {
    env,
    execArgv: [
      '--expose-gc',
      ...(source ? ['--conditions=@tailrace/source'] : []),
      ...(profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${profile}`]),
    ],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${port}`,
    usage: async (collected = false) => {
      child.send(collected ? 'heap' : 'cpu');
      return ((await once(child, 'message')) as [Usage])[0];
    },
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

// What does not vary as time does is measured less often: all of it takes less than four minutes on a machine that has nothing else to do.
const ROUNDS_OF: Readonly<Record<string, number>> = { burst: 2, idle: 1, leave: 1 };

const STREAMS = quick ? 100 : 500;
const order = (url: string, more: Partial<Order>): Order => ({
  url,
  model: 'words:20:0',
  count: STREAMS,
  until: 'end',
  words: 20,
  apartMs: 0,
  ...more,
});

/** What is lost or wrong is no figure. */
function checked(subject: string, sight: Sight): Sight {
  if (sight.lost === 0 && sight.errors === 0) return sight;
  throw new Error(`${subject}: ${sight.lost} words lost, ${sight.errors} errors`);
}

async function warm(served: Served, subject: string): Promise<void> {
  checked(subject, await clients.ask(order(served.url, { apartMs: 1 })));
}

/** Streams at the pace of a model: a word every 40 ms in each. */
async function load(subject: string): Promise<Figures> {
  await using served = await serve(subject);
  await warm(served, subject);
  const before = await served.usage();
  const seen = checked(
    subject,
    await clients.ask(
      order(served.url, { model: `words:${options.words}:40`, words: Number(options.words), apartMs: 1 }),
    ),
  );
  const after = await served.usage();
  if (options.verbose) console.log(subject, 'system µs', ((after.systemMs - before.systemMs) * 1_000) / seen.words);
  const first = seen.first.toSorted((a, b) => a - b);
  return {
    µs: ((after.cpuMs - before.cpuMs) * 1_000) / seen.words,
    perSecond: (seen.words / seen.wallMs) * 1_000,
    firstMs: first[first.length >> 1] ?? Number.NaN,
    first99Ms: first[Math.floor(first.length * 0.99)] ?? Number.NaN,
  };
}

/** Streams as fast as they are taken. */
async function burst(subject: string): Promise<Figures> {
  await using served = await serve(subject);
  await warm(served, subject);
  const before = await served.usage();
  const seen = checked(subject, await clients.ask(order(served.url, { model: 'words:200:0', words: 200 })));
  const after = await served.usage();
  return { µs: ((after.cpuMs - before.cpuMs) * 1_000) / seen.words, perSecond: (seen.words / seen.wallMs) * 1_000 };
}

/** Streams that say nothing any more. */
async function idle(subject: string): Promise<Figures> {
  await using served = await serve(subject);
  await warm(served, subject);
  const before = await served.usage(true);
  checked(subject, await clients.ask(order(served.url, { model: 'hold', until: 'stay', apartMs: 1 })));
  const after = await served.usage(true);
  await clients.ask(order('', { until: 'leave' }));
  return {
    heapKiB: (after.heap - before.heap) / 1_024 / STREAMS,
    rssKiB: (after.rss - before.rss) / 1_024 / STREAMS,
  };
}

/** Clients that leave in mid-stream, all at once. */
async function leave(subject: string): Promise<Figures> {
  await using served = await serve(subject, 'cancel');
  const leavers = 200;
  await warm(served, subject);
  // Once for what is made at the first time only.
  await left(served, subject, leavers);
  const before = await served.usage(true);
  const figures = await left(served, subject, leavers);
  const after = await served.usage(true);
  return { ...figures, openSpans: after.openSpans, leftMiB: (after.heap - before.heap) / 1_048_576 };
}

async function left(served: Served, subject: string, count: number): Promise<Figures> {
  await closesOf();
  checked(subject, await clients.ask(order(served.url, { model: 'words:5000:40', until: 'stay', count, apartMs: 1 })));
  const { leftAt } = await clients.ask(order('', { until: 'leave' }));
  let closed: number[] = [];
  for (let look = 0; look < 40 && closed.length < count; look++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    closed = [...closed, ...(await closesOf()).closes];
  }
  // Time for the last ends to be written.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const after = closed.map((at) => at - leftAt);
  return { closed: after.filter((ms) => ms <= 250).length, never: count - closed.length, lastMs: Math.max(...after) };
}

async function closesOf(): Promise<{ open: number; closes: number[] }> {
  return (await (await fetch(`${modelUrl}/closes`)).json()) as { open: number; closes: number[] };
}

const parts: Readonly<Record<string, (subject: string) => Promise<Figures>>> = { load, burst, idle, leave };
const runs: Record<string, Record<string, Figures[]>> = {};
const began = performance.now();
const model = new Lines('model.ts');
const clients = new Lines('clients.ts');
const modelUrl = `http://127.0.0.1:${await model.next()}`;
try {
  for (let round = 0; round < rounds; round++) {
    for (const [name, part] of Object.entries(parts)) {
      if (only !== undefined && name !== only) continue;
      if (only === undefined && round >= (ROUNDS_OF[name] ?? rounds)) continue;
      for (const subject of subjects) ((runs[name] ??= {})[subject] ??= []).push(await part(subject));
    }
    console.log(`round ${round + 1} of ${rounds}, ${Math.round((performance.now() - began) / 1_000)} s`);
  }
} finally {
  model.process.kill();
  clients.process.kill();
  rmSync(directory, { recursive: true });
}
const table = serveTable(medians(runs), rounds);
console.log(`\n${table}`);
if (options.write) writeServeResults(table);
