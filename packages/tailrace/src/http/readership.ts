/**
 * Who reads which run, and what follows when the last one has left before the end (`onDisconnect` of the run).
 *
 * P1 A reader counts from its first read to its end, however it was suspended when it left. P2 A process has a row in the store for each run that it has readers of, or
 * had and waits for. Whoever removes the last row of a run does what follows: one process does, and none as long as somebody reads. P3 A row whose beat no longer grows
 * is a dead process's: it is taken over, and waited for from then on. P4 A run that waits is not cancelled. What follows is a cancel in the run's mailbox, so that it
 * reaches the run wherever it is driven.
 */
import { systemClock } from '../base/clock.ts';
import { newItemId } from '../base/id.ts';
import { isAgentsError } from '../event/errors.ts';
import type { OnDisconnect } from '../event/run-event.ts';
import type { PresenceStore } from '../port/presence-store.ts';
import { WatchedBeats } from '../runtime/watched-beats.ts';

export interface ReadershipOptions {
  /** Undefined: readers of other processes are not known of. */
  presence: PresenceStore | undefined;
  /** What was declared for a run that has not ended. */
  policyOf: (run: string) => Promise<OnDisconnect | undefined>;
  /** Cancels a run, unless it waits. */
  cancel: (run: string) => Promise<void>;
  /** For how long a process may give no sign of life before its readers are gone, in milliseconds. */
  leaseMs: number;
}

type Policy = Exclude<OnDisconnect, 'continue'>;

/** When a cancel that the store did not take is tried again. */
const RETRY_MS = 1_000;

interface Read {
  policy: Policy;
  readers: number;
  timer: Disposable | undefined;
}

export class Readership {
  readonly #options: ReadershipOptions;
  readonly #owner: string = newItemId('readers');
  readonly #runs: Map<string, Read> = new Map();
  readonly #watched: WatchedBeats;
  readonly #interval: ReturnType<typeof setInterval> | undefined;
  /** Of each run one thing at a time, in order: a reader that comes back must not be undone by its own leaving. */
  readonly #work: Map<string, Promise<void>> = new Map();
  /** The last look, which is at all of them: what comes after it begins after it. */
  #look: Promise<void> = Promise.resolve();
  #looking = false;
  #closed = false;

  constructor(options: ReadershipOptions) {
    this.#options = options;
    const lookMs = options.leaseMs / 3;
    this.#watched = new WatchedBeats(options.leaseMs, lookMs);
    if (options.presence) this.#interval = setInterval(() => this.#lookOnce(options.presence as PresenceStore), lookMs);
    // A handler that nobody stops must not keep its process alive. Where there are no such timers, there is nothing to do.
    (this.#interval as { unref?: () => void } | undefined)?.unref?.();
  }

  /** Runs that are read here, or were and are waited for. */
  get size(): number {
    return this.#runs.size;
  }

  /** A reader has come. Call what it gives once, when the reader is over: with true when it left before the run's end. */
  enter(run: string, onDisconnect: OnDisconnect | undefined): (left: boolean) => void {
    if (onDisconnect === undefined || onDisconnect === 'continue' || this.#closed) return () => undefined;
    const read = this.#readOf(run, onDisconnect);
    read.readers += 1;
    read.timer?.[Symbol.dispose]();
    read.timer = undefined;
    return (left) => {
      read.readers -= 1;
      if (read.readers > 0 || this.#runs.get(run) !== read) return;
      if (left) this.#deserted(run, read);
      else this.#forget(run);
    };
  }

  #readOf(run: string, policy: Policy): Read {
    const known = this.#runs.get(run);
    if (known) return known;
    const read: Read = { policy, readers: 0, timer: undefined };
    this.#runs.set(run, read);
    this.#inTurn(run, (presence) => presence.enter(run, this.#owner));
    return read;
  }

  #deserted(run: string, read: Read): void {
    if (read.policy === 'cancel') this.#conclude(run, read);
    else read.timer = systemClock.timer(read.policy.cancelAfterMs, () => this.#conclude(run, read));
  }

  #forget(run: string): void {
    this.#runs.delete(run);
    this.#inTurn(run, async (presence) => void (await presence.leave(run, this.#owner)));
  }

  #conclude(run: string, read: Read): void {
    const { presence, cancel } = this.#options;
    this.#runs.delete(run);
    const over = (): void =>
      void cancel(run).catch((error: unknown) => {
        if (isAgentsError(error) && error.code.startsWith('STORE_')) this.#later(run, read);
      });
    if (!presence) over();
    else
      this.#inTurn(run, async () => {
        if (await presence.leave(run, this.#owner)) over();
      });
  }

  /** The store did not take the cancel. Until it does the run is one that was left, with a row for others to find. */
  #later(run: string, { policy }: Read): void {
    if (this.#closed || this.#runs.has(run)) return;
    const read = this.#readOf(run, policy);
    read.timer = systemClock.timer(RETRY_MS, () => this.#conclude(run, read));
  }

  #inTurn(run: string, work: (presence: PresenceStore) => void | Promise<void>): void {
    const { presence } = this.#options;
    if (!presence) return;
    // What the store did not take is made good at the next look.
    const done = (this.#work.get(run) ?? this.#look)
      .then(() => work(presence))
      .catch(() => undefined)
      .then(() => {
        if (this.#work.get(run) === done) this.#work.delete(run);
      });
    this.#work.set(run, done);
  }

  #lookOnce(presence: PresenceStore): void {
    if (this.#looking) return;
    this.#looking = true;
    const before = [this.#look, ...this.#work.values()];
    this.#work.clear();
    this.#look = Promise.all(before)
      .then(async () => {
        if (!this.#closed) await this.#lookAt(presence);
      })
      .catch(() => undefined)
      .finally(() => {
        this.#looking = false;
      });
  }

  async #lookAt(presence: PresenceStore): Promise<void> {
    const rows = await presence.list();
    const own = new Set(rows.flatMap(({ run, owner }) => (owner === this.#owner ? [run] : [])));
    if (own.size > 0) await presence.beat(this.#owner);
    for (const run of this.#runs.keys()) if (!own.has(run)) await presence.enter(run, this.#owner);
    for (const run of own) if (!this.#runs.has(run)) await this.#inherit(presence, run);
    const others = rows.filter(({ owner }) => owner !== this.#owner);
    for (const dead of this.#watched.look(others, systemClock.monotonic()))
      if (await presence.take(dead, this.#owner)) await this.#inherit(presence, dead.run);
  }

  /** There is a row of ours, and we have no readers: a dead process had, or our own leaving could not be stored. */
  async #inherit(presence: PresenceStore, run: string): Promise<void> {
    const policy = await this.#options.policyOf(run);
    if (this.#runs.has(run) || this.#closed) return;
    if (policy === undefined || policy === 'continue') return void (await presence.leave(run, this.#owner));
    this.#deserted(run, this.#readOf(run, policy));
  }

  /** Forgets everybody. The rows stay: the server stops, its readers come back elsewhere, and who does not is waited for there. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#interval);
    for (const { timer } of this.#runs.values()) timer?.[Symbol.dispose]();
    this.#runs.clear();
  }
}
