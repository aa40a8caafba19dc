import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

export const root: string = join(import.meta.dirname, '..');

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the command and its children are killed. */
  readonly limitMs: number;
  /** Show the output as it comes instead of collecting it. */
  readonly live?: boolean;
}

export interface CommandResult {
  readonly ok: boolean;
  /** `exit 0`, `exit 3`, `signal SIGTERM`, `hung: killed after 30 s`. */
  readonly ending: string;
  readonly output: string;
}

/**
 * Runs a program without stdin, with the tools of node_modules/.bin first on PATH, and waits for its end.
 * It gets a process group of its own, so that a hung one is killed with everything that it started.
 */
export function command(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const environment = { ...process.env, ...options.env };
  const bin = join(root, 'node_modules', '.bin');
  const child = spawn(file, args, {
    cwd: options.cwd ?? root,
    env: { ...environment, PATH: [bin, environment['PATH']].join(delimiter) },
    stdio: ['ignore', options.live === true ? 'inherit' : 'pipe', options.live === true ? 'inherit' : 'pipe'],
    detached: process.platform !== 'win32',
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));

  let hung = false;
  const kill = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
    } catch {
      // It has ended by itself in the meantime.
    }
  };
  // First the gentle signal: a script of ours passes it on to the groups that it has started itself.
  const leave = (): void => kill('SIGTERM');
  const limit = setTimeout(() => {
    hung = true;
    leave();
    setTimeout(() => kill('SIGKILL'), 2_000).unref();
  }, options.limitMs);
  process.once('exit', leave);

  return new Promise((settle) => {
    const end = (ok: boolean, ending: string): void => {
      clearTimeout(limit);
      process.off('exit', leave);
      settle({ ok, ending, output });
    };
    child.once('error', (error) => end(false, error.message));
    child.once('close', (code, signal) => {
      if (hung) end(false, `hung: killed after ${options.limitMs / 1000} s`);
      else end(code === 0, signal === null ? `exit ${code}` : `signal ${signal}`);
    });
  });
}

/** Like `command`, but an unsuccessful end throws with everything that was printed. */
export async function succeed(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const result = await command(file, args, options);
  if (!result.ok) throw new Error(`${[file, ...args].join(' ')}: ${result.ending}\n${result.output}`);
  return result.output;
}

/** The environment of a user who has configured nothing: no keys, no endpoints, no colours. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/(_API_KEY|_BASE_URL|_DEFAULT_MODEL)$|^(NODE_ENV|NODE_OPTIONS|FORCE_COLOR)$/.test(name),
  );
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}
