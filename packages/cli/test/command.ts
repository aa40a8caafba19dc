import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START = ['--conditions=@tailrace/source', join(import.meta.dirname, '..', 'src', 'start.ts')];
/** As `npx tailrace` does. */
export const TAILRACE: readonly string[] = [join(import.meta.dirname, '..', 'tailrace.mjs')];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard output or error has held the text, with what of it was asked for. */
  shows(text: string | RegExp): Promise<readonly (string | undefined)[]>;
}

/** A folder of its own, with the log in it, that is removed again. */
export class Workplace implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'tailrace-cli-'));
  readonly #program: readonly string[];

  /** Of the start command, as `npm start` starts it, if nothing else is said. */
  constructor(program: readonly string[] = START) {
    this.#program = program;
  }

  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^(OPENAI_|TAILRACE_|NODE_ENV|NO_COLOR|FORCE_COLOR|VITEST)/.test(name),
      ),
    );
    const child = spawn(process.execPath, [...this.#program, ...args], {
      cwd: this.path,
      env: { ...clean, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    const looks = new Set<() => void>();
    const heard = (): void => looks.forEach((look) => look());
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      heard();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      heard();
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        resolve({ code, signal, stdout, stderr });
        heard();
      });
    });
    const shows: Running['shows'] = (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = (output: string): readonly string[] | null =>
            typeof text === 'string' ? (output.includes(text) ? [text] : null) : text.exec(output);
          const shown = found(stdout) ?? found(stderr);
          if (shown) resolve(shown);
          else if (child.exitCode !== null)
            reject(new Error(`It ended without showing '${String(text)}':\n${stdout}\n${stderr}`));
        };
        looks.add(look);
        look();
      });
    return { child, ended, shows };
  }

  /** Runs it to its end, with `input` as its standard input. */
  run(
    args: readonly string[],
    { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Ended> {
    const { child, ended } = this.start(args, env);
    child.stdin?.end(input);
    return ended;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
