// Servers in processes of their own, one file that they share, and the model that they ask.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { OnDisconnect } from '../../src/event/run-event.ts';
import { sqlite, type SqliteStore } from '../../src/store/sqlite.ts';
import { startWireServer, type WireScript, type WireServer } from '../../src/testing/index.ts';

export interface ServerWorld {
  db: string;
  modelUrl: string;
  leaseMs: number;
  /** Any free one by default. */
  port?: number;
  onDisconnect?: OnDisconnect;
  /** False for one that serves and leaves the driving to others. */
  drives?: boolean;
  context?: boolean;
}

export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  static async start(world: ServerWorld): Promise<ServerProcess> {
    const program = fileURLToPath(new URL('server-process.ts', import.meta.url));
    const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'tailrace-test-compile-cache') };
    const args = ['--no-warnings', '--conditions=@tailrace/source', program, JSON.stringify(world)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The server ended with ${String(code)} before it listened.`);
      }),
    ])) as [string];
    return new ServerProcess(child, (JSON.parse(line) as { port: number }).port);
  }

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.#exited = once(child, 'exit');
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill(signal);
    await this.#exited;
  }

  pause(): void {
    this.#process.kill('SIGSTOP');
  }

  resume(): void {
    this.#process.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** A file and a model. The test looks into the file with a store of its own. */
export class Place implements AsyncDisposable {
  readonly db: string;
  readonly model: WireServer;
  readonly store: SqliteStore;
  readonly #directory: string;

  static async make(script: WireScript): Promise<Place> {
    return new Place(await startWireServer({ script }));
  }

  private constructor(model: WireServer) {
    this.model = model;
    this.#directory = mkdtempSync(join(tmpdir(), 'http-'));
    this.db = join(this.#directory, 'runs.db');
    this.store = sqlite(this.db);
  }

  world(more: Partial<ServerWorld> = {}): ServerWorld {
    return { db: this.db, modelUrl: this.model.url, leaseMs: 300, ...more };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await this.model.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
