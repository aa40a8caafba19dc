/** The streams that are open: one clock beats for all of them, and only while there are any. */
import { systemClock } from '../base/clock.ts';
import type { Standing } from './access.ts';
import { HttpError } from './http-error.ts';
import type { RunBody } from './run-body.ts';

interface OpenStream {
  body: RunBody;
  principal: string;
  /** Whether the reader may still read. Asked every `recheckMs`. Never rejects. */
  standing: () => Promise<Standing>;
  /** On the monotonic clock. Undefined while it is asked: one that takes long is not asked twice. */
  checkedAt: number | undefined;
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
  add(principal: string, body: RunBody, standing: () => Promise<Standing>): () => void {
    const stream: OpenStream = { body, principal, standing, checkedAt: systemClock.monotonic() };
    this.#open.add(stream);
    this.#count(principal, 1);
    this.#timer ??= systemClock.timer(this.#beatMs, this.#beat);
    if (this.#dismissing) body.dismiss();
    return () => this.#remove(stream);
  }

  /** Counts a request that waits for its answer, as the streams are. @throws HttpError LIMIT_REACHED */
  hold(principal: string): Disposable {
    this.check(principal);
    this.#count(principal, 1);
    return { [Symbol.dispose]: () => this.#count(principal, -1) };
  }

  #count(principal: string, more: 1 | -1): void {
    const now = (this.#byPrincipal.get(principal) ?? 0) + more;
    if (now === 0) this.#byPrincipal.delete(principal);
    else this.#byPrincipal.set(principal, now);
  }

  #remove(stream: OpenStream): void {
    if (!this.#open.delete(stream)) return;
    this.#count(stream.principal, -1);
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
      if (stream.checkedAt !== undefined && now - stream.checkedAt >= this.#recheckMs) void this.#check(stream);
    }
  };

  async #check(stream: OpenStream): Promise<void> {
    stream.checkedAt = undefined;
    const standing = await stream.standing();
    stream.checkedAt = systemClock.monotonic();
    if (standing === 'gone') stream.body.close();
    // Whoever it is can come back, when it can be said again who they are.
    else if (standing === 'unknown') stream.body.dismiss();
  }

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
