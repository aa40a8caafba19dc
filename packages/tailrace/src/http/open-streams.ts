/** The streams that are open: one clock beats for all of them, and only while there are any. */
import { systemClock } from '../base/clock.ts';
import { HttpError } from './http-error.ts';
import type { RunBody } from './run-body.ts';

interface OpenStream {
  body: RunBody;
  principal: string;
  /** Whether the reader may still read. Asked every `recheckMs`. */
  allowed: () => Promise<boolean>;
  checkedAt: number;
}

export class OpenStreams {
  readonly #beatMs: number;
  readonly #recheckMs: number;
  readonly #most: number;
  readonly #stallMs: number;
  readonly #open: Set<OpenStream> = new Set();
  readonly #byPrincipal: Map<string, number> = new Map();
  #timer: Disposable | undefined;
  #dismissing = false;
  #onEmpty: () => void = () => undefined;
  #patience: Disposable | undefined;

  constructor(limits: { heartbeatMs: number; recheckMs: number; stallMs: number; streamsPerPrincipal: number }) {
    this.#beatMs = limits.heartbeatMs;
    this.#recheckMs = limits.recheckMs;
    this.#stallMs = limits.stallMs;
    this.#most = limits.streamsPerPrincipal;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws HttpError LIMIT_REACHED */
  check(principal: string): void {
    if ((this.#byPrincipal.get(principal) ?? 0) < this.#most) return;
    throw new HttpError('LIMIT_REACHED', `${this.#most} streams are open already. Close one first.`, {
      headers: { 'retry-after': '5' },
    });
  }

  /** Counts a stream until the function it gives is called. */
  add(principal: string, body: RunBody, allowed: () => Promise<boolean>): () => void {
    const stream: OpenStream = { body, principal, allowed, checkedAt: systemClock.monotonic() };
    this.#open.add(stream);
    this.#byPrincipal.set(principal, (this.#byPrincipal.get(principal) ?? 0) + 1);
    this.#timer ??= systemClock.timer(this.#beatMs, this.#beat);
    if (this.#dismissing) body.dismiss();
    return () => this.#remove(stream);
  }

  #remove(stream: OpenStream): void {
    if (!this.#open.delete(stream)) return;
    const left = (this.#byPrincipal.get(stream.principal) ?? 1) - 1;
    if (left === 0) this.#byPrincipal.delete(stream.principal);
    else this.#byPrincipal.set(stream.principal, left);
    if (this.#open.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#onEmpty();
  }

  readonly #beat = (): void => {
    this.#timer = systemClock.timer(this.#beatMs, this.#beat);
    const now = systemClock.monotonic();
    for (const stream of this.#open) {
      stream.body.beat();
      // A client that neither takes nor leaves: what it has not taken can be had again.
      if (now - (stream.body.offeredAt ?? now) >= this.#stallMs) stream.body.close();
      if (now - stream.checkedAt < this.#recheckMs) continue;
      stream.checkedAt = now;
      void stream.allowed().then((still) => {
        if (!still) stream.body.close();
      });
    }
  };

  /** Ends all streams before their runs do, and those that are yet to open, so that their readers come back. */
  dismissAll(): void {
    this.#dismissing = true;
    for (const { body } of Array.from(this.#open)) body.dismiss();
  }

  /** Resolves when no stream is open, or after `ms`. */
  async emptied(ms: number): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      this.#patience = systemClock.timer(ms, resolve);
    });
    this.#patience?.[Symbol.dispose]();
  }

  closeAll(): void {
    for (const { body } of Array.from(this.#open)) body.close();
  }
}
