/** The last committed events of a run that is being written, so that live readers need not ask the database. A run that is silent keeps none. */
import type { RunEvent } from '../event/run-event.ts';
import { eventBytes } from './event-size.ts';
import { type ClearedTail, watchTail } from './idle-tails.ts';

const MAX_EVENTS = 1024;

export class Tail implements ClearedTail {
  readonly #maxBytes: number;
  #events: RunEvent[] = [];
  #bytes = 0;
  #touched = false;
  /** The sequence number of the first event here. */
  #from: number;

  constructor(next: number, maxBytes: number) {
    this.#from = next;
    this.#maxBytes = maxBytes;
  }

  push(events: readonly RunEvent[], bytes: number): void {
    if (this.#events.length === 0) watchTail(this);
    this.#touched = true;
    for (const event of events) this.#events.push(event);
    this.#bytes += bytes;
    // Down to half at once, so that the copying is spread over many events.
    while (this.#events.length > MAX_EVENTS || (this.#bytes > this.#maxBytes && this.#events.length > 1)) {
      const dropped = this.#events.length >> 1;
      for (let index = 0; index < dropped; index++) this.#bytes -= eventBytes(this.#events[index] as RunEvent);
      this.#events = this.#events.slice(dropped);
      this.#from += dropped;
    }
  }

  takeTouched(): boolean {
    const touched = this.#touched;
    this.#touched = false;
    return touched;
  }

  clear(): void {
    this.#from += this.#events.length;
    this.#events = [];
    this.#bytes = 0;
  }

  /** Undefined when `from` lies before what is kept. */
  read(from: number, limit: number): readonly RunEvent[] | undefined {
    if (from < this.#from) return undefined;
    return this.#events.slice(from - this.#from, from - this.#from + limit);
  }
}
