import { safeText } from './terminal-text.ts';

/** Where the command writes. With --json, standard output carries events and nothing else. */
export interface Output {
  /** The run as it shows. */
  readonly out: (text: string) => void;
  /** What is said about the run: the model, the id, prompts. */
  readonly note: (text: string) => void;
  readonly color: boolean;
  readonly columns: number;
  /** Aborts when nobody reads the output any more. */
  readonly closed: AbortSignal;
}

/** Standard output and error. */
export function standardOutput(json: boolean, env: NodeJS.ProcessEnv = process.env): Output {
  const closing = new AbortController();
  const stdout = process.stdout;
  for (const stream of [stdout, process.stderr]) {
    // A reader such as `head` that has enough closes the pipe. That ends the run and is no error.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      closing.abort();
    });
  }
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    if (text !== '' && !closing.signal.aborted) stream.write(text);
  };
  const terminal = json ? process.stderr : stdout;
  return {
    out: (text) => write(stdout, text),
    note: (text) => write(terminal, text),
    color: usesColor(terminal, env),
    columns: terminal.columns || 100,
    closed: closing.signal,
  };
}

/** Escape codes go only to a terminal that can show them, unless NO_COLOR says otherwise (no-color.org). */
export function usesColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** An error for people: what it says, without its stack. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return safeText(String(error));
  const code =
    'code' in error && typeof error.code === 'string' && error.code !== 'USER_ERROR' ? ` [${error.code}]` : '';
  return safeText(`${error.message}${code}`);
}
