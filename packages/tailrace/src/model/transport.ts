import { TransportFault } from './transport-fault.ts';

/** The largest body that is read whole: 32 MiB. */
export const MAX_BODY_BYTES: number = 32 * 1024 * 1024;
/** Redirects are followed this often, and only within the origin. */
export const MAX_REDIRECTS = 5;

export interface HttpRequest {
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** POST by default. A GET has no body. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Must not reach the server twice: it gets a connection of its own, where a pooled one may turn out to be dead. */
  readonly once?: boolean;
  /** Closes the connection at once; whatever waits then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The body of an answer as it arrives. */
export interface HttpBody {
  /**
   * All the bytes that have arrived since the last call, at least one chunk; waits for some. `undefined` once
   * the body has ended as its sender meant it to. Rejects with a `TransportFault` when it was cut short, with
   * the signal's reason after an abort.
   */
  pull(): Promise<Uint8Array[] | undefined>;
  /**
   * Waits up to `graceMs` for the end of a body whose content is complete, so that the connection can be used
   * again; what still comes is dropped. Never rejects.
   */
  settle(graceMs: number): Promise<void>;
  /** Gives the connection back when the body has come to its end, and closes it otherwise. Idempotent. */
  close(): void;
}

export interface HttpAnswer {
  readonly status: number;
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: HttpBody;
}

/**
 * Sends one request and gives the answer's head. Rejects with a `TransportFault` when no answer came, or with the
 * signal's reason. It never retries, apart from one new connection when a pooled one turned out to be dead
 * before any byte of the answer, and never follows a redirect to another origin.
 */
export type Transport = (request: HttpRequest) => Promise<HttpAnswer>;

/** The part of `fetch` that the transport needs. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** Reads a whole body. Beyond `limit` bytes it is cut off there, or a fault, as `beyond` says; either way the connection closes. */
export async function readBody(answer: HttpAnswer, limit: number, beyond: 'cut' | 'fail'): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const tooLarge = (what: string): TransportFault =>
    new TransportFault('too_large', `The body of the answer ${what}, and the limit is ${limit} bytes`);
  try {
    const announced = Number(answer.header('content-length'));
    if (beyond === 'fail' && announced > limit) throw tooLarge(`has ${announced} bytes`);
    while (size <= limit) {
      const pulled = await answer.body.pull();
      if (pulled === undefined) break;
      for (const chunk of pulled) {
        chunks.push(chunk);
        size += chunk.length;
      }
    }
  } finally {
    answer.body.close();
  }
  if (beyond === 'fail' && size > limit) throw tooLarge('goes on');
  return new TextDecoder().decode(join(chunks, Math.min(size, limit)));
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    const part = at + chunk.length > size ? chunk.subarray(0, size - at) : chunk;
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
