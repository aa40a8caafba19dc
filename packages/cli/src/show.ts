import { isTerminal, type LogStore, type RunEvent } from 'tailrace';
import type { Output } from './output.ts';
import { renderer } from './render.ts';
import { safeText } from './terminal-text.ts';
import { epilogue } from './turn.ts';

const PAGE = 500;

/** Prints a stored run again, from its log alone. Gives the exit code that the run had, 1 when there is none. */
export async function showRun(store: LogStore, run: string, json: boolean, output: Output): Promise<number> {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await store.read(run, events.length === 0 ? 0 : (events.at(-1)?.seq ?? 0) + 1, PAGE);
    if (page.length === 0) break;
    events.push(...page);
  }
  if (events.length === 0) {
    output.note(await unknownRun(store, run));
    return 1;
  }
  const render = renderer({ color: output.color, columns: output.columns, input: true });
  for (const event of events) output.out(json ? `${JSON.stringify(event)}\n` : render(event));
  const end = events.at(-1);
  if (!end || !isTerminal(end))
    output.note('\nThis run has no end yet: it is still under way, or its process was killed.\n');
  output.note(epilogue(events, run, output));
  return 0;
}

async function unknownRun(store: LogStore, run: string): Promise<string> {
  const newest = await store.list({ limit: 5 });
  const known =
    newest.length === 0
      ? 'No run is stored yet.'
      : `The newest are:\n${newest.map((head) => `  ${head.run}\n`).join('')}`;
  return `There is no run '${safeText(run)}'. ${known.trimEnd()}\n`;
}
