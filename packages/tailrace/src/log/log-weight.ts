/** How much a run's log on disk may come to. Stores in memory count for themselves, and make room first. */
import { LimitError } from '../event/errors.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import { eventBytes } from './event-size.ts';

export const DEFAULT_MAX_DISK_LOG_BYTES: number = 1024 * 1024 * 1024;

export class LogWeight {
  readonly #run: string;
  readonly #most: number;
  /** Of all but the pieces of answers: those can be pruned, and what they come to is counted when it is whole. */
  #kept = 0;

  constructor(run: string, maxBytes: number = DEFAULT_MAX_DISK_LOG_BYTES) {
    this.#run = run;
    this.#most = maxBytes;
  }

  /** Counts what earlier writers have left. */
  restore(past: readonly RunEvent[]): void {
    for (const event of past) if (event.type !== 'model.delta') this.#kept += eventBytes(event);
  }

  /** The weight of these events, in bytes (estimated). @throws LimitError LOG_FULL, and they do not count; the end of a run always fits */
  add(events: readonly RunEvent[]): number {
    let bytes = 0;
    let kept = this.#kept;
    for (const event of events) {
      const weight = eventBytes(event);
      bytes += weight;
      if (event.type !== 'model.delta') kept += weight;
    }
    if (kept > this.#most && !events.some(isTerminal)) throw this.#full(kept);
    this.#kept = kept;
    return bytes;
  }

  #full(wanted: number): LimitError {
    const message =
      `The log of run '${this.#run}' would come to ${wanted} bytes and may come to ${this.#most} (maxLogBytes). ` +
      `Raise maxLogBytes, or let tools say less.`;
    return new LimitError(message, { code: 'LOG_FULL', runId: this.#run, data: { maxLogBytes: this.#most } });
  }
}
