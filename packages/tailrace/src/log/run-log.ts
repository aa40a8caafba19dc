/**
 * The writer of a run's log, and the log's source in the process that writes it.
 *
 * Owns: sequence numbers, groups, the commit, and who hears of it in which order. Does not own: what is written, when the run ends.
 * 1. Nobody sees an event before the store has it: not an observer, not a reader.
 * 2. After each commit: observers, in the order they came, then readers. Neither can fail or delay the writer.
 * 3. After the terminal event nothing is written: what comes late is dropped and counted (R2).
 * 4. An error of the store is final. It is thrown to the writer, aborts `signal`, and ends readers after the committed events. `LOG_FULL` alone is
 *    not: it refuses one group, and the run's end still fits.
 */
import { systemClock, type Clock } from '../base/clock.ts';
import type { AgentsError } from '../event/errors.ts';
import { isTerminal, type RunEvent, type RunEventBody } from '../event/run-event.ts';
import type { Awaitable, Claim, LogStore, RunHead } from '../port/log-store.ts';
import { Audience, type LogObserver } from './audience.ts';
import { checkRunId } from './check-run-id.ts';
import { CommitWaits } from './commit-waits.ts';
import { LogWeight } from './log-weight.ts';
import { MemoryLogStore } from './memory-store.ts';
import { Group, placeEvents } from './group.ts';
import { enterLive, leaveLive } from './live-logs.ts';
import type { LogSource } from './source.ts';
import { GROUP_EVENTS, MAX_PENDING_BYTES, type RunLogOptions, TAIL_BYTES } from './run-log-options.ts';
import { storeFailure } from './store-failure.ts';
import { Tail } from './tail.ts';

export class RunLog implements LogSource {
  readonly run: string;
  readonly epoch: number;
  readonly #store: LogStore;
  readonly #clock: Clock;
  /** Undefined where the store itself is memory. */
  readonly #tail: Tail | undefined;
  readonly #weight: LogWeight | undefined;
  #next: number;
  /** The sequence number that the next event gets; the head once everything is committed. */
  #stamp: number;
  #ended: boolean;
  /** True when nothing more is taken: after the terminal event, and the close. */
  #sealed: boolean;
  #closed = false;
  #late = 0;
  #clientSeq = 0;
  #pending: Group = new Group();
  #timer: Disposable | undefined;
  #storing = false;
  /** True while the store is called. */
  #handing = false;
  readonly #waits: CommitWaits = new CommitWaits();
  #broken: AgentsError | undefined;
  /** A group was refused while nobody waited for it: the next append says so. */
  #refusal: AgentsError | undefined;
  #abort: AbortController | undefined;
  readonly #audience: Audience = new Audience();

  /** Claims `run` in the store, which stops any earlier writer of it. Synchronous when the store is. */
  static open(store: LogStore, run: string, options: RunLogOptions = {}): Awaitable<RunLog> {
    checkRunId(run);
    const claim = store.claim(run);
    return claim instanceof Promise
      ? claim.then((claimed) => new RunLog(store, run, claimed, options))
      : new RunLog(store, run, claim, options);
  }

  private constructor(store: LogStore, run: string, claim: Claim, options: RunLogOptions) {
    this.run = run;
    this.epoch = claim.epoch;
    this.#store = store;
    this.#clock = options.clock ?? systemClock;
    this.#next = claim.next;
    this.#stamp = claim.next;
    this.#ended = claim.ended;
    this.#sealed = claim.ended;
    const { maxLogBytes } = options;
    if (!(store instanceof MemoryLogStore)) {
      this.#weight = new LogWeight(run, maxLogBytes);
      this.#tail = new Tail(claim.next, Math.min(TAIL_BYTES, maxLogBytes ?? TAIL_BYTES));
      if (!claim.ended) enterLive(store, this);
    } else if (maxLogBytes !== undefined) store.limit(run, maxLogBytes);
  }

  /** Counts what earlier writers of the run have left, where this log counts. */
  restore(past: readonly RunEvent[]): void {
    this.#weight?.restore(past);
  }

  /** The sequence number after the last committed event. */
  get next(): number {
    return this.#next;
  }

  /** True when the terminal event is committed. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True while the store has a group, and this log does not know yet that it is committed. */
  get storing(): boolean {
    return this.#storing || this.#handing;
  }

  /** How many events came after the end, and were dropped. */
  get late(): number {
    return this.#late;
  }

  /** Why nothing can be written any more, if so. */
  get broken(): AgentsError | undefined {
    return this.#broken;
  }

  /** Aborts, with the error as its reason, when another writer has taken the run or the store has failed. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#broken !== undefined) this.#abort.abort(this.#broken);
    return this.#abort.signal;
  }

  /**
   * Takes the events, gives them their places, and commits them: at once when one of them must be stored or durable, else with the group.
   * The objects become the log's: do not touch them again. A promise comes back only when there is something to wait for.
   * @throws the error that broke the log; `LOG_FULL` when these events do not fit, and are not written.
   */
  append(bodies: readonly RunEventBody[]): void | Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (refusal !== undefined && !bodies.some(isTerminal)) throw refusal;
    const placed = this.#sealed ? [] : placeEvents(bodies, this, this.#stamp, this.#clock.now());
    // Before it counts: what does not fit was never taken.
    const weight = this.#weight?.add(placed) ?? 0;
    this.#late += bodies.length - placed.length;
    this.#stamp += placed.length;
    this.#pending.add(placed);
    if (this.#pending.terminal) this.#sealed = true;
    this.#pending.bytes += weight;
    const { bytes, events } = this.#pending;
    if (events.length === 0) return undefined;
    const pressing = this.#pending.pressing || bytes > MAX_PENDING_BYTES;
    if (pressing || this.#store.groupMs === 0 || events.length >= GROUP_EVENTS) {
      this.#commit();
      return pressing && this.#storing ? this.#settled() : undefined;
    }
    // What comes while the store has a group in hand goes when it is free.
    if (!this.#storing) this.#timer ??= this.#clock.timer(this.#store.groupMs, this.#onTimer);
    return undefined;
  }

  /** Commits what is pending now. */
  flush(): void | Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#pending.events.length > 0) this.#commit();
    return this.#storing ? this.#settled() : undefined;
  }

