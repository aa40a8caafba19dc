/**
 * Reads one run to its end, over as many connections as it takes.
 *
 * C1 Each event is given once, in order: a connection goes on after the last position that was given. C2 A snapshot replaces all that came before it. C3 Tries are
 * counted only while nothing comes. C4 Leaving closes the connection, in every state.
 */
import type { ClientEvent, ClientRunEvent, ClientSnapshot } from './client-event.ts';
import { failureOf, TailraceClientError } from './client-failure.ts';
import type { TailraceClient } from './client.ts';
import { lines } from './lines.ts';
import { Patience, pause } from './pause.ts';

type Start = (init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>;

export interface EventReaderOptions {
  client: TailraceClient;
  run: string | undefined;
  start: Start | undefined;
  after: string | undefined;
  maxTries: number;
  idleMs: number;
  signal?: AbortSignal;
}

const NDJSON = { accept: 'application/x-ndjson' };
const ENDS: ReadonlySet<string> = new Set(['run.completed', 'run.failed', 'run.cancelled']);

export class EventReader implements AsyncIterable<ClientEvent> {
  readonly #options: EventReaderOptions;
  readonly #left: AbortController = new AbortController();
  #run: string | undefined;
  #after: string | undefined;
  #lastSeq = -1;

  constructor(options: EventReaderOptions) {
    this.#options = options;
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

  /** Leaves. The loop that reads ends without an error. */
  leave(): void {
    this.#left.abort();
  }

  /** @throws TailraceClientError when the server refuses, or cannot be reached for too long */
  async *[Symbol.asyncIterator](): AsyncGenerator<ClientEvent, void> {
    const { signal, maxTries } = this.#options;
    const stop = signal ? AbortSignal.any([signal, this.#left.signal]) : this.#left.signal;
    const patience = new Patience(maxTries);
    for (;;) {
      let failure: TailraceClientError | undefined;
      try {
        for await (const event of this.#connected(stop)) {
          patience.progress();
          yield event;
          if (isEnd(event)) return;
        }
        if (stop.aborted) return;
        if (this.#over) return;
      } catch (error) {
        if (this.#left.signal.aborted) return;
        if (signal?.aborted === true) throw signal.reason;
        failure = asFailure(error);
        if (!failure.retryable) throw failure;
      }
      const waitMs = patience.next(failure?.retryAfterMs);
      if (waitMs === undefined)
        throw failure ?? new TailraceClientError('The stream keeps ending early.', { code: 'UNREACHABLE', status: 0 });
      try {
        await pause(waitMs, stop);
      } catch (reason) {
        if (this.#left.signal.aborted) return;
        throw reason;
      }
    }
  }

  /** True when the server has said that there is nothing more. */
  #over = false;

  async *#connected(signal: AbortSignal): AsyncGenerator<ClientEvent, void> {
    const response = await this.#connect(signal);
    if (response.status === 204) {
      this.#over = true;
      return;
    }
    if (response.status === 410) {
      const failure = await failureOf(response);
      yield this.#reset(failure.data['snapshot'] as ClientSnapshot);
      yield* this.#connected(signal);
      return;
    }
    if (!response.ok || !response.body) throw await failureOf(response);
    this.#run ??= response.headers.get('location')?.split('/').at(-1);
    for await (const batch of lines(response.body, { idleMs: this.#options.idleMs, signal })) {
      for (const line of batch) {
        const event = JSON.parse(line) as ClientEvent | { type: 'error' };
        if (event.type === 'error')
          throw new TailraceClientError('The server cannot read on.', { code: 'INTERNAL', status: 500 });
        if (event.type === 'snapshot') yield this.#reset(event);
        else if (this.#isNew(event)) yield event;
      }
    }
  }

  async #connect(signal: AbortSignal): Promise<Response> {
    const { client, start } = this.#options;
    if (this.#run === undefined && start) return start({ headers: NDJSON, signal });
    const headers = this.#after === undefined ? NDJSON : { ...NDJSON, 'last-event-id': this.#after };
    return client.request(`/runs/${encodeURIComponent(this.#run ?? '')}/events`, { headers, signal });
  }

  #reset(told: ClientSnapshot): ClientSnapshot {
    this.#after = told.position;
    this.#lastSeq = told.next - 1;
    return told;
  }

  /** A run that is begun again by its idempotency key is told from its beginning. */
  #isNew(event: ClientRunEvent): boolean {
    this.#run ??= event.run;
    if (event.seq <= this.#lastSeq) return false;
    this.#lastSeq = event.seq;
    this.#after = event.id;
    return true;
  }
}

function isEnd(event: ClientEvent): boolean {
  return ENDS.has(event.type) || (event.type === 'snapshot' && event.ended !== undefined);
}

/** A connection that broke in the middle is one that could not be made. */
function asFailure(error: unknown): TailraceClientError {
  if (error instanceof TailraceClientError) return error;
  return new TailraceClientError('The connection broke.', { code: 'UNREACHABLE', status: 0, cause: error });
}
