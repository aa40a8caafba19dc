// Processes that a test starts, tells what to do, stops and kills. Each is started before it is needed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Death } from './suicidal-store.ts';

export interface WorkerWorld {
  db: string;
  url: string;
  /** Where tools say that they were called. */
  effects: string;
  /** Where the trace processor says what it was told. */
  traces: string;
  leaseMs: number;
  pollMs?: number;
  dies?: Death;
}

export type WorkerCommand =
  | { do: 'open'; world: WorkerWorld }
  | { do: 'start' }
  | { do: 'submit'; run: string; input: string; session: string }
  | { do: 'approve' | 'reject'; run: string; call: string }
  | { do: 'shift'; ms: number }
  | { do: 'writes' }
  | { do: 'stop'; graceMs: number };

export interface WorkerAnswer {
  ready?: boolean;
  id?: number;
  value?: unknown;
  error?: { code: string; message: string };
  /** What kept the process from driving a run. */
  driveError?: string;
}

export class CommandError extends Error {
  readonly code: string;

  constructor({ code, message }: { code: string; message: string }) {
    super(message);
    this.code = code;
  }
}

/** A child that takes commands as lines of JSON, and answers each by its number. */
export class Child<TCommand extends object = WorkerCommand> {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  readonly exited: Promise<void>;
  readonly driveErrors: string[] = [];
  /** Lines that answer nothing. */
  onTold: ((line: WorkerAnswer) => void) | undefined;
  #commands = 0;
  readonly #waiting: Map<number, PromiseWithResolvers<unknown>> = new Map();

  constructor(program: string) {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'tailrace-test-compile-cache') };
    this.process = spawn(process.execPath, ['--no-warnings', '--conditions=@tailrace/source', path], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env,
    });
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    const lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const answer = JSON.parse(line) as WorkerAnswer;
      if (answer.ready) ready.resolve();
      else if (answer.id !== undefined) this.#answered(answer.id, answer);
      else if (answer.driveError !== undefined) this.driveErrors.push(answer.driveError);
      else this.onTold?.(answer);
    });
    // A child that is killed may leave a command unread.
    this.process.stdin?.on('error', () => undefined);
    this.exited = once(this.process, 'exit').then(() => {
      for (const { reject } of this.#waiting.values()) reject(new CommandError({ code: 'KILLED', message: 'killed' }));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.process.pid as number;
  }

  get dead(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async tell(command: TCommand): Promise<unknown> {
    await this.ready;
    if (this.dead) throw new CommandError({ code: 'KILLED', message: 'killed' });
    const id = ++this.#commands;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.process.stdin?.write(`${JSON.stringify({ ...command, id })}\n`);
    return answer.promise;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.process.kill(signal);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  #answered(id: number, { value, error }: WorkerAnswer): void {
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) answer?.reject(new CommandError(error));
    else answer?.resolve(value);
  }
}

/** Lets the workers say what they still have to say, which they do after the end is in the log, and ends them. */
export async function dismiss(...workers: Child[]): Promise<void> {
  await Promise.all(
    workers.map(async (worker) => {
      if (worker.dead) return;
      await worker.tell({ do: 'stop', graceMs: 5_000 });
      await worker.kill();
    }),
  );
}

/** Workers that are ready when they are asked for. */
export class Workers implements AsyncDisposable {
  readonly #spare: Child[] = [];
  readonly #all: Child[] = [];
  readonly #keep: number;

  constructor(keep = 2) {
    this.#keep = keep;
    this.#fill();
  }

  /** A worker that has the file open, and does nothing yet. */
  async take(world: WorkerWorld): Promise<Child> {
    const child = this.#spare.shift() ?? this.#spawn();
    this.#fill();
    await child.tell({ do: 'open', world });
    return child;
  }

  #fill(): void {
    while (this.#spare.length < this.#keep) this.#spare.push(this.#spawn());
  }

  #spawn(): Child {
    const child = new Child('worker.ts');
    this.#all.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map(async (child) => child.kill()));
  }
}
