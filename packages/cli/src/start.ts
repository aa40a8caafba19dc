import { Runner } from 'tailrace';
import { sqlite, type SqliteStore } from 'tailrace/sqlite';
import { startAgent } from './agents.ts';
import { Interrupt } from './interrupt.ts';
import { chooseModel, NoModelError } from './model-choice.ts';
import { HELP, type Options, readOptions, UsageError } from './options.ts';
import { errorText, type Output, standardOutput } from './output.ts';
import { questions } from './questions.ts';
import { findUnfinished } from './resume.ts';
import { showRun } from './show.ts';
import { paintFor, safeText } from './terminal-text.ts';
import { LOG_PATH, resumeTurn, takeTurn } from './turn.ts';

process.exitCode = await start(process.argv.slice(2));

async function start(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${safeText(error.message)}\nTry: npm start -- --help\n`);
    return 2;
  }
  const output = standardOutput(options.json);
  if (options.help) {
    output.out(HELP);
    return 0;
  }
  try {
    const store = sqlite(LOG_PATH);
    try {
      if (options.show !== undefined) return await showRun(store, options.show, options.json, output);
      return options.resume === undefined
        ? await converse(options, store, output)
        : await goOn(options, options.resume, store, output);
    } finally {
      await store.close();
    }
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    return error instanceof NoModelError ? 2 : 1;
  }
}

/** One question, or all that come. Ends with the exit code of the worst turn. */
async function converse(options: Options, store: SqliteStore, output: Output): Promise<number> {
  const { model, why } = await chooseModel(options.model);
  const paint = paintFor(output.color);
  output.note(`${paint.dim(`model: ${safeText(why)}`)}\n`);
  const runner = new Runner({ store, model, workflowName: 'npm start' });
  // Kept with the logs: a run that is gone on with later finds its conversation.
  const session = store.session(crypto.randomUUID());
  using interrupt = new Interrupt(output.note);
  let agent = startAgent();
  let exitCode = 0;

  const isChat = options.question === undefined && process.stdin.isTTY === true && !options.json;
  for await (const question of asked(options, isChat ? paint.cyan('> ') : undefined, interrupt)) {
    if (!isChat && options.question === undefined) output.note(`\n${paint.cyan('>')} ${safeText(question)}\n`);
    const end = await interrupt.during(output.closed, (signal) =>
      takeTurn(question, { runner, agent, session, leases: store.leases, output, json: options.json, signal }),
    );
    agent = end.agent;
    if (output.closed.aborted) return 0;
    // In a conversation a turn that was cancelled or failed is not the end of it.
    if (isChat) continue;
    if (end.status === 'cancelled') return interrupt.exitCode ?? 130;
    if (end.status === 'failed') exitCode = 1;
  }
  return exitCode;
}

/** Goes on with a run whose process was killed. */
async function goOn(options: Options, wanted: string | true, store: SqliteStore, output: Output): Promise<number> {
  const found = await findUnfinished(store, wanted);
  if (typeof found === 'string') {
    output.note(`${found}\n`);
    return 1;
  }
  const { model, why } = await chooseModel(options.model);
  output.note(`${paintFor(output.color).dim(`model: ${safeText(why)}`)}\n`);
  using interrupt = new Interrupt(output.note);
  const end = await interrupt.during(output.closed, (signal) =>
    resumeTurn(found.run, {
      runner: new Runner({ store, model, workflowName: 'npm start' }),
      agent: startAgent(),
      session: store.session(found.sessionId),
      leases: store.leases,
      output,
      json: options.json,
      signal,
    }),
  );
  if (!end) {
    output.note(`Another process goes on with run ${found.run}. --show ${found.run} prints how far it is.\n`);
    return 1;
  }
  const { status } = end;
  if (status === 'cancelled' && !output.closed.aborted) return interrupt.exitCode ?? 130;
  return status === 'failed' ? 1 : 0;
}

async function* asked(
  { question }: Options,
  prompt: string | undefined,
  interrupt: Interrupt,
): AsyncGenerator<string, void> {
  if (question !== undefined) {
    yield question;
    return;
  }
  yield* questions({
    prompt,
    onInterrupt: () => {
      if (!interrupt.busy) return false;
      interrupt.press('Ctrl-C', 130);
      return true;
    },
  });
}
