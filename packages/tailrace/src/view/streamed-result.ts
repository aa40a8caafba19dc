/**
 * A streamed run, as its caller holds it. Each iteration is a reader of its own; none of them can end or slow the run, but for the declared policy when the last one
 * leaves early.
 */
import type { AnyAgent } from '../agent/agent.ts';
import type { RunEvent } from '../event/run-event.ts';
import { systemClock } from '../base/clock.ts';
import { liveReader, type LogReader, readLog, type ReadLogOptions } from '../log/reader.ts';
import type { CancelOptions } from '../run/control.ts';
import type { OnDisconnect } from '../run/options.ts';
import type { StartedRun } from '../run/start.ts';
import { agentsOf } from './item-of.ts';
import { MappedReader } from './mapped-reader.ts';
import { type OutputOf, RunResultBase } from './result.ts';
import type { RunState } from './run-state.ts';
import type { RunStreamEvent } from './stream-event.ts';
import { streamView } from './stream-view.ts';
import { textView } from './text-view.ts';
import { type NodeReadable, nodeReadableOf, webStreamOf } from './web-stream.ts';

export interface ReadOptions {
  /** The log's sequence number to begin at, inclusive. 0 by default. */
  from?: number;
  /** Its abort makes this reader leave; the pending `next` rejects with its reason. */
  signal?: AbortSignal;
}

let warnedEarly = false;

export class StreamedRunResult<TContext = unknown, TAgent = AnyAgent>
  extends RunResultBase<TContext, TAgent>
  implements AsyncIterable<RunStreamEvent>
{
  readonly #readers: Readers;
  readonly #completed: Promise<void>;

  constructor(started: StartedRun, state: RunState<TContext>, onDisconnect: OnDisconnect) {
    super(started, state);
    this.#readers = new Readers(started, onDisconnect);
    this.#completed = started.ended.then(({ event, error }) => {
      this.#readers.close();
      if (event.type === 'run.failed') throw error;
    });
    // A caller that only iterates gets the error there; it must not come up a second time as unhandled.
    this.#completed.catch(() => undefined);
  }

  /** Settles when the run has ended: rejects with the error of a failed run, resolves otherwise. */
  get completed(): Promise<void> {
    return this.#completed;
  }

  /** The error of a failed or cancelled run; null before the end and for a completed run. */
  get error(): unknown {
    return this.started.ending?.error ?? null;
  }

  /** True when the run was cancelled. */
  get cancelled(): boolean {
    return this.started.ending?.event.type === 'run.cancelled';
  }

  /** How the run stands. */
  get status(): 'running' | 'completed' | 'failed' | 'cancelled' {
    const type = this.started.ending?.event.type;
    return type === undefined
      ? 'running'
      : type === 'run.completed'
        ? 'completed'
        : type === 'run.failed'
          ? 'failed'
          : 'cancelled';
  }

  get currentAgent(): TAgent | undefined {
    return this.lastAgent;
  }

  /** Turns begun. */
  get currentTurn(): number {
    return this.state.currentTurn;
  }

  get maxTurns(): number | null {
    return this.started.plan.maxTurns;
  }

  /** Undefined until the run has completed. */
  override get finalOutput(): OutputOf<TAgent> | undefined {
    if (!this.started.ending && !warnedEarly) {
      warnedEarly = true;
      console.warn(
        'tailrace: finalOutput was read before the run had ended and is undefined. Await result.completed, or read the stream to its end, first.',
      );
    }
    return super.finalOutput;
  }

  /** Stops the run. Idempotent. Readers get what is committed, and then the end. */
  cancel(options?: CancelOptions): void {
    this.started.control.cancel(options);
  }

  /** A new reader of the run's own events, as the log holds them. It ends normally after the terminal event, whatever that is. */
  override events(options: ReadLogOptions = {}): LogReader {
    return readLog(this.log, {
      ...options,
      onBegin: () => {
        this.#readers.begin();
        options.onBegin?.();
      },
      onEnd: (how) => {
        const left = how === 'left' || (how === 'failed' && options.signal?.aborted === true);
        if (how !== 'unread') this.#readers.over(left ? 'left' : 'finished');
        options.onEnd?.(how);
      },
    });
  }

  /** A new reader of the stream's events. It ends after what is committed: normally, or with the error of a failed run. */
  streamEvents({ from, signal }: ReadOptions = {}): AsyncIterableIterator<RunStreamEvent, undefined> {
    return this.#read(streamView(agentsOf(this.started.agents)), {
      ...(from !== undefined && { from }),
      ...(signal && { signal }),
    });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<RunStreamEvent, undefined> {
    return this.streamEvents();
  }

  /** The events as a web stream. Cancelling it is leaving it. */
  toStream(): ReadableStream<RunStreamEvent> {
    return webStreamOf(this.streamEvents());
  }

  toTextStream(options?: { compatibleWithNodeStreams?: false }): ReadableStream<string>;
  toTextStream(options: { compatibleWithNodeStreams: true }): NodeReadable;
  /** The answer's text as it comes. */
  toTextStream(options: { compatibleWithNodeStreams?: boolean } = {}): ReadableStream<string> | NodeReadable {
    const reader = this.#read(textView(), {});
    return options.compatibleWithNodeStreams ? nodeReadableOf(reader) : webStreamOf(reader);
  }

  #read<T>(map: (events: readonly RunEvent[]) => readonly T[], options: ReadOptions): MappedReader<T> {
    const readers = this.#readers;
    return new MappedReader<T>(liveReader(this.log, options), {
      ...(options.signal && { signal: options.signal }),
      map,
      failure: () => {
        const { ending } = this.started;
        return ending?.event.type === 'run.failed' ? { error: ending.error } : undefined;
      },
      onBegin: () => readers.begin(),
      onOver: (how) => readers.over(how),
    });
  }
}

/** Who reads, and what happens when the last one has left before the end. */
class Readers {
  readonly #started: StartedRun;
  readonly #onDisconnect: OnDisconnect;
  #reading = 0;
  #timer: Disposable | undefined;

  constructor(started: StartedRun, onDisconnect: OnDisconnect) {
    this.#started = started;
    this.#onDisconnect = onDisconnect;
  }

  begin(): void {
    this.#reading += 1;
    this.close();
  }

  over(how: 'finished' | 'left'): void {
    this.#reading -= 1;
    if (how === 'finished' || this.#reading > 0 || this.#started.ending) return;
    const policy = this.#onDisconnect;
    if (policy === 'cancel') this.#cancel();
    else if (policy !== 'continue') this.#timer = systemClock.timer(policy.cancelAfterMs, () => this.#cancel());
  }

  #cancel(): void {
    this.#started.control.cancel({ reason: 'the last reader left' });
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
