/** What a log comes to up to a place, for a reader that did not see how it came to it. */
import { UserError } from '../event/errors.ts';
import { foldRun } from '../event/fold.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { FilteredItem, RunEvent, TerminalEvent } from '../event/run-event.ts';
import type { StepRef } from '../event/step-events.ts';
import type { UsageData } from '../event/usage.ts';
import type { LogStore } from '../port/log-store.ts';
import { lastSeq } from '../port/pruned-range.ts';

const PAGE = 1_000;

export interface RunSnapshot {
  run: string;
  /** Up to which sequence number (exclusive) it tells: where to read on. Later than asked for where the deltas before that place were pruned. */
  next: number;
  /** The key of the agent that has the conversation. */
  agent: string | undefined;
  input: string | AgentInputItem[];
  /** Items of the run so far, as the last handoff filter left them. */
  items: FilteredItem[];
  /** The model call that is under way, and the text that it has given. */
  open: (StepRef & { text: string }) | undefined;
  usage: UsageData;
  suspended: boolean;
  ended: TerminalEvent | undefined;
}

/**
 * The run as its log tells it up to `next` (exclusive), the head by default. Deltas of completed steps make no difference to it, pruned or not.
 * @throws {UserError} `RUN_NOT_FOUND`, `OFFSET_FUTURE`
 */
export async function snapshot(store: LogStore, run: string, next?: number): Promise<RunSnapshot> {
  const head = await store.head(run);
  if (head === undefined)
    throw new UserError(`There is no run '${run}' in this store.`, { code: 'RUN_NOT_FOUND', runId: run });
  const until = next ?? head.next;
  if (!(until <= head.next)) {
    const message = `Cannot tell run '${run}' up to ${String(next)}: its next event will be ${head.next}.`;
    throw new UserError(message, { code: 'OFFSET_FUTURE', runId: run, data: { next: head.next } });
  }
  const events: RunEvent[] = [];
  const text = new OpenText();
  let from = 0;
  // Text that was pruned in part can only be told by what completed its step.
  while (from < until || (text.incomplete && from < head.next)) {
    const page = await store.read(run, from, PAGE);
    if (page.length === 0) break;
    for (const event of page) {
      if (event.seq >= until && !text.incomplete) break;
      from = lastSeq(event) + 1;
      if (event.scope) continue;
      text.take(event);
      if (event.type !== 'model.delta' && event.type !== 'model.part') events.push(event);
    }
  }
  const folded = foldRun(events);
  return {
    run,
    next: Math.max(from, until),
    agent: folded?.agent,
    input: folded?.input ?? [],
    items: folded ? [...folded.items, ...folded.open.added].map(itemData) : [],
    open: text.open,
    usage: folded?.usage.toData() ?? { requests: 0, inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    suspended: Boolean(folded?.suspended),
    ended: folded?.ended,
  };
}

function itemData({ kind, agent, item, target }: FilteredItem): FilteredItem {
  return { kind, agent, item, ...(target !== undefined && { target }) };
}

/** The text of the attempt that is under way. */
class OpenText {
  open: (StepRef & { text: string }) | undefined;
  #pruned = false;

  /** True when some of the text is not in the log any more. */
  get incomplete(): boolean {
    return this.open !== undefined && this.#pruned;
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case 'model.called':
        this.open = { step: event.step, attempt: event.attempt, text: '' };
        this.#pruned = false;
        return;
      case 'model.delta':
        if (this.open) this.open.text += event.text ?? '';
        return;
      case 'model.part':
        if (this.open && event.part.type === 'output_text_delta') this.open.text += event.part.delta;
        return;
      case 'log.pruned':
        this.#pruned = true;
        return;
      case 'model.returned':
      case 'model.stopped':
        this.open = undefined;
        return;
      case 'step.attempt':
        if (event.of === 'model') this.open = undefined;
        return;
      default:
    }
  }
}
