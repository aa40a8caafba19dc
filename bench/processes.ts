import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { CaseOptions, Figures } from './cases/case.ts';

/** Runs a program of Node in a fresh process and gives what it printed. */
export function node(args: readonly string[], limitMs = 120_000): Promise<string> {
  return new Promise((resolve, reject) => {
    // Without the conditions of this process: the subjects are the built packages.
    const env = { ...process.env, NODE_OPTIONS: '', OPENAI_API_KEY: 'sk-bench' };
    const child = spawn(process.execPath, args, {
      cwd: import.meta.dirname,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limit);
      if (code === 0) resolve(output);
      else reject(new Error(`${args.join(' ')} ended with ${code ?? 'a signal'}`));
    });
  });
}

export async function measure(caseName: string, subject: string, options: CaseOptions): Promise<Figures> {
  const output = await node([
    '--expose-gc',
    join(import.meta.dirname, 'child.ts'),
    caseName,
    subject,
    JSON.stringify(options),
  ]);
  return JSON.parse(output) as Figures;
}

export interface ModelServer extends Disposable {
  readonly url: string;
}

export function startModelServer(): Promise<ModelServer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdout.setEncoding('utf8').once('data', (port: string) => {
      resolve({ url: `http://127.0.0.1:${port.trim()}`, [Symbol.dispose]: () => void child.kill() });
    });
  });
}
