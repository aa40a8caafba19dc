/**
 * A streamed run, as its caller holds it. Each iteration is a reader of its own; none of them can end or slow the run, but for the declared policy when the last one
 * leaves early.
 */
import type { AnyAgent } from '../agent/agent.ts';
import type { RunEvent, RunSuspended, TerminalEventBody } from '../event/run-event.ts';
import { newItemId } from '../base/id.ts';
import { systemClock } from '../base/clock.ts';
import { liveReader, type LogReader, readLog, type ReadLogOptions } from '../log/reader.ts';
import { type CancelOptions, checkCancelOptions, reasonText } from '../run/control.ts';
import type { OnDisconnect } from '../run/options.ts';
import type { StartedRun } from '../run/start.ts';
import { agentsOf } from '../agent/item-of.ts';
import type { DeepPartial } from './deep-partial.ts';
import { MappedReader } from './mapped-reader.ts';
import { partialOutputView } from './partial-output.ts';
import { type OutputOf, RunResultBase } from './result.ts';
import type { RunState } from './run-state.ts';
import type { RunStreamEvent } from './stream-event.ts';
import { streamView } from './stream-view.ts';
import { textView } from './text-view.ts';
import { type UiFrame, uiMessageView } from './ui/ui-message-view.ts';
import { type NodeReadable, nodeReadableOf, webStreamOf } from './web-stream.ts';

export interface ReadOptions {
  /** The log's sequence number to begin at, inclusive. By default where this result's part of the run begins: 0, but for a run that was taken up. */
  from?: number;
  /** Its abort makes this reader leave; the pending `next` rejects with its reason. */
  signal?: AbortSignal;
}

let warnedEarly = false;

/** A run that is read while it goes on. Iterate it for its events, as often as you like; `completed` settles when it has ended. */
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
      if (!event || event.type === 'run.failed') throw error;
    });
    // A caller that only iterates gets the error there; it must not come up a second time as unhandled.
    this.#completed.catch(() => undefined);
  }

  /** Settles when the run has ended, or waits for a decision: rejects with the error of a failed run, resolves otherwise. */
  get completed(): Promise<void> {
    return this.#completed;
  }

  /** The error of a failed or cancelled run; null before the end and for a completed run. */
  get error(): unknown {
    return this.started.ending?.error ?? null;
  }

  /** True when the run was cancelled. */
  get cancelled(): boolean {
    return this.started.ending?.event?.type === 'run.cancelled';
  }

  /** How the run stands. */
  get status(): ResultStatus {
    const { ending } = this.started;
    return ending === undefined ? 'running' : STATUS[ending.event?.type ?? 'left'];
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

  /** Stops the run. Idempotent. Readers get what is committed, and then the end. A run that waits for a decision is cancelled when it is taken up. */
  cancel(options: CancelOptions = {}): void {
    checkCancelOptions(options);
    if (this.status === 'suspended') leaveCancel(this.started, options);
    else this.started.control.cancel(options);
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

  /** A new reader of the stream's events. Tools that are generators add theirs: `ObservedStreamEvent`. It ends after what is committed: normally, or with the error of a failed run. */
  streamEvents({ from, signal }: ReadOptions = {}): AsyncIterableIterator<RunStreamEvent, undefined> {
    return this.#read(streamView(agentsOf(this.started.agents)), {
      ...(from !== undefined && { from }),
      ...(signal && { signal }),
    });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<RunStreamEvent, undefined> {
    return this.streamEvents();
  }

  /**
   * The final output as it is being written: a new reader that gives, each time more of it has come, all that is certain by then, and last `finalOutput` itself.
   * Strings grow; numbers, true, false and null come whole. Nothing is checked against the schema before the end. What was given out never changes.
   */
  partialOutputStream({ from, signal }: ReadOptions = {}): AsyncIterableIterator<
    DeepPartial<OutputOf<TAgent>>,
    undefined
  > {
    const { started } = this;
    const agents = agentsOf(started.agents);
    const view = partialOutputView({ agents, agent: started.plan.agent, final: () => this.finalOutput });
    const map = view as (events: readonly RunEvent[]) => DeepPartial<OutputOf<TAgent>>[];
    return this.#read(map, { ...(from !== undefined && { from }), ...(signal && { signal }) });
  }

  /** The events as a web stream. Cancelling it is leaving it. */
  toStream(): ReadableStream<RunStreamEvent> {
    return webStreamOf(this.streamEvents());
  }

  /** The text of the answers as they are written. Cancelling it is leaving it. */
  toTextStream(options?: { compatibleWithNodeStreams?: false }): ReadableStream<string>;
  toTextStream(options: { compatibleWithNodeStreams: true }): NodeReadable;
  /** The answer's text as it comes. */
  toTextStream(options: { compatibleWithNodeStreams?: boolean } = {}): ReadableStream<string> | NodeReadable {
    const reader = this.#read(textView(this.started.voidAttempts), {});
    return options.compatibleWithNodeStreams ? nodeReadableOf(reader) : webStreamOf(reader);
  }

  /**
   * The run as frames of the AI SDK's UI message stream: this result's part of it, or those of the events from `from` on. A run that failed is told in them and throws
   * nothing here. `messageId` is the run's id by default.
   */
  uiFrames(options: ReadOptions & { messageId?: string } = {}): AsyncIterableIterator<UiFrame, undefined> {
    const { signal, from = this.started.segmentFrom, ...view } = options;
    // Calls and approvals of earlier segments are needed, though not shown.
    const map = uiMessageView({ ...view, from });
    return this.#read(map, { from: 0, ...(signal && { signal }) }, 'told');
  }

  #read<T>(
    map: (events: readonly RunEvent[]) => readonly T[],
    options: ReadOptions,
    failed: 'thrown' | 'told' = 'thrown',
  ): MappedReader<T> {
    const readers = this.#readers;
    const { segmentFrom } = this.started;
    return new MappedReader<T>(liveReader(this.log, { from: segmentFrom, ...options }), {
      isLast: ({ type, seq }) => type === 'run.suspended' && seq >= segmentFrom,
      ...(options.signal && { signal: options.signal }),
      map,
      failure: (unread) => {
        const { ending, log } = this.started;
        if (unread && log.broken === undefined) return unread;
        if (ending?.event?.type === 'run.failed' && failed === 'told') return undefined;
        if (ending && (!ending.event || ending.event.type === 'run.failed')) return { error: ending.error };
        // A log that broke while it took another end broke the run, too.
        return ending?.event?.type === 'run.cancelled' ? undefined : unread;
      },
      onBegin: () => readers.begin(),
      onOver: (how) => readers.over(how),
    });
  }
}

function leaveCancel({ plan: { store, runId } }: StartedRun, { mode = 'immediate', reason }: CancelOptions = {}): void {
  const message = { id: newItemId('cancel'), kind: 'cancel', body: { mode, reason: reasonText(reason) } } as const;
  // A store that fails here fails whoever takes the run up.
  Promise.resolve(store.post(runId, message)).catch(() => undefined);
}

/** `suspended`: it waits for somebody's decision, and nobody drives it. */
export type ResultStatus = 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

const STATUS: Readonly<Record<RunSuspended['type'] | TerminalEventBody['type'] | 'left', ResultStatus>> = {
  'run.suspended': 'suspended',
  'run.completed': 'completed',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
  // For its caller: whoever has it now says how it ends.
  left: 'failed',
};

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
