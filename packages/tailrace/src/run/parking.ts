/**
 * Where a nested agent's run stands when it can only wait for somebody. The call that it answers waits with it; the run goes on with other calls, and in the end
 * says for all of them that it waits.
 */
import { type AbortSource, abortable } from '../base/abort.ts';
import type { Inbox } from './inbox.ts';

export class Parking {
  readonly #tell: (parked: boolean) => void;
  #ready: (() => boolean) | undefined;
  #leave = false;
  #ring: (() => void) | undefined;
  readonly #done = Promise.withResolvers<void>();

  /** `tell` hears whenever the nested run begins to wait, and when it goes on. */
  constructor(tell: (parked: boolean) => void) {
    this.#tell = tell;
  }

  /** True when what it waited for has come: it goes on by itself. */
  get ready(): boolean {
    return this.#ready?.() ?? false;
  }

  /** Waits. True when the nested run may go on, false when it is to be left as it is. @throws the reason to stop */
  async park(inbox: Inbox, ready: () => boolean, stop: AbortSource): Promise<boolean> {
    this.#ready = () => stop.aborted || ready();
    this.#ring = () => inbox.ring();
    this.#tell(true);
    for (;;) {
      if (this.#leave) return false;
      if (ready()) break;
      await this.#rung(inbox, stop);
    }
    this.#goOn();
    return true;
  }

  async #rung(inbox: Inbox, stop: AbortSource): Promise<void> {
    try {
      await abortable(inbox.wait(), stop);
    } catch (error) {
      this.#goOn();
      throw error;
    }
  }

  #goOn(): void {
    this.#ready = undefined;
    this.#tell(false);
  }

  /** Leaves the nested run as it is. Resolves when nothing of it is under way any more. */
  leave(): Promise<void> {
    this.#leave = true;
    this.#ring?.();
    return this.#done.promise;
  }

  /** Nothing of the nested run is under way any more. */
  over(): void {
    this.#done.resolve();
  }
}
