/**
 * Logs in this process's memory. Everything happens synchronously, so a writer never waits. Each run's log is bounded: beyond `maxLogBytes`
 * the deltas of completed steps are pruned, and when that is not enough, appends are refused with `LOG_FULL` until the run's end is written.
 */
import { Watchers } from '../base/watchers.ts';
import { LimitError, UserError } from '../event/errors.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import { admitsAppend, refuseLateInput, type RunState } from '../port/append-rules.ts';
import { clipped, lastSeq, type SeqRange, withPruned } from '../port/pruned-range.ts';
import type { LeaseStore } from '../port/lease-store.ts';
import type { PresenceStore } from '../port/presence-store.ts';
import { aboutRun, type RunListing, statusAt } from '../port/run-summary.ts';
import type {
  Claim,
  Durability,
  LogStore,
  MailboxMessage,
  RunHead,
  RunQuery,
  StoredMessage,
} from '../port/log-store.ts';
import { eventBytes } from './event-size.ts';
import { MemoryLeases } from './memory-leases.ts';
import { MemoryPresence } from './memory-presence.ts';
import { completesAttempt, pruneDeltas } from './prune.ts';

/** 64 MiB. */
export const DEFAULT_MAX_LOG_BYTES: number = 64 * 1024 * 1024;

export interface MemoryLogStoreOptions {
  /** The most that the log of one run may weigh, in bytes (estimated). 64 MiB by default. */
  maxLogBytes?: number;
}

interface MemoryRun extends RunState {
  events: RunEvent[];
  /** True once a record stands for several sequence numbers, so that an index is no longer a sequence number. */
  pruned: boolean;
  bytes: number;
  maxBytes: number;
  /** True when a step was completed since the last pruning. */
  worthPruning: boolean;
  mail: StoredMessage[];
  mailIds: Set<string>;
  /** True when no more input is taken. */
  mailClosed: boolean;
}

/** Keeps logs in memory, and nothing beyond the life of the process. */
export class MemoryLogStore implements LogStore {
  readonly groupMs = 0;
  // Most stores are of one run, which needs neither.
  #leases: LeaseStore | undefined;
  #presence: PresenceStore | undefined;
  readonly #maxLogBytes: number;
  readonly #runs: Map<string, MemoryRun> = new Map();
  readonly #watchers: Watchers = new Watchers();

  constructor({ maxLogBytes = DEFAULT_MAX_LOG_BYTES }: MemoryLogStoreOptions = {}) {
    this.#maxLogBytes = maxLogBytes;
  }

