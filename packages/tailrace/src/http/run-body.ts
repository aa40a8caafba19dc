/**
 * The body of a stream: pulls a run's events from its log when its writer asks for more, and never before.
 *
 * B1 At most one chunk is held: a client that takes nothing costs what it was last sent, and reads the log again later. B2 `close()` is prompt in every state and
 * leaves no reader, timer or listener. B3 What is ready at the same time goes out as one chunk, of at most `chunkChars` characters or one event. B4 A stream that is
 * silent sends a comment with every beat.
 */
import { systemClock } from '../base/clock.ts';
import type { LogReader } from '../log/reader.ts';
import { positionOf } from '../log/position.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import type { Frame } from './frame.ts';
import type { Telling } from './telling.ts';

export interface RunBodyOptions {
  reader: LogReader;
  telling: Telling;
  /** How a frame becomes text: SSE or NDJSON. */
  write: (frame: Frame) => string;
  /** Events before this sequence number were seen: they are folded and not sent. */
  sendFrom: number;
  /** Sent first, as it is. */
  opening?: string;
  /** A comment of the format, if it has one. */
  ping?: string;
  /** Sent last when the server ends the stream before the run has ended. */
  farewell?: string;
  chunkChars: number;
  /** Ends after what is there now, or after the first that comes: long-poll. */
  once?: boolean;
  /** Called once, at the first read. */
  onBegin: () => void;
  /** Called once: `complete` when the client was sent the last event. */
  onEnd: (how: 'complete' | 'left') => void;
  onError: (error: unknown) => void;
}

type Taker = (chunk: string | undefined) => void;

export class RunBody {
  readonly #options: RunBodyOptions;
  #taker: Taker | undefined;
  #begun = false;
  #reading = false;
  #silent = false;
  #dismissed = false;
  /** `told`: the last event was read. `dismissed`: the server has ended it. `closed`: nothing is left. */
  #state: 'open' | 'told' | 'dismissed' | 'closed' = 'open';
  /** Since when the client has not asked for more, on the monotonic clock. Undefined while it waits. */
  offeredAt: number | undefined = systemClock.monotonic();
  /** Read and not yet told: what one chunk could not hold. */
  #rest: readonly RunEvent[] = [];
  #at = 0;
  #ready: string | undefined;

  constructor(options: RunBodyOptions) {
    this.#options = options;
    this.#ready = options.opening;
  }

  /** The next chunk, or undefined after the last one. One call at a time. Never rejects. */
  next(): Promise<string | undefined> {
    // One that was left before it was read has no reader who could leave.
    if (!this.#begun && this.#state !== 'closed') {
      this.#begun = true;
      this.#options.onBegin();
    }
    return new Promise((resolve) => {
      this.#silent = false;
      const ready = this.#ready;
      if (ready !== undefined) {
        this.#ready = undefined;
        this.offeredAt = systemClock.monotonic();
        resolve(ready);
      } else if (this.#state !== 'open') {
        resolve(undefined);
      } else {
        this.#taker = resolve;
        this.offeredAt = undefined;
        if (!this.#reading) void this.#read();
      }
    });
  }

  /** True when the connection is to break off, after the last chunk: what was sent is not the whole, and nothing in it says so. */
  get broken(): boolean {
    const { telling } = this.#options;
    return telling.broken === true || (this.#dismissed && telling.folds);
  }

  /** One beat of the handler's clock: whoever has waited since the beat before gets a comment. */
  beat(): void {
    const { ping } = this.#options;
    if (this.#taker && this.#silent && ping !== undefined) this.#give(ping);
    this.#silent = true;
  }

  /** Leaves. Idempotent. `how` says whether the client was sent everything. */
  close(): void {
    if (this.#state === 'closed') return;
    const how = this.#state === 'told' ? 'complete' : 'left';
    this.#state = 'closed';
    this.#rest = [];
    void this.#options.reader.return();
    const taker = this.#taker;
    this.#taker = undefined;
    taker?.(undefined);
    this.#options.onEnd(how);
  }

  /** Ends the stream before its run has ended, after a last word. Idempotent. */
  dismiss(): void {
    if (this.#state !== 'open') return;
    this.#state = 'dismissed';
    this.#dismissed = true;
    this.#rest = [];
    void this.#options.reader.return();
    const { farewell } = this.#options;
    if (farewell !== undefined) this.#give((this.#ready ?? '') + farewell);
    else if (this.#ready === undefined) this.#finishTaker();
  }

  #give(chunk: string): void {
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker) {
      this.offeredAt = systemClock.monotonic();
      taker(chunk);
    } else this.#ready = chunk;
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#state === 'open') {
        if (this.#at >= this.#rest.length && !(await this.#more())) {
          if (!this.#isOpen()) return;
          this.#state = 'told';
        }
        const text = this.#chunk();
        if (text === '' && this.#state === 'open') continue;
        this.#give(text);
        return;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#reading = false;
      if (this.#isTold() && this.#ready === undefined && this.#taker) this.#finishTaker();
    }
  }

  #isOpen(): boolean {
    return this.#state === 'open';
  }

  #isTold(): boolean {
    return this.#state === 'told';
  }

  #finishTaker(): void {
    const taker = this.#taker;
    this.#taker = undefined;
    taker?.(undefined);
  }

  async #more(): Promise<boolean> {
    const events = await this.#options.reader.nextBatch();
    if (events === undefined || !this.#isOpen()) return false;
    this.#rest = events;
    this.#at = 0;
    return true;
  }

  #chunk(): string {
    const { telling, write, chunkChars, once } = this.#options;
    let text = '';
    while (this.#at < this.#rest.length && text.length < chunkChars && this.#state === 'open') {
      const event = this.#rest[this.#at++] as RunEvent;
      text += this.#told(event);
      if (isTerminal(event) || telling.isLast(event)) this.#state = 'told';
    }
    // Somebody who waits for long need not hold what was told.
    if (this.#at >= this.#rest.length) this.#letGo();
    if (once === true && text !== '' && this.#at >= this.#rest.length) this.#state = 'told';
    if (this.#state === 'told') for (const frame of telling.end?.() ?? []) text += write(frame);
    return text;
  }

  #letGo(): void {
    this.#rest = [];
    this.#at = 0;
  }

  #told(event: RunEvent): string {
    const { telling, write, sendFrom } = this.#options;
    const frames = telling.tell(event);
    const last = frames.at(-1);
    if (last === undefined || event.seq < sendFrom) return '';
    let text = '';
    for (const frame of frames) text += write(frame === last ? { ...frame, id: positionOf(event) } : frame);
    return text;
  }

  #fail(error: unknown): void {
    const { telling, write, onError } = this.#options;
    if (!this.#isOpen()) return;
    onError(error);
    this.#state = 'told';
    let text = '';
    for (const frame of telling.failed?.() ?? []) text += write(frame);
    this.#give(text);
  }
}
