/**
 * A process that reads a run, and keeps of each event only what a screen would: the text, and its place. Told `drop`, it forgets its connection, opens the file again and
 * goes on from its place, as one whose server was killed does.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LogStore, openLogSource, positionOf, readLog, resolvePosition, type RunEvent } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';

export interface ReaderReport {
  /** Text by step, as the screen shows it. */
  texts: Record<string, string>;
  /** The end's type. */
  ended: string | undefined;
  output: string | undefined;
  /** Where it was told that what it had seen is not in the log. */
  resets: number;
  connections: number;
  /** Events that did not follow the one before. */
  gaps: string[];
}

export type ReaderCommand = { do: 'read'; db: string; run: string } | { do: 'drop' } | { do: 'report' };

class Screen {
  readonly report: ReaderReport = {
    texts: {},
    ended: undefined,
    output: undefined,
    resets: 0,
    connections: 0,
    gaps: [],
  };
  readonly #db: string;
  readonly #run: string;
  #position: string | undefined;
  #next = 0;
  #connection: AbortController | undefined;

  constructor(db: string, run: string) {
    this.#db = db;
    this.#run = run;
  }

  async follow(): Promise<void> {
    while (this.report.ended === undefined) {
      const store = sqlite(this.#db, { pollMs: 5 });
      this.#connection = new AbortController();
      this.report.connections += 1;
      try {
        await this.#read(store, this.#connection.signal);
      } catch (error) {
        if (!this.#connection.signal.aborted) throw error;
      } finally {
        await store.close();
      }
    }
  }

  drop(): void {
    this.#connection?.abort();
  }

  async #read(store: LogStore, signal: AbortSignal): Promise<void> {
    let from = 0;
    while (((await store.head(this.#run))?.next ?? 0) === 0 && !signal.aborted) await sleep(2);
    if (this.#position !== undefined) {
      const resolved = await resolvePosition(store, this.#run, this.#position);
      ({ from } = resolved);
      if (resolved.reset) {
        this.report.resets += 1;
        this.#next = from;
        const { open } = resolved.reset;
        if (open) this.report.texts[open.step] = open.text;
      }
    }
    for await (const event of readLog(openLogSource(store, this.#run), { from, signal })) this.#take(event);
  }

  #take(event: RunEvent): void {
    const { texts } = this.report;
    if (event.seq !== this.#next) this.report.gaps.push(`${event.seq} after ${this.#next - 1}`);
    this.#next = event.seq + 1;
    this.#position = positionOf(event);
    if (event.type === 'model.called') texts[event.step] = '';
    else if (event.type === 'model.delta') texts[event.step] += event.text ?? '';
    else if (event.type === 'model.part' && event.part.type === 'output_text_delta')
      texts[event.step] += event.part.delta;
    else if (event.type === 'step.attempt' && event.of === 'model') texts[event.step] = '';
    else if (event.type === 'run.completed' || event.type === 'run.failed' || event.type === 'run.cancelled') {
      this.report.ended = event.type;
      if (event.type === 'run.completed') this.report.output = event.output;
    }
  }
}

let screen: Screen | undefined;
let followed: Promise<void> | undefined;

async function perform(command: ReaderCommand): Promise<unknown> {
  if (command.do === 'read') {
    screen = new Screen(command.db, command.run);
    followed = screen.follow();
    followed.catch(() => undefined);
    return null;
  }
  if (command.do === 'drop') return screen?.drop() ?? null;
  await followed;
  return screen?.report;
}

async function obey(line: string): Promise<void> {
  const command = JSON.parse(line) as ReaderCommand & { id: number };
  const answer = await perform(command).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: { code: 'READER', message: String(error) } }),
  );
  process.stdout.write(`${JSON.stringify({ id: command.id, ...answer })}\n`);
}

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(line))
  .on('close', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
