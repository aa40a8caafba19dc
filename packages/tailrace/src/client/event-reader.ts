/**
 * Reads one run to its end, over as many connections as it takes.
 *
 * C1 Each event is given once, in order: a connection goes on after the last position that was given. C2 A snapshot replaces all that came before it. C3 Tries are
 * counted only while nothing comes, neither an event nor a heartbeat, and not while a browser is offline. C4 Leaving closes the connection, in every state. C5 A
 * connection that is silent for too long is given up, from the request on; while a loop is busy with an event, nothing counts as silence.
 */
import type { ClientRunEvent } from './client-event.ts';
import { asFailure, failureOf, mistake, notTailrace, TailraceClientError } from './client-failure.ts';
import type { ClientEvent, ClientSnapshot } from './client-snapshot.ts';
import type { TailraceClient } from './client.ts';
import { lines } from './lines.ts';
import { isOffline, Patience, pause } from './pause.ts';
import { Watch } from './watch.ts';

type Start = (init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>;

export interface EventReaderOptions {
  client: TailraceClient;
  run: string | undefined;
  start: Start | undefined;
  after: string | undefined;
  maxTries: number;
  idleMs: number;
  delayMs: ((tries: number) => number) | undefined;
  signal?: AbortSignal;
}

const NDJSON = { accept: 'application/x-ndjson' };
const ENDS: ReadonlySet<string> = new Set(['run.completed', 'run.failed', 'run.cancelled']);

/** One loop at a time. A loop that was left can be followed by another one, which goes on where that one was. */
export class EventReader implements AsyncIterable<ClientEvent> {
  readonly #options: EventReaderOptions;
  readonly #patience: Patience;
  readonly #left: AbortController = new AbortController();
  #run: string | undefined;
  #after: string | undefined;
  #lastSeq = -1;
  /** The loop that reads. */
  #loop: AbortController | undefined;
  /** True when the end was given, or the server has said that there is nothing more. */
  #over = false;

  constructor(options: EventReaderOptions) {
    this.#options = options;
    this.#patience = new Patience(options.maxTries, options.delayMs);
    this.#run = options.run;
    this.#after = options.after;
  }

  /** The run's id, once the server has said it. */
  get run(): string | undefined {
    return this.#run;
  }

  /** Where to go on, in this process or another one. */
  get position(): string | undefined {
    return this.#after;
  }

  /** Leaves for good. The loop that reads ends without an error. */
  leave(): void {
    this.#left.abort();
  }

  /** @throws TailraceClientError when the server refuses, or cannot be reached for too long; READER_IN_USE when another loop reads; the signal's reason when it is aborted */
  [Symbol.asyncIterator](): AsyncGenerator<ClientEvent, void> {
    const gone = new AbortController();
    const events = this.#events(gone);
    const leave = events.return.bind(events);
    // A generator would hear of it only after the next event.
    events.return = (value) => {
      gone.abort();
      this.#free(gone);
      return leave(value);
    };
    return events;
  }

  #free(loop: AbortController): void {
    if (this.#loop === loop) this.#loop = undefined;
  }

  async *#events(gone: AbortController): AsyncGenerator<ClientEvent, void> {
    if (this.#loop) {
      const message = 'Another loop reads here. Leave it first, or read the run once more with `client.attach(id)`.';
      throw mistake('READER_IN_USE', message);
    }
    this.#loop = gone;
    const { signal } = this.#options;
    const left = AbortSignal.any([this.#left.signal, gone.signal]);
    const stop = signal ? AbortSignal.any([signal, left]) : left;
    this.#patience.progress();
    try {
      while (!this.#over) {
        let failure: TailraceClientError | undefined;
        try {
          stop.throwIfAborted();
          for await (const event of this.#connected(stop)) {
            yield event;
            if (!this.#over) stop.throwIfAborted();
          }
        } catch (error) {
          stop.throwIfAborted();
          failure = asFailure(error, 'The connection broke.');
          if (!failure.retryable) throw failure;
        }
        if (!this.#over) await this.#rest(failure, stop);
      }
    } catch (error) {
      if (!left.aborted) throw error;
    } finally {
      this.#free(gone);
    }
  }

  async *#connected(stop: AbortSignal): AsyncGenerator<ClientEvent, void> {
    const watch = new Watch(this.#options.idleMs, stop);
    try {
      const response = await this.#connect(watch.signal);
      watch.alive();
      const body = await this.#bodyOf(response, watch.signal);
      if (body instanceof ReadableStream) yield* this.#read(body, watch);
      else if (body) {
        watch.rest();
        yield body;
      }
    } finally {
      watch.end();
    }
  }

  /** What an answer gives to read: its body, or a snapshot in place of it, or nothing more. */
  async #bodyOf(
    response: Response,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | ClientSnapshot | undefined> {
    if (response.status === 204) {
      this.#over = true;
      return undefined;
    }
    if (!response.ok) {
      const failure = await failureOf(response, signal);
      const told = failure.data['snapshot'];
      if (response.status !== 410 || !isSnapshot(told)) throw failure;
      return this.#reset(told);
    }
    if (!response.body || response.headers.get('content-type')?.includes('ndjson') !== true)
      throw notTailrace(response);
    this.#run ??= response.headers.get('location')?.split('/').at(-1);
    return response.body;
  }

  async *#read(body: ReadableStream<Uint8Array>, watch: Watch): AsyncGenerator<ClientEvent, void> {
    for await (const chunk of lines(body, watch.signal)) {
      watch.alive();
      for (const line of chunk) {
        if (line === '') this.#patience.progress();
        const event = line === '' ? undefined : this.#taken(JSON.parse(line));
        if (!event) continue;
        watch.rest();
        yield event;
        if (this.#over) return;
        watch.alive();
      }
    }
  }

  async #connect(signal: AbortSignal): Promise<Response> {
    const { client, start } = this.#options;
    if (this.#run === undefined && start) return start({ headers: NDJSON, signal });
    const headers = this.#after === undefined ? NDJSON : { ...NDJSON, 'last-event-id': this.#after };
    return client.request(`/runs/${encodeURIComponent(this.#run ?? '')}/events`, { headers, signal });
  }

  /** Before the next connection. */
  async #rest(failure: TailraceClientError | undefined, stop: AbortSignal): Promise<void> {
    while (isOffline()) await pause(60_000, stop);
    const waitMs = this.#patience.next(failure?.retryAfterMs);
    if (waitMs === undefined) throw failure ?? asFailure(undefined, 'The stream keeps ending early.');
    await pause(waitMs, stop);
  }

  /** The event, when it is one and was not given before. */
  #taken(line: unknown): ClientEvent | undefined {
    if (typeof line !== 'object' || line === null) return undefined;
    if (isSnapshot(line)) return this.#reset(line);
    const event = line as ClientRunEvent;
    if ((line as { type?: unknown }).type === 'error')
      throw new TailraceClientError('The server cannot read on.', { code: 'INTERNAL', status: 500 });
    // A run that is begun again by its idempotency key is told from its beginning.
    if (!Number.isInteger(event.seq) || event.seq <= this.#lastSeq) return undefined;
    this.#patience.progress();
    this.#run ??= event.run;
    this.#lastSeq = event.seq;
    this.#after = event.id ?? this.#after;
    this.#over = ENDS.has(event.type);
    return event;
  }

  #reset(told: ClientSnapshot): ClientSnapshot {
    if (told.position !== this.#after) this.#patience.progress();
    this.#run ??= told.run;
    this.#after = told.position;
    this.#lastSeq = told.next - 1;
    this.#over = ENDS.has(`run.${told.view.status}`);
    return told;
  }
}

function isSnapshot(line: unknown): line is ClientSnapshot {
  return (line as ClientSnapshot | undefined)?.type === 'snapshot';
}
