import { createInterface } from 'node:readline';

export interface QuestionOptions {
  /** Where a person is asked; undefined when lines come from a pipe. */
  readonly prompt: string | undefined;
  /** Ctrl-C and end of input at the prompt. True when something was under way and has been told. */
  readonly onInterrupt: () => boolean;
}

/** The lines of standard input that are not empty, each a question. The next is asked for when the one before has been answered. */
export async function* questions({ prompt, onInterrupt }: QuestionOptions): AsyncGenerator<string, void> {
  const terminal = prompt !== undefined;
  const lines = createInterface({
    input: process.stdin,
    ...(terminal && { output: process.stdout, prompt }),
    terminal,
  });
  lines.on('SIGINT', () => {
    if (onInterrupt()) return;
    process.stdout.write('\n');
    lines.close();
  });
  try {
    if (terminal) lines.prompt();
    for await (const line of lines) {
      const question = line.trim();
      if (terminal && /^(exit|quit|\/exit|\/quit)$/i.test(question)) return;
      if (question !== '') yield question;
      if (terminal) lines.prompt();
    }
  } finally {
    lines.close();
  }
}
