/** Talks to a Tailrace handler: begins runs, reads them to their end whatever the network does, and steers them. */
import { asFailure, failureOf, mistake, notTailrace, TailraceClientError } from './client-failure.ts';
import type { ClientApproval, ClientError, ClientUsage, ClientWait } from './client-event.ts';
import { EventReader } from './event-reader.ts';
import { checkBase, checkRequest, encoded } from './request-checks.ts';

export interface ClientOptions {
  /** Where the handler is: `https://example.com/api`. In a page a path is enough: `/api`. */
  baseURL: string;
  /**
   * Sent with each request; a function is asked each time, so that a token can be renewed. What it throws ends the reading with `HEADERS_FAILED`; a `TailraceClientError`
   * is thrown as it is, and tried again when it is `retryable`.
   */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>);
  fetch?: typeof fetch;
  /** Tries in a row without an event or a heartbeat before a reader gives up. 10 by default. */
  maxTries?: number;
  /**
   * How long to wait before the next try, in milliseconds; 1 is the first since something came. By default a quarter of a second, doubled with each try up to ten seconds, less
   * up to half of it. What a server asks for is waited for in any case, up to a minute.
   */
  delayMs?: (tries: number) => number;
  /** Without a sign of life for so long, a reader connects anew, in milliseconds. 45,000 by default. */
  idleMs?: number;
  credentials?: 'include' | 'same-origin' | 'omit';
}

export interface StartOptions {
  agent?: string;
  input: string | { role: 'user'; content: unknown }[];
  sessionId?: string;
  metadata?: unknown;
  maxTurns?: number;
  /** The same key begins the same run again, once. A random one by default, so that a lost answer begins no second run. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface FollowOptions {
  /** The position after which to go on: the `id` of the last event that was seen. From the beginning by default. */
  after?: string;
  signal?: AbortSignal;
}

export type RunStateName = 'submitted' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

/** One run of a list. Times are wall clock, in milliseconds since the epoch. */
export interface RunListed {
  id: string;
  status: RunStateName;
  /** The name that the server knows the agent by. */
  agent: string;
  sessionId?: string;
  metadata?: unknown;
  /** When it was submitted. */
  at: number;
  /** When something happened last. */
  updatedAt: number;
}

/** How a run stands. */
export interface RunState extends Omit<RunListed, 'updatedAt'> {
  /** The final output as text. */
  output?: string;
  error?: ClientError;
  /** Why it was cancelled. */
  reason?: string;
  usage: ClientUsage;
  /** What a suspended run waits for. */
  waitsFor?: 'approval' | 'input' | 'timer';
  wakeAt?: number;
  /** Calls that wait for a decision, with their arguments for whoever may decide. */
  approvals: ClientApproval[];
  /** Calls that wait for an answer, or for their time. */
  waits: ClientWait[];
}

