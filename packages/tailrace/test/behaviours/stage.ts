/** Where a run of a test takes place: observed from before it starts, and checked for a clean end after the test. */
import { test, type TestAPI } from 'vitest';
import type { AnyAgent } from '../../src/agent/agent.ts';
import type { StreamEvent } from '../../src/event/stream-event.ts';
import {
  addTraceProcessor,
  getGlobalTraceProvider,
  InMemoryTraceProcessor,
  MemoryLogStore,
  Runner,
  type RunConfig,
  type RunEvent,
  type RunInput,
  type RunState,
  type RunResult,
  type RunStreamEvent,
  type NonStreamRunOptions,
  type SpanRecord,
  type StreamedRunResult,
  type StreamRunOptions,
} from '../../src/index.ts';
import type { SpanData } from '../../src/event/span-data.ts';
import type { Model, ModelRequest, ModelResponse } from '../../src/port/model.ts';
import { assertCleanRun, CleanRunProbe } from '../../src/testing/index.ts';

type StreamOptions = Omit<StreamRunOptions, 'stream'>;

/** What a run that is not streamed came to. */
export interface Whole {
  result: RunResult | undefined;
  error: unknown;
  log: RunEvent[];
}

/** What one reader saw of a stream. */
export interface Seen {
  events: RunStreamEvent[];
  error: unknown;
}

export class Stage {
  /** Its signal may be given to a run: it must have no listener left afterwards. */
  readonly caller: AbortController = new AbortController();
  readonly trace: InMemoryTraceProcessor = new InMemoryTraceProcessor();
  readonly store: MemoryLogStore = new MemoryLogStore();
  readonly #probe: CleanRunProbe = new CleanRunProbe({ signal: this.caller.signal });
  readonly #runs: string[] = [];

  constructor() {
    addTraceProcessor(this.trace);
  }

  /** Starts a streamed run. */
  async stream(
    agent: AnyAgent,
    input: RunInput | RunState = 'Hi',
    options: StreamOptions = {},
    config: Partial<RunConfig> = {},
  ): Promise<StreamedRunResult> {
    const runId = this.#nextId();
    return new Runner({ store: this.store, ...config }).run(agent, input, { runId, ...options, stream: true });
  }

  /** Runs to the end without streaming. */
  async whole(
    agent: AnyAgent,
    input: RunInput | RunState = 'Hi',
    options: NonStreamRunOptions = {},
    config: Partial<RunConfig> = {},
  ): Promise<Whole> {
    const runId = this.#nextId();
    let result: RunResult | undefined;
    let error: unknown;
    try {
      result = await new Runner({ store: this.store, ...config }).run(agent, input, { runId, ...options });
    } catch (thrown) {
      error = thrown;
    }
    return { result, error, log: this.log(runId) };
  }

  /** Starts a streamed run and reads it to its end. */
  async seen(
    agent: AnyAgent,
    input: RunInput | RunState = 'Hi',
    options: StreamOptions = {},
    config: Partial<RunConfig> = {},
  ): Promise<Seen & { result: StreamedRunResult }> {
    const result = await this.stream(agent, input, options, config);
    const seen = await read(result);
    await settled(result);
    return { result, ...seen };
  }

  /** The log of a run of this stage. */
  log(runId: string = this.#runs.at(-1) ?? ''): RunEvent[] {
    return [...this.store.read(runId, 0, Number.MAX_SAFE_INTEGER)];
  }

  /** Ended spans of a kind, in the order of their ends. */
  spans<K extends SpanData['type']>(kind: K): SpanOf<K>[] {
    return this.trace.spans.filter((span): span is SpanOf<K> => span.spanData.type === kind);
  }

  /** @throws AssertionError when a run of this stage did not end clean */
  async clean(): Promise<void> {
    const last = this.#runs.at(-1);
    for (const runId of this.#runs) {
      await assertCleanRun({ store: this.store, runId }, runId === last ? this.#probe : undefined);
    }
    this.#probe[Symbol.dispose]();
    getGlobalTraceProvider().setProcessors([]);
  }

  #nextId(): string {
    const runId = `run_${this.#runs.length + 1}`;
    this.#runs.push(runId);
    return runId;
  }
}

