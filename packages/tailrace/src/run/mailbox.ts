/**
 * A run's mailbox, as its writer takes it: what others leave for the run while it is under way.
 *
 * M1 Messages are taken in order, each once: what comes of one says its place, and whoever takes the run up goes on behind it. M2 After `close` nothing is taken:
 * what comes later is for the next segment.
 * M3 After `seal` has said yes the store refuses input: nobody is left to take it.
 */
import type { Awaitable, LogStore, StoredMessage } from '../port/log-store.ts';
import { soon } from '../base/soon.ts';

export class Mailbox implements Disposable {
  readonly #store: LogStore;
  readonly #run: string;
  readonly #take: (message: StoredMessage) => void;
  #position: number;
  #watch: Disposable | undefined;
  #due = false;
  #looking: Promise<void> | undefined;
  /** A look was asked for since the one under way has begun: that may have missed what this one is about. */
  #again = false;
  #closed = false;
  /** What the store threw in place of saying what is there. */
  #unreadable: { error: unknown } | undefined;
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
    this.#watch ??= this.#store.watch(
      this.#run,
      () => {
        const own = this.appending;
        this.appending = false;
        if (own || this.#due) return;
        this.#due = true;
        // Appends of the run wake it, too, where the store answers later: one look for all of a turn of the event loop.
        soon(() => {
          this.#due = false;
          void this.look();
        });
      },
      'mail',
    );
  }

  /** Takes what is there. A store that cannot say is not asked twice: the next append tells what is wrong with it. */
  look(): Awaitable<void> {
    if (this.#closed) return undefined;
    if (this.#looking) {
      this.#again = true;
      return this.#looking;
    }
    try {
      const mail = this.#store.mail(this.#run, this.#position);
      if (!(mail instanceof Promise)) return this.#takeAll(mail);
      this.#looking = this.#takeLater(mail);
      return this.#looking;
    } catch (error) {
      this.#unreadable = { error };
      return undefined;
    }
  }

  async #takeLater(first: Awaitable<StoredMessage[]>): Promise<void> {
    try {
      for (let mail = first; ; mail = this.#store.mail(this.#run, this.#position)) {
        this.#again = false;
        this.#takeAll(await mail);
        if (!this.#again || this.#closed) return;
      }
    } catch (error) {
      this.#unreadable = { error };
    } finally {
      this.#looking = undefined;
    }
  }

  /**
   * The last look for input. True when all of it is taken and the store takes no more: whoever comes later is told so. False when something has come that may be input.
   * `regardless`: what has come is left untaken. @throws what the store throws: then it may take more
   */
  async seal(regardless: boolean): Promise<boolean> {
    if (!regardless) await this.look();
    if (!this.#store.closeMail) return true;
    if (this.#unreadable && !regardless) throw this.#unreadable.error;
    return this.#store.closeMail(this.#run, regardless ? Number.MAX_SAFE_INTEGER : this.#position);
  }

  #takeAll(messages: readonly StoredMessage[]): void {
    this.#unreadable = undefined;
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