export interface ListOptions {
  status?: RunStateName | undefined;
  /** The name that the server knows the agent by. */
  agent?: string | undefined;
  sessionId?: string | undefined;
  /** 20 by default, at most 100. */
  limit?: number | undefined;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** Runs, newest first. */
export interface RunPage {
  runs: RunListed[];
  /** Give it as `after` for the next page. Absent on the last one. */
  next?: string;
}

/** @throws TailraceClientError REQUEST_INVALID when `baseURL` is no address */
export function createClient(options: ClientOptions): TailraceClient {
  return new TailraceClient(options);
}

export class TailraceClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    checkBase(options.baseURL);
  }

  /**
   * Begins a run and reads it: `for await (const event of client.run({ agent, input }))`. Connects again after each failure, at the position it had: nothing is repeated or
   * left out. Leaving the loop leaves the run; what becomes of it then is the server's `onDisconnect`.
   * @throws TailraceClientError REQUEST_INVALID when the options are not JSON
   */
  run(options: StartOptions): EventReader {
    const { signal, idempotencyKey = newKey(), ...body } = options;
    const sent = encoded({ ...body, stream: true });
    return this.#reader({ signal }, undefined, (init) =>
      this.request('/runs', {
        ...init,
        method: 'POST',
        headers: { ...init.headers, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: sent,
      }),
    );
  }

  /** Reads a run from the beginning, or from where one was. */
  attach(id: string, { after, signal }: FollowOptions = {}): EventReader {
    return this.#reader({ after, signal }, id, undefined);
  }

  #reader(
    { after, signal }: { after?: string | undefined; signal?: AbortSignal | undefined },
    run: string | undefined,
    start: ((init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>) | undefined,
  ): EventReader {
    const { maxTries = 10, idleMs = 45_000, delayMs } = this.#options;
    return new EventReader({ client: this, run, start, after, maxTries, idleMs, delayMs, ...(signal && { signal }) });
  }

  /** How a run stands. @throws TailraceClientError */
  async get(id: string): Promise<RunState> {
    return (await this.#json(`/runs/${encodeURIComponent(id)}`)) as RunState;
  }

  /** The caller's runs, newest first, a page at a time. @throws TailraceClientError */
  async list(options: ListOptions = {}): Promise<RunPage> {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return (await this.#json(`/runs?${query.toString()}`)) as RunPage;
  }

  /** Asks a run to stop; its end follows. Idempotent, and nothing to a run that has ended. @throws TailraceClientError */
  async cancel(id: string, body: { reason?: string; mode?: 'immediate' | 'after_turn' } = {}): Promise<void> {
    await this.#post(`/runs/${encodeURIComponent(id)}/cancel`, body);
  }

  /** Lets a call go ahead. `always`: and all later ones of the same tool. @throws TailraceClientError APPROVAL_DECIDED, APPROVAL_EXPIRED, APPROVAL_UNKNOWN */
  async approve(id: string, callId: string, options: { always?: boolean } = {}): Promise<void> {
    await this.#decide(id, callId, { approved: true, ...options });
  }

  /** Refuses a call; the model is told `message`. @throws TailraceClientError as `approve` does */
  async reject(id: string, callId: string, options: { message?: string; always?: boolean } = {}): Promise<void> {
    await this.#decide(id, callId, { approved: false, ...options });
  }

  /** Gives a call that waits its output: any JSON. @throws TailraceClientError WAIT_ANSWERED, WAIT_EXPIRED, WAIT_UNKNOWN, RUN_ENDED */
  async answer(id: string, callId: string, answer: unknown, options: { messageId?: string } = {}): Promise<void> {
    const { messageId = newKey() } = options;
    await this.#post(`/runs/${encodeURIComponent(id)}/answers/${encodeURIComponent(callId)}`, { answer, messageId });
  }

  /** Says more to a run that is under way: it joins the conversation before the next turn. The same `messageId` is taken once. @throws TailraceClientError RUN_ENDED */
  async input(id: string, input: StartOptions['input'], options: { messageId?: string } = {}): Promise<void> {
    const { messageId = newKey() } = options;
    await this.#post(`/runs/${encodeURIComponent(id)}/input`, { input, messageId });
  }

  /** Deletes a run that has ended, with its log. @throws TailraceClientError RUN_OPEN */
  async delete(id: string): Promise<void> {
    await this.#json(`/runs/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }

  async #decide(id: string, callId: string, decision: object): Promise<void> {
    await this.#post(`/runs/${encodeURIComponent(id)}/approvals/${encodeURIComponent(callId)}`, decision);
  }

  async #post(path: string, body: object): Promise<void> {
    await this.#json(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: encoded(body),
    });
  }

  async #json(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await this.request(path, init);
    if (!response.ok) throw await failureOf(response);
    if (response.status === 204) return undefined;
    if (response.headers.get('content-type')?.includes('json') !== true) {
      void response.body?.cancel().catch(() => undefined);
      throw notTailrace(response);
    }
    try {
      return await response.json();
    } catch (error) {
      throw asFailure(error, 'The answer broke off.');
    }
  }

  async #headers(): Promise<Record<string, string> | undefined> {
    const { headers } = this.#options;
    try {
      return typeof headers === 'function' ? await headers() : headers;
    } catch (error) {
      if (error instanceof TailraceClientError) throw error;
      throw mistake('HEADERS_FAILED', `The client's \`headers\` threw: ${String(error)}`, error);
    }
  }

  /** One request to the handler, with the client's headers. @throws TailraceClientError UNREACHABLE, REQUEST_INVALID, HEADERS_FAILED */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const { baseURL, fetch: send = fetch, credentials } = this.#options;
    const url = `${baseURL.replace(/\/+$/, '')}${path}`;
    const headers = { ...(await this.#headers()), ...(init.headers as Record<string, string> | undefined) };
    const whole: RequestInit = { ...init, headers, ...(credentials && { credentials }) };
    try {
      return await send(url, whole);
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause;
      checkRequest(url, whole);
      throw new TailraceClientError('The server cannot be reached.', { code: 'UNREACHABLE', status: 0, cause });
    }
  }
}

/** Not `crypto.randomUUID()`, which pages that were loaded over plain HTTP do not have. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
