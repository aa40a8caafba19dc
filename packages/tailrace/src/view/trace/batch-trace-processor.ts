/**
 * Collects traces and ended spans and exports them in batches, off the path of the runs.
 *
 * 1. At most `maxQueueSize` items wait; what comes beyond is dropped and counted, and one warning says so.
 * 2. One export at a time. What it rejects, or has not finished within `exportTimeoutMs`, is lost and counted.
 * 3. With nothing waiting there is no timer, and the timer never keeps the process alive.
 * 4. `forceFlush` and `shutdown` always resolve.
 */
import type { SpanRecord, TraceRecord, TracingExporter, TracingProcessor } from '../../port/tracing.ts';
import { reasonOf } from './reason.ts';
import { warnOnce } from './warn-once.ts';

export interface BatchTraceProcessorOptions {
  /** Items that may wait. Default 8192. */
  maxQueueSize?: number;
  /** Items in one export. Default 128. */
  maxBatchSize?: number;
  /** The longest an item waits for its batch to fill, in milliseconds. Default 5000. */
  scheduleDelay?: number;
  /** How full the queue may get, from 0 to 1, before an export starts at once. Default 0.7. */
  exportTriggerRatio?: number;
  /** How long one export may take, in milliseconds; then its signal is aborted. Default 30000. */
  exportTimeoutMs?: number;
}

type Item = TraceRecord | SpanRecord;

export class BatchTraceProcessor implements TracingProcessor {
  readonly #exporter: TracingExporter;
  readonly #maxQueueSize: number;
  readonly #maxBatchSize: number;
  readonly #scheduleDelay: number;
  readonly #triggerSize: number;
  readonly #exportTimeoutMs: number;
  #queue: Item[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #exporting: Promise<void> | undefined;
  #abort: AbortController | undefined;
  #dropped = 0;
  #stopped = false;

  constructor(exporter: TracingExporter, options: BatchTraceProcessorOptions = {}) {
    this.#exporter = exporter;
    this.#maxQueueSize = options.maxQueueSize ?? 8192;
    this.#maxBatchSize = options.maxBatchSize ?? 128;
    this.#scheduleDelay = options.scheduleDelay ?? 5000;
    this.#triggerSize = Math.max(1, Math.floor(this.#maxQueueSize * (options.exportTriggerRatio ?? 0.7)));
    this.#exportTimeoutMs = options.exportTimeoutMs ?? 30_000;
  }

  /** Items that were not exported: no room, a failed export, or a shutdown that ran out of time. */
  get dropped(): number {
    return this.#dropped;
  }

  onTraceStart(trace: TraceRecord): void {
    this.#add(trace);
  }

  onTraceEnd(_trace: TraceRecord): void {}

  onSpanStart(_span: SpanRecord): void {}

  onSpanEnd(span: SpanRecord): void {
    this.#add(span);
  }

  /** Exports what waits now. Resolves when that is done, or after `timeoutMs`. Never rejects. */
  async forceFlush(timeoutMs: number = this.#exportTimeoutMs): Promise<void> {
    await within(timeoutMs, this.#drain());
  }

  /** Exports what waits, stops, and takes nothing more. At `timeoutMs` a running export is aborted and the rest dropped. Never rejects. */
  async shutdown(timeoutMs = 5000): Promise<void> {
    this.#stopped = true;
    await within(timeoutMs, this.#drain());
    this.#drop(this.#queue.splice(0).length);
    this.#abort?.abort(new Error('The trace processor was shut down.'));
    this.#clearTimer();
  }

  #add(item: Item): void {
    if (this.#stopped || this.#queue.length >= this.#maxQueueSize) {
      this.#drop(1);
      return;
    }
    this.#queue.push(item);
    if (this.#queue.length >= this.#triggerSize) void this.#drain();
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#exporting !== undefined) return;
    this.#timer = setTimeout(() => void this.#drain(), this.#scheduleDelay);
    this.#timer.unref?.();
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Resolves when what waited at the call has been exported or lost. */
  #drain(): Promise<void> {
    this.#clearTimer();
    this.#exporting ??= this.#exportAll().finally(() => {
      this.#exporting = undefined;
      // Too few to go on with, but not to be forgotten.
      if (this.#queue.length > 0 && !this.#stopped) this.#schedule();
    });
    return this.#exporting;
  }

  async #exportAll(): Promise<void> {
    // Not in the caller's turn: whoever ended the span goes on first.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#exportBatch(this.#queue.splice(0, this.#maxBatchSize));
  }

  async #exportBatch(batch: Item[]): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    const stopped = new Promise<never>((_resolve, reject) => {
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error), { once: true });
    });
    const timer = setTimeout(() => {
      abort.abort(new Error(`An export took more than ${this.#exportTimeoutMs} ms.`));
    }, this.#exportTimeoutMs);
    timer.unref?.();
    try {
      await Promise.race([this.#exporter.export(batch, abort.signal), stopped]);
    } catch (error) {
      this.#drop(batch.length, reasonOf(error));
    } finally {
      clearTimeout(timer);
      this.#abort = undefined;
    }
  }

  #drop(count: number, reason = 'the queue was full or closed'): void {
    if (count === 0) return;
    this.#dropped += count;
    warnOnce('TRACES_DROPPED', `Traces or spans were lost: ${reason}. BatchTraceProcessor.dropped counts them.`);
  }
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const deadline = Promise.withResolvers<void>();
  // Keeps the process alive: somebody waits for it.
  const timer = setTimeout(deadline.resolve, timeoutMs);
  await Promise.race([work, deadline.promise]);
  clearTimeout(timer);
}
