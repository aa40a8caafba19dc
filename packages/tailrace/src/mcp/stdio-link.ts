/** A server as a child process. Owns the process until it is gone; the library's transport speaks to it. */
import type { Transport } from '@modelcontextprotocol/client';
import type { StdioLibrary } from './client-library.ts';
import type { Link } from './connection.ts';
import { printable } from './printable.ts';

export interface ProcessOptions {
  command: string;
  args: readonly string[];
  env: Record<string, string> | undefined;
  cwd: string | undefined;
  stderr: 'pipe' | 'inherit' | 'ignore';
  maxMessageBytes: number;
}

type Inner = InstanceType<typeof StdioLibrary.StdioClientTransport>;

/** The part of a child process that is looked at. */
interface Child {
  pid?: number;
  exitCode: number | null;
  signalCode: string | null;
  stdout: { closed: boolean; destroy(): void } | null;
  stderr: { closed: boolean; destroy(): void } | null;
  once(event: 'exit' | 'close', listener: () => void): unknown;
  kill(signal: 'SIGKILL'): boolean;
}

const STDERR_TAIL = 2_000;
const EXIT_MS = 1_000;
const CLOSE_MS = 100;

export function stdioLink(library: typeof StdioLibrary, options: ProcessOptions): Link {
  const { command, args, env, cwd, stderr, maxMessageBytes } = options;
  const inner = new library.StdioClientTransport({
    command,
    args: [...args],
    stderr,
    maxBufferSize: maxMessageBytes,
    ...(env && { env }),
    ...(cwd !== undefined && { cwd }),
  });
  let tail = '';
  // Read, always: a pipe that nobody reads stops the process that writes to it.
  inner.stderr?.on('data', (chunk: unknown) => {
    tail = `${tail}${String(chunk)}`.slice(-STDERR_TAIL);
  });
  const transport = new StdioTransport(inner);
  return {
    transport,
    left: () => transport.left(),
    finish: () => transport.gone(),
    explain: async () => {
      const said = printable(tail, env);
      const facts = [await transport.ending(), said === '' ? '' : `its stderr ends with: ${said}`];
      return facts.filter((fact) => fact !== '').join('; ');
    },
  };
}

/**
 * The library's transport, seen through. The library asks its own class in a second process which protocol a server speaks; ours is asked in the one that it keeps.
 */
class StdioTransport implements Transport {
  readonly #inner: Inner;
  #child: Child | undefined;

  constructor(inner: Inner) {
    this.#inner = inner;
  }

  async start(): Promise<void> {
    this.#inner.onmessage = (message) => this.onmessage?.(message);
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onclose = () => this.onclose?.();
    const started = this.#inner.start();
    // The library forgets the process before it has ended. Without this, closing would only be a little less certain.
    const child: unknown = Reflect.get(this.#inner, '_process');
    if (typeof child === 'object' && child !== null && 'exitCode' in child) this.#child = child as Child;
    await started;
  }

  onmessage?: Transport['onmessage'];
  onerror?: (error: Error) => void;
  onclose?: () => void;

  send(message: Parameters<Inner['send']>[0]): Promise<void> {
    return this.#inner.send(message);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** Resolves when there is no process any more. */
  async gone(): Promise<void> {
    await this.#inner.close();
    const child = this.#child;
    if (child?.pid === undefined) return;
    if (!ended(child)) {
      const exited = happened(child, 'exit', EXIT_MS);
      child.kill('SIGKILL');
      await exited;
    }
    const pipes = [child.stdout, child.stderr].filter((pipe) => pipe?.closed === false);
    if (pipes.length === 0) return;
    // A process that it started may hold on to its pipes, and is not ours to wait for.
    const closed = happened(child, 'close', CLOSE_MS);
    for (const pipe of pipes) pipe?.destroy();
    await closed;
  }

  /** True when there was a process, and it has ended or is just about to. */
  async left(): Promise<boolean> {
    const child = this.#child;
    if (child?.pid === undefined) return false;
    if (!ended(child)) await happened(child, 'exit', CLOSE_MS);
    return ended(child);
  }

  /** How the process ended, if it has. */
  async ending(): Promise<string> {
    const child = this.#child;
    if (!child || !(await this.left())) return '';
    return child.exitCode === null ? `it was ended by ${child.signalCode}` : `it exited with code ${child.exitCode}`;
  }
}

function ended({ exitCode, signalCode }: Child): boolean {
  return exitCode !== null || signalCode !== null;
}

async function happened(child: Child, event: 'exit' | 'close', withinMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    child.once(event, resolve);
    timer = setTimeout(resolve, withinMs);
  });
  clearTimeout(timer);
}
