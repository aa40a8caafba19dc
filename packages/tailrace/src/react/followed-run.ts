/**
 * The run that a component shows, outside of React: what React sees is one value at a time.
 *
 * U1 Events that come within a frame are one change. U2 Of a run that was left, nothing is shown any more. U3 A component that goes away and comes back goes on where it was.
 */
import { type ClientEvent, EMPTY_VIEW, type EventReader, type RunView, viewRun } from '../client/index.ts';

/** A run as it stands, and why it cannot be read, if so. The run itself may well go on; where nothing of it was read, it is `idle`. */
export interface Followed extends RunView {
  problem: Error | undefined;
}

/** What is shown where there is no run yet, and on servers. */
export const NOTHING: Followed = { ...EMPTY_VIEW, problem: undefined };

type Loop = AsyncIterator<ClientEvent, void>;

export class FollowedRun {
  readonly #listeners: Set<() => void> = new Set();
  readonly #onRun: (run: string) => void;
  #reader: EventReader | undefined;
  #loop: Loop | undefined;
  #told: string | undefined;
  #shown: Followed = NOTHING;
  #next: Followed = NOTHING;
  #cancelFrame: (() => void) | undefined;
  #known: PromiseWithResolvers<string> | undefined;

  constructor(onRun: (run: string) => void) {
    this.#onRun = onRun;
  }

  readonly get = (): Followed => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** The run that is shown, once its id is known. */
  get run(): string | undefined {
    return this.#reader?.run;
  }

  /** Waits for the run's id, where it is being begun. Rejects where there is none, or it cannot be begun. */
  async id(): Promise<string> {
    if (!this.#reader) throw new Error('There is no run yet. Begin one, or give a runId.');
    if (this.#reader.run !== undefined) return this.#reader.run;
    if (this.#next.problem) throw this.#next.problem;
    this.#known ??= Promise.withResolvers<string>();
    return this.#known.promise;
  }

  /** Shows another run, or none. */
  follow(reader: EventReader | undefined): void {
    this.leave();
    this.#fail(new Error('Another run has taken its place.'));
    this.#reader = reader;
    this.#told = undefined;
    this.#next = reader ? { ...NOTHING, status: 'running', run: reader.run } : NOTHING;
    this.#show();
    this.enter();
  }

  /** Begins to read, where it is not read. */
  enter(): void {
    if (this.#loop || !this.#reader) return;
    if (this.#next.problem) this.#hopeful();
    const loop = this.#reader[Symbol.asyncIterator]();
    this.#loop = loop;
    void this.#read(loop);
  }

  /** Reads on after a problem. */
  again(): void {
    if (this.#next.problem === undefined) return;
    this.leave();
    this.enter();
  }

  /** What went wrong is tried again. */
  #hopeful(): void {
    const { status } = this.#next;
    this.#next = { ...this.#next, status: status === 'idle' ? 'running' : status, problem: undefined };
    this.#show();
  }

  /** Closes the connection. What is shown stays. */
  leave(): void {
    const loop = this.#loop;
    this.#loop = undefined;
    void loop?.return?.();
  }

  async #read(loop: Loop): Promise<void> {
    try {
      for (;;) {
        const { value: event, done } = await loop.next();
        if (done === true || this.#loop !== loop) return;
        this.#take(event);
      }
    } catch (thrown) {
      if (this.#loop !== loop) return;
      const problem = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#fail(problem);
      const { status } = this.#next;
      // Nobody has said that there is such a run.
      this.#next = { ...this.#next, status: this.#told === undefined ? 'idle' : status, problem };
      this.#show();
    }
  }

  #take(event: ClientEvent): void {
    this.#next = { ...viewRun(this.#next, event), problem: undefined };
    this.#cancelFrame ??= onNextFrame(() => this.#show());
    if (this.#told === event.run) return;
    this.#told = event.run;
    this.#known?.resolve(event.run);
    this.#known = undefined;
    try {
      this.#onRun(event.run);
    } catch (error) {
      // A storage that is full is no reason to stop reading.
      report(error);
    }
  }

  #fail(problem: Error): void {
    // Nobody may be waiting for it.
    this.#known?.promise.catch(() => undefined);
    this.#known?.reject(problem);
    this.#known = undefined;
  }

  #show(): void {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
    if (this.#shown === this.#next) return;
    this.#shown = this.#next;
    for (const listener of this.#listeners) listener();
  }
}

/** What browsers have, of what is needed here. */
const page = globalThis as {
  requestAnimationFrame?: (callback: () => void) => number;
  cancelAnimationFrame?: (handle: number) => void;
  document?: { visibilityState?: string };
  reportError?: (error: unknown) => void;
};

/** A page that is not seen has no frames: there, and where there is no page, a timer stands in. */
function onNextFrame(callback: () => void): () => void {
  const timer = setTimeout(callback, 50);
  const frame = page.document?.visibilityState === 'visible' ? page.requestAnimationFrame?.(callback) : undefined;
  return () => {
    clearTimeout(timer);
    if (frame !== undefined) page.cancelAnimationFrame?.(frame);
  };
}

/** As what nobody caught. */
function report(error: unknown): void {
  if (page.reportError) page.reportError(error);
  else console.warn(error);
}
