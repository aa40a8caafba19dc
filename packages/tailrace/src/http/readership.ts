/**
 * Who reads which run in this process, and what follows when the last one has left before the end (`onDisconnect` of the run).
 *
 * A reader counts from its first read to its end, however it was suspended when it left. What follows is a cancel in the run's mailbox, so that it reaches the run
 * wherever it is driven.
 */
import { systemClock } from '../base/clock.ts';
import type { OnDisconnect } from '../event/run-event.ts';

interface Read {
  readers: number;
  timer: Disposable | undefined;
}

export class Readership {
  readonly #cancel: (run: string) => Promise<void>;
  readonly #runs: Map<string, Read> = new Map();

  constructor(cancel: (run: string) => Promise<void>) {
    this.#cancel = cancel;
  }

  /** A reader has come. Call what it gives once, when the reader is over: with true when it left before the run's end. */
  enter(run: string, onDisconnect: OnDisconnect | undefined): (left: boolean) => void {
    if (onDisconnect === undefined || onDisconnect === 'continue') return () => undefined;
    const read = this.#runs.get(run) ?? { readers: 0, timer: undefined };
    this.#runs.set(run, read);
    read.readers += 1;
    read.timer?.[Symbol.dispose]();
    read.timer = undefined;
    return (left) => {
      read.readers -= 1;
      if (read.readers > 0) return;
      if (left) this.#deserted(run, read, onDisconnect);
      else this.#runs.delete(run);
    };
  }

  #deserted(run: string, read: Read, onDisconnect: Exclude<OnDisconnect, 'continue'>): void {
    const over = (): void => {
      this.#runs.delete(run);
      // A store that fails here is the run's to find.
      this.#cancel(run).catch(() => undefined);
    };
    if (onDisconnect === 'cancel') over();
    else read.timer = systemClock.timer(onDisconnect.cancelAfterMs, over);
  }

  /** Forgets everybody. What was to follow does not: the server stops, and its runs go on elsewhere. */
  close(): void {
    for (const { timer } of this.#runs.values()) timer?.[Symbol.dispose]();
    this.#runs.clear();
  }
}
