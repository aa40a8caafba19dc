import type { RunEvent } from '../../src/index.ts';
import { foldRun } from '../../src/event/fold.ts';
import { long } from './random.ts';

/** What a long run of kills came to, for the page that keeps figures. */
export class Tally {
  readonly #title: string;
  readonly #counts: Map<string, number> = new Map();

  constructor(title: string) {
    this.#title = title;
  }

  count(what: string, more = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + more);
  }

  /** Where the run was when its process was killed. */
  phase(events: readonly RunEvent[]): void {
    this.count(`killed ${phaseOf(events)}`);
  }

  takeovers(events: readonly RunEvent[]): void {
    this.count('takeovers', events.filter((event) => event.type === 'run.resumed' && event.by === 'takeover').length);
    this.count('outcomes unknown', events.filter(({ type }) => type === 'tool.outcome_unknown').length);
  }

  print(): void {
    if (!long) return;
    const counts = [...this.#counts.keys()].toSorted().map((what) => `${what}: ${this.#counts.get(what)}`);
    process.stdout.write(`figure: ${this.#title}: ${counts.join(', ')}\n`);
  }
}

function phaseOf(events: readonly RunEvent[]): string {
  const folded = foldRun(events);
  if (!folded) return 'before submit';
  if (folded.ended) return 'after the end';
  if (folded.suspended) return `in a wait for ${folded.suspended.waitsFor}`;
  if (folded.next === 1) return 'before start';
  if ([...folded.commits.values()].includes(false)) return 'in a session commit';
  if ([...folded.open.calls.values()].some(({ returned }) => !returned)) return 'in a tool';
  if (folded.open.attempts > 0 && !folded.open.response)
    return events.some(({ type }) => type === 'model.delta') && events.at(-1)?.type === 'model.delta'
      ? 'in an answer'
      : 'before an answer';
  return 'between steps';
}
