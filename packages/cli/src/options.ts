import { parseArgs } from 'node:util';

export interface Options {
  readonly question: string | undefined;
  readonly model: string | undefined;
  readonly show: string | undefined;
  /** A run's id; true for the newest that has no end. */
  readonly resume: string | true | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** The command line is wrong. The message says what, the exit code is 2. */
export class UsageError extends Error {}

export const HELP = `Asks an agent with tools in this terminal, and keeps the run in .tailrace/tailrace.db.

  npm start -- "What is 17% of 2,340, and what time is it in Oslo?"
  npm start                       a conversation, one question a line
  echo "What is 12 * 7?" | npm start
                                  piped input: each line that is not empty is one turn of one conversation

Options, after --
  --model <name>   the model to use; offline-demo for the built-in stand-in
  --show <run>     print a stored run again
  --resume [run]   go on with the newest run that has no end, because its process was killed, or with this one
  --json           print the run's events as JSON, one a line; everything else goes to stderr
  --help           this text

The model is the one of --model; else, with OPENAI_API_KEY (and OPENAI_BASE_URL), OpenAI's or that server's; else a local server
that answers on this machine (Ollama 11434, LM Studio 1234, llama.cpp 8080, vLLM 8000; others with TAILRACE_LOCAL_SERVERS=name=port,name=port); else offline-demo, which is rules and not
a language model.

Ctrl-C cancels the run; a second one leaves at once.
Exit codes: 0 done, 1 the run failed, 2 wrong usage, 130 cancelled.
`;

/** @throws {UsageError} for an option that is unknown, lacks its value, or does not go with another. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const question = positionals.join(' ').trim();
  const { model, show, resume = false, json = false, help = false } = values;
  if (show !== undefined && question !== '') throw new UsageError('--show prints a stored run and takes no question.');
  if (resume && show !== undefined) throw new UsageError('--show and --resume do not go together.');
  if (resume && positionals.length > 1) throw new UsageError('--resume takes the id of one run, and no question.');
  for (const [name, value] of Object.entries({ model, show })) {
    if (value?.trim() === '') throw new UsageError(`--${name} needs a value.`);
  }
  const asked = question === '' || resume ? undefined : question;
  return { question: asked, model, show, resume: resume ? question || true : undefined, json, help };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: 'string', short: 'm' },
        show: { type: 'string' },
        resume: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, option] = /^Unknown option '([^']+)'/.exec(message) ?? [];
    if (option === undefined) throw new UsageError(message, { cause: error });
    throw new UsageError(`Unknown option ${option}. Known are --model, --show, --resume, --json and --help.`, {
      cause: error,
    });
  }
}
