import { classOf } from '../event/durability.ts';
import { isTerminal, type RunEvent, type RunEventBody } from '../event/run-event.ts';

/** Events that are committed together. */
export class Group {
  #events: readonly RunEvent[] = [];
  /** Once there are several appends in it; a single one's own array does. */
  #own: RunEvent[] | undefined;
  /** Estimated, where the writer counts. */
  bytes = 0;
  /** True when one of them must be committed before its writer goes on. */
  pressing = false;
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
      const needed = classOf(event);
      if (needed === 'grouped') continue;
      this.pressing = true;
      if (needed === 'stored') continue;
      this.durable = true;
      if (isTerminal(event)) this.terminal = true;
    }
  }
}

/** Gives the events their places in the log from `seq` on; what follows the terminal one has none and is left out. */
export function placeEvents(
  bodies: readonly RunEventBody[],
  { run, epoch }: { run: string; epoch: number },
  seq: number,
  at: number,
): readonly RunEvent[] {
  let count = 0;
  let ended = false;
  while (count < bodies.length && !ended) {
    const event = bodies[count] as RunEvent;
    event.run = run;
    event.seq = seq + count++;
    event.epoch = epoch;
    event.at = at;
    ended = isTerminal(event);
  }
  const events = bodies as readonly RunEvent[];
  return count === events.length ? events : events.slice(0, count);
}