  /**
   * Commits what is pending and stops writing; what is appended from now on is dropped and counted. Readers of a run that has not ended go on in the
   * store. Never throws: see `broken`. Idempotent.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#sealed = true;
    try {
      await this.flush();
    } catch {
      // It is in `broken`, and readers get it.
    }
    this.#closed = true;
    leaveLive(this.#store, this);
    this.#timer?.[Symbol.dispose]();
    this.#audience.dismissObservers();
    if (this.#ended || this.#broken !== undefined) return;
    this.#audience.moveTo((wake) => this.#store.watch(this.run, wake));
  }

  /** Calls `observer` with each committed group from now on, before any reader wakes. What it throws is ignored. */
  observe(observer: LogObserver): Disposable {
    return this.#audience.observe(observer);
  }

  head(): Awaitable<RunHead | undefined> {
    if (this.#closed && !this.#ended) return this.#store.head(this.run);
    return { run: this.run, epoch: this.epoch, next: this.#next, ended: this.#ended };
  }

  read(from: number, limit: number): Awaitable<readonly RunEvent[]> {
    const committed = this.#next - from;
    if (committed <= 0) {
      if (this.#broken !== undefined) throw this.#broken;
      return this.#closed && !this.#ended ? this.#store.read(this.run, from, limit) : [];
    }
    return this.#tail?.read(from, limit) ?? this.#store.read(this.run, from, Math.min(limit, committed));
  }

  watch(wake: () => void): Disposable {
    if (this.#closed && !this.#ended && this.#broken === undefined) return this.#store.watch(this.run, wake);
    return this.#audience.watch(wake);
  }

  /** Readers that wait here. */
  get watching(): number {
    return this.#audience.waiting;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#goOn();
  };

  /** Commits what is pending where nobody waits for the answer. */
  #goOn(): void {
    if (this.#pending.events.length === 0 || this.#broken !== undefined) return;
    try {
      this.#commit(true);
    } catch {
      // Whoever waits for it has been told, or is told at the next append.
    }
  }

  /** Hands the pending group to the store, or leaves it for when the store is free. `later`: whoever appended it is not there to be told of a refusal. */
  #commit(later = false): void {
    if (this.#storing) return;
    const group = this.#pending;
    this.#pending = new Group();
    const durability = group.durable ? 'full' : group.pressing ? 'stored' : 'group';
    let stored: void | Promise<void>;
    this.#handing = true;
    try {
      stored = this.#store.append(this.run, this.epoch, ++this.#clientSeq, group.events, durability);
    } catch (error) {
      throw this.#refused(group, error, later);
    } finally {
      this.#handing = false;
    }
    if (stored === undefined) {
      this.#stored(group);
      return;
    }
    this.#storing = true;
    void stored
      .then(
        () => this.#stored(group),
        (error: unknown) => void this.#refused(group, error, true),
      )
      .then(() => this.#goOn());
  }

  #stored(group: Group): void {
    this.#storing = false;
    this.#next += group.events.length;
    this.#tail?.push(group.events, group.bytes);
    if (group.terminal) {
      this.#ended = true;
      this.#timer?.[Symbol.dispose]();
    }
    this.#audience.announce(group.events);
    if (this.#ended) {
      this.#audience.dismissObservers();
      leaveLive(this.#store, this);
    }
    this.#waits.reached(this.#next);
  }

  /** The store did not take the group. Gives back what the writer is to be told. */
  #refused(group: Group, cause: unknown, later: boolean): AgentsError {
    this.#storing = false;
    const error = storeFailure(this.run, cause);
    if (error.code === 'LOG_FULL' && !group.terminal) {
      this.#skip(group, error, later);
      return error;
    }
    this.#broken = error;
    leaveLive(this.#store, this);
    this.#sealed = true;
    this.#pending = new Group();
    this.#timer?.[Symbol.dispose]();
    this.#waits.fail(error);
    this.#abort?.abort(error);
    this.#audience.wake();
    this.#audience.dismissObservers();
    return error;
  }

  /** Goes on without the group: what is pending moves up, and whoever waits for the group is told. */
  #skip(group: Group, error: AgentsError, later: boolean): void {
    this.#stamp = this.#next;
    for (const event of this.#pending.events) event.seq = this.#stamp++;
    this.#audience.wake();
    const told = this.#waits.skip(this.#next, group.events.length, error);
    if (!told && later) this.#refusal = error;
  }

  /** Everything taken so far is committed. */
  #settled(): Promise<void> {
    return this.#waits.until(this.#stamp);
  }
}