  get leases(): LeaseStore {
    return (this.#leases ??= new MemoryLeases(this));
  }

  get presence(): PresenceStore {
    return (this.#presence ??= new MemoryPresence());
  }

  claim(run: string): Claim {
    const known = this.#runs.get(run);
    const state = known ?? newRun(this.#maxLogBytes);
    if (known === undefined) this.#runs.set(run, state);
    state.epoch++;
    state.clientSeq = 0;
    return { epoch: state.epoch, next: state.next, ended: state.ended };
  }

  /**
   * Puts in a run as a log of another place has it, with its sequence numbers and the epochs of its writers. Its mailbox goes on behind `mail`, the position of the last
   * message that the log has taken.
   */
  restore(run: string, events: readonly RunEvent[], mail: number): void {
    const state = newRun(this.#maxLogBytes);
    const last = events.at(-1);
    if (!last) return;
    replaceEvents(state, [...events]);
    state.next = lastSeq(last) + 1;
    state.ended = isTerminal(last);
    for (let position = 1; position <= mail; position++)
      state.mail.push({ id: `taken:${position}`, kind: 'input', body: undefined, position, at: last.at });
    for (const { epoch } of events) state.epoch = Math.max(state.epoch, epoch);
    this.#runs.set(run, state);
  }

  /** Bounds one run's log otherwise than the store's default. */
  limit(run: string, maxLogBytes: number): void {
    const state = this.#runs.get(run);
    if (state !== undefined) state.maxBytes = maxLogBytes;
  }

  append(run: string, epoch: number, clientSeq: number, events: readonly RunEvent[], _durability: Durability): void {
    const state = this.#runs.get(run);
    if (!admitsAppend(run, state, epoch, clientSeq, events) || state === undefined) return;
    let bytes = 0;
    for (const event of events) {
      bytes += eventBytes(event);
      if (completesAttempt(event)) state.worthPruning = true;
    }
    const ended = isTerminal(events[events.length - 1] as RunEvent);
    // The end is always let in: a run that filled its log must still be able to say so.
    if (state.bytes + bytes > state.maxBytes && !ended) makeRoom(run, state, bytes);
    for (const event of events) state.events.push(event);
    state.bytes += bytes;
    state.next += events.length;
    state.ended = ended;
    state.clientSeq = clientSeq;
    this.#watchers.wake(run);
  }

  read(run: string, from: number, limit: number): readonly RunEvent[] {
    const state = this.#runs.get(run);
    if (state === undefined || from >= state.next) return [];
    if (!state.pruned) return state.events.slice(from, from + limit);
    const index = indexOf(state.events, from);
    const events = state.events.slice(index, index + limit);
    const first = events[0];
    if (first) events[0] = clipped(first, from);
    return events;
  }

  head(run: string): RunHead | undefined {
    const state = this.#runs.get(run);
    return state && { run, epoch: state.epoch, next: state.next, ended: state.ended };
  }

  list({ limit = 100, before, ended, status, agent, sessionId, principal }: RunQuery = {}): RunListing[] {
    const newestFirst = [...this.#runs.keys()].reverse();
    if (before !== undefined && !this.#runs.has(before)) throw noRun(before);
    const older = before === undefined ? newestFirst : newestFirst.slice(newestFirst.indexOf(before) + 1);
    const found: RunListing[] = [];
    for (const run of older) {
      if (found.length === limit) break;
      const listing = listingOf(run, this.#runs.get(run) as MemoryRun);
      const { about } = listing;
      if (ended !== undefined && listing.ended !== ended) continue;
      if (status !== undefined && listing.status !== status) continue;
      if (agent !== undefined && about?.agent !== agent) continue;
      if (sessionId !== undefined && about?.sessionId !== sessionId) continue;
      if (principal !== undefined && about?.principal !== principal) continue;
      found.push(listing);
    }
    return found;
  }

  post(run: string, message: MailboxMessage): boolean {
    const state = this.#runs.get(run);
    if (state === undefined) throw noRun(run);
    if (state.mailIds.has(message.id)) return false;
    refuseLateInput(run, message, state.ended || state.mailClosed);
    state.mailIds.add(message.id);
    state.mail.push({ ...message, position: state.mail.length + 1, at: Date.now() });
    this.#watchers.wake(run);
    return true;
  }

  closeMail(run: string, position: number): boolean {
    const state = this.#runs.get(run);
    if (state === undefined) throw noRun(run);
    if (state.mail.length > position) return false;
    state.mailClosed = true;
    return true;
  }

  mail(run: string, position: number): StoredMessage[] {
    return this.#runs.get(run)?.mail.slice(position) ?? [];
  }

  watch(run: string, wake: () => void): Disposable {
    return this.#watchers.add(run, wake);
  }

  /** How many watch, over all runs. */
  get watching(): number {
    return this.#watchers.size;
  }

  prune(run: string, ranges: readonly SeqRange[]): void {
    const state = this.#runs.get(run);
    if (state === undefined) throw noRun(run);
    replaceEvents(state, withPruned(state.events, ranges));
  }

  delete(run: string): void {
    if (this.#runs.delete(run)) this.#watchers.wake(run);
  }

  close(): void {
    // Nothing is open.
  }
}

function newRun(maxBytes: number): MemoryRun {
  return {
    epoch: 0,
    next: 0,
    ended: false,
    clientSeq: 0,
    events: [],
    pruned: false,
    bytes: 0,
    maxBytes,
    worthPruning: false,
    mail: [],
    mailIds: new Set(),
    mailClosed: false,
  };
}

function makeRoom(run: string, state: MemoryRun, bytes: number): void {
  if (state.worthPruning) {
    state.worthPruning = false;
    replaceEvents(state, pruneDeltas(state.events));
  }
  if (state.bytes + bytes <= state.maxBytes) return;
  const message =
    `The log of run '${run}' holds ${state.bytes} bytes and may hold ${state.maxBytes} (maxLogBytes); ${bytes} more do not fit. ` +
    `Raise maxLogBytes, or keep the log on disk with sqlite(path).`;
  throw new LimitError(message, { code: 'LOG_FULL', runId: run, data: { maxLogBytes: state.maxBytes } });
}

function replaceEvents(state: MemoryRun, events: RunEvent[]): void {
  state.pruned = true;
  state.events = events;
  state.bytes = 0;
  for (const event of events) state.bytes += eventBytes(event);
}

/** The index of the record that stands for `seq`, in a log whose records may stand for ranges. */
function indexOf(events: readonly RunEvent[], seq: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lastSeq(events[middle] as RunEvent) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function listingOf(run: string, { epoch, next, ended, events }: MemoryRun): RunListing {
  const head = { run, epoch, next, ended };
  const about = aboutRun(events[0]);
  const last = events.at(-1);
  return last ? { ...head, status: statusAt(last), ...(about && { about }), updatedAt: last.at } : head;
}

function noRun(run: string): UserError {
  return new UserError(`There is no run '${run}' in this store.`, { code: 'RUN_NOT_FOUND', runId: run });
}
