import { isDurable, isTerminal, type RunEvent } from '../event/run-event.ts';

/** Events that are committed together. */
export class Group {
  #events: readonly RunEvent[] = [];
  /** Once there are several appends in it; a single one's own array does. */
  #own: RunEvent[] | undefined;
  /** Estimated, where the writer counts. */
  bytes = 0;
  /** True when one of them must be on disk before its writer goes on. */
  durable = false;
  /** True when the last of them ends the run. */
  terminal = false;

  get events(): readonly RunEvent[] {
    return this.#events;
  }

  add(events: readonly RunEvent[]): void {
    if (this.#own) for (const event of events) this.#own.push(event);
    else if (this.#events.length === 0) this.#events = events;
    else this.#events = this.#own = [...this.#events, ...events];
    for (const event of events) {
      if (!isDurable(event)) continue;
      this.durable = true;
      if (isTerminal(event)) this.terminal = true;
    }
  }
}
