import type { RunEventBody } from '../event/run-event.ts';
import { Inbox } from './inbox.ts';

/** The inbox of a nested agent's run: what comes in here goes into the whole run's, with the place that it comes from. */
export class NestedInbox extends Inbox {
  readonly #root: Inbox;
  readonly #path: readonly string[];

  constructor(root: Inbox, path: readonly string[]) {
    super();
    this.#root = root instanceof NestedInbox ? root.#root : root;
    this.#path = path;
  }

  get root(): Inbox {
    return this.#root;
  }

  override push(...events: RunEventBody[]): void {
    // The events themselves, not copies: what they mean in this process is kept beside them.
    for (const event of events) event.scope = this.#path;
    this.#root.push(...events);
    this.ring();
  }

  override store(events: readonly RunEventBody[]): Promise<void> {
    for (const event of events) event.scope = this.#path;
    return this.#root.store(events);
  }

  override get closed(): boolean {
    return this.#root.closed;
  }

  /** Nobody takes anything out of here. */
  override get empty(): boolean {
    return true;
  }
}
