/**
 * A run's mailbox, as its writer takes it: what others leave for the run while it is under way.
 *
 * M1 Messages are taken in order, each once: what comes of one says its place, and whoever takes the run up goes on behind it. M2 After `close` nothing is taken:
 * what comes later is for the next segment.
 */
import type { Awaitable, LogStore, StoredMessage } from '../port/log-store.ts';
import { soon } from './breathe.ts';

export class Mailbox implements Disposable {
  readonly #store: LogStore;
  readonly #run: string;
  readonly #take: (message: StoredMessage) => void;
  #position: number;
  #watch: Disposable | undefined;
  #due = false;
  #looking: Promise<void> | undefined;
  #closed = false;
  /** True while the run itself appends: the first wake then says what its writer knows. */
  appending = false;

  constructor(store: LogStore, run: string, position: number, take: (message: StoredMessage) => void) {
    this.#store = store;
    this.#run = run;
    this.#position = position;
    this.#take = take;
  }

  /** True when somebody outside may leave something here, so that a look is worth its while. */
  get watched(): boolean {
    return this.#watch !== undefined;
  }

  /** Looks whenever the store says that something has happened. */
  watch(): void {
    this.#watch ??= this.#store.watch(this.#run, () => {
      const own = this.appending;
      this.appending = false;
      if (own || this.#due) return;
      this.#due = true;
      // Appends of the run wake it, too, where the store answers later: one look for all of a turn of the event loop.
      soon(() => {
        this.#due = false;
        void this.look();
      });
    });
  }

  /** Takes what is there. A store that cannot say is not asked twice: the next append tells what is wrong with it. */
  look(): Awaitable<void> {
    if (this.#closed) return undefined;
    if (this.#looking) return this.#looking;
    try {
      const mail = this.#store.mail(this.#run, this.#position);
      if (!(mail instanceof Promise)) return this.#takeAll(mail);
      this.#looking = mail
        .then(
          (messages) => this.#takeAll(messages),
          () => undefined,
        )
        .finally(() => (this.#looking = undefined));
      return this.#looking;
    } catch {
      return undefined;
    }
  }

  #takeAll(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      if (this.#closed) return;
      this.#position = message.position;
      this.#take(message);
    }
  }

  close(): void {
    this.#closed = true;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
