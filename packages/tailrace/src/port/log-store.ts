import type { RunEvent } from '../event/run-event.ts';
import type { LeaseStore } from './lease-store.ts';
import type { PresenceStore } from './presence-store.ts';
import type { Session } from './session.ts';
import type { SeqRange } from './pruned-range.ts';
import type { RunListing, RunStatusName } from './run-summary.ts';

/** A value now, or a promise of it. Stores in memory and SQLite answer at once, and the writer then never awaits. */
export type Awaitable<T> = T | Promise<T>;

export type Durability =
  /** On disk before the call returns (`synchronous=FULL`). */
  | 'full'
  /** Survives a crash of the process; a power failure may take it. Somebody waits for it. */
  | 'stored'
  /** The same, and nobody waits: it may be held back for the store's `groupMs`, and longer in a store that is busy. */
  | 'group';

/** A writer's claim on a run. */
export interface Claim {
  /** Counts the writers of this run, from 1. */
  epoch: number;
  /** The sequence number that the next event gets. */
  next: number;
  /** True when the log already has its terminal event. */
  ended: boolean;
}

export interface RunHead {
  run: string;
  epoch: number;
  /** The sequence number that the next event gets: the length of the log. */
  next: number;
  ended: boolean;
}

/** A message from outside: a cancel, an approval, input. */
export interface MailboxMessage {
  /** Chosen by the sender. The first message with an id wins; later ones with it are ignored. */
  id: string;
  kind: 'cancel' | 'approval' | 'input';
  body: unknown;
}

export interface StoredMessage extends MailboxMessage {
  /** Its place in the mailbox, from 1. */
  position: number;
  at: number;
}

export interface RunQuery {
  /** Newest first. 100 by default. */
  limit?: number;
  /** Only runs older than this one. */
  before?: string;
  ended?: boolean;
  /** Only runs that stand so. What was claimed and never begun stands in no way. */
  status?: RunStatusName;
  /** Only runs of the agent that is registered by this name, or has it. */
  agent?: string;
  sessionId?: string;
  principal?: string;
}

/**
 * Keeps logs. The contract suite `logStoreContract` in `tailrace/testing` says all of it as tests; in short:
 *
 * - One writer a run: `claim` gives a higher epoch each time; an append with an older one writes nothing and throws `StaleEpoch`.
 * - Idempotent: an append whose `clientSeq` this epoch has already written writes nothing and succeeds.
 * - All or nothing: events of one append are stored together, or none is.
 * - Dense: an append whose first `seq` is not the head, or that follows a terminal event, writes nothing and throws.
 * - What `append` has returned for, `read` gives, in every process that shares the store.
 */
export interface LogStore {
  /** Who drives which run, where the store keeps that: a runtime's own driver needs it. */
  readonly leases?: LeaseStore;
  /** Which processes have readers of which run, where the store keeps that. */
  readonly presence?: PresenceStore;
  /** The session of this name, where the store keeps sessions. @throws UserError SESSION_ID_INVALID */
  session?(sessionId: string): Session;
  /** How long a writer may hold back non-durable events to store them as a group. 0: never. */
  readonly groupMs: number;
  claim(run: string): Awaitable<Claim>;
  append(
    run: string,
    epoch: number,
    clientSeq: number,
    events: readonly RunEvent[],
    durability: Durability,
  ): Awaitable<void>;
  /** Up to `limit` events from sequence number `from` (inclusive), in order. Unknown runs have none. */
  read(run: string, from: number, limit: number): Awaitable<readonly RunEvent[]>;
  head(run: string): Awaitable<RunHead | undefined>;
  /** Heads, and how the runs stand, without reading their logs. */
  list(query?: RunQuery): Awaitable<RunListing[]>;
  /**
   * Puts a message into the run's mailbox. False when a message with this id was there before.
   * @throws UserError RUN_NOT_FOUND; RUN_ENDED for input, when the run has ended or its mailbox is closed to it
   */
  post(run: string, message: MailboxMessage): Awaitable<boolean>;
  /**
   * Closes the run's mailbox to input, for good. False, and nothing happens, when there are messages after `position`. Without this, input that comes between a run's last look and
   * its end is stored and never answered.
   */
  closeMail?(run: string, position: number): Awaitable<boolean>;
  /** Messages after `position`, in order. */
  mail(run: string, position: number): Awaitable<StoredMessage[]>;
  /**
   * Calls `wake` after commits to the run, of this process and, where the store can know, of others. A wake may be spurious; none is lost. With `'mail'` it need not tell
   * of events.
   */
  watch(run: string, wake: () => void, only?: 'mail'): Disposable;
  /**
   * Replaces the events of each range by one `log.pruned`, whoever writes to the run. Ranges are in order, apart and below the head, and hold none but deltas:
   * `prune()` finds them. A read from inside such a range begins with the rest of its record.
   */
  prune(run: string, ranges: readonly SeqRange[]): Awaitable<void>;
  /** Removes a run and its mailbox. */
  delete(run: string): Awaitable<void>;
  /** Removes nothing and closes what is open. Idempotent. */
  close(): Awaitable<void>;
}