export type SpanOf<K extends SpanData['type']> = SpanRecord & { spanData: Extract<SpanData, { type: K }> };

/** A test with a stage, which is checked when the test is over. */
export const on: TestAPI<{ stage: Stage }> = test.extend<{ stage: Stage }>({
  // oxlint-disable-next-line no-empty-pattern -- the test library reads the fixtures that it needs from the pattern
  stage: async ({}, use) => {
    const stage = new Stage();
    await use(stage);
    await stage.clean();
  },
});

/** Reads events until the end, or until `enough` says so; then it leaves. */
export async function read(
  events: AsyncIterable<RunStreamEvent>,
  enough: (event: RunStreamEvent, count: number) => boolean | void | Promise<boolean | void> = () => false,
): Promise<Seen> {
  const seen: Seen = { events: [], error: undefined };
  try {
    for await (const event of events) {
      seen.events.push(event);
      if ((await enough(event, seen.events.length)) === true) break;
    }
  } catch (error) {
    seen.error = error;
  }
  return seen;
}

/** Waits for the end of a run, however it ends. */
export async function settled(result: { completed: Promise<void> }): Promise<void> {
  await result.completed.catch(() => undefined);
}

/** The error of a promise that must reject. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to fail, and it succeeded.');
}

/** An event in a word: `raw:output_text_delta`, `tool_called`, `agent:Billing`. */
export function word(event: RunStreamEvent): string {
  if (event.type === 'raw_model_stream_event') return `raw:${event.data.type}`;
  return event.type === 'run_item_stream_event' ? event.name : `agent:${event.agent.name}`;
}

/** The words of all events; runs of text deltas and of the provider's own events are one word. */
export function words(events: readonly RunStreamEvent[]): string[] {
  return events
    .map(word)
    .filter((now, index, all) => now !== all[index - 1] || !/^raw:(output_text_delta|model)$/.test(now));
}

/** The words of all events but raw ones. */
export function itemWords(events: readonly RunStreamEvent[]): string[] {
  return events.map(word).filter((one) => !one.startsWith('raw:'));
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Something that happens once, and can be waited for. */
export class Moment {
  readonly #resolvers = Promise.withResolvers<void>();
  passed = false;

  get reached(): Promise<void> {
    return this.#resolvers.promise;
  }

  reach(): void {
    this.passed = true;
    this.#resolvers.resolve();
  }
}

/**
 * A model whose streams wait for `go()` after each event but the first, so that a test knows which events are committed. It keeps what became of its
 * streams and of the signals that it was given.
 */
export class PacedModel implements Model {
  readonly #turns: readonly (readonly StreamEvent[])[];
  #step: Moment = new Moment();
  calls = 0;
  /** Streams that the run closed before their end. */
  closed = 0;
  /** When the last request was aborted, on the monotonic clock. */
  abortedAt: number | undefined;

  constructor(...turns: readonly (readonly StreamEvent[])[]) {
    this.#turns = turns;
  }

  /** Lets the next event out. */
  go(): void {
    this.#step.reach();
  }

  getResponse(): Promise<ModelResponse> {
    throw new Error('Only streamed runs are paced.');
  }

  getStreamedResponse({ signal }: ModelRequest): AsyncIterableIterator<StreamEvent> {
    const events = this.#turns[this.calls++] ?? [];
    signal?.addEventListener('abort', () => (this.abortedAt = performance.now()), { once: true });
    let at = 0;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async (): Promise<IteratorResult<StreamEvent>> => {
        if (at > 0) {
          await this.#step.reached;
          this.#step = new Moment();
        }
        const value = events[at++];
        return value === undefined ? { done: true, value: undefined } : { done: false, value };
      },
      return: async (): Promise<IteratorResult<StreamEvent>> => {
        this.closed += 1;
        return { done: true, value: undefined };
      },
    };
  }
}
