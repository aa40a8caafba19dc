/** One thing the scripted model says. Texts given as a list are sent as one delta each. */
export type WireStep =
  | { readonly type: 'text'; readonly text: string | readonly string[] }
  | { readonly type: 'reasoning'; readonly text: string | readonly string[]; readonly encrypted?: string }
  | { readonly type: 'refusal'; readonly text: string | readonly string[] }
  | {
      readonly type: 'tool_call';
      readonly name: string;
      /** JSON text, or a value to be written as JSON. */
      readonly arguments: unknown;
      readonly id?: string;
      /** Into how many deltas the arguments are cut (1); neighbouring calls of one `parallel` group interleave theirs. */
      readonly fragments?: number;
    }
  /** An output item of the Responses API, sent whole: `id` is made up where it has none. Chat Completions has no place for it. */
  | { readonly type: 'item'; readonly item: Readonly<Record<string, unknown>> }
  /** An event of the provider, sent as it is at this place; a string goes out as the event's data unquoted. */
  | { readonly type: 'raw'; readonly event: unknown };

/** Token counts that the answer reports. */
export interface WireUsage {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  readonly reasoning?: number;
}

/** How the answer ends: `none` sends no terminal event and no `[DONE]`. */
export type WireEnd =
  | 'completed'
  | 'none'
  | { readonly incomplete: 'max_output_tokens' | 'content_filter' }
  | { readonly failed: { readonly code: string; readonly message: string } };

/** What the network does to a streamed answer. Events are counted as server-sent events, pings apart. */
export interface WireDelivery {
  /** Events in one write (1). */
  readonly eventsPerWrite?: number;
  /** Sizes of the pieces that the bytes are torn into, repeated to the end; a number means all of that size. Overrides `eventsPerWrite`. */
  readonly chunkSizes?: number | readonly number[];
  /** Milliseconds between writes (0: the next turn of the event loop). */
  readonly delayMs?: number;
  readonly lineEnding?: '\n' | '\r\n' | '\r';
  /** A byte order mark before the first event. */
  readonly bom?: boolean;
  /** A comment before every n-th event. */
  readonly pingEvery?: number;
  /** While stalled, a comment every so many milliseconds. */
  readonly pingMs?: number;
  /** Send nothing more after so many events or bytes, and keep the connection. */
  readonly stall?: WirePoint;
  /**
   * Cut after so many events or bytes: `end` finishes the body properly, `fin` closes the connection inside it,
   * `rst` resets the connection.
   */
  readonly cut?: WirePoint & { readonly how: 'end' | 'fin' | 'rst' };
  /** Send a Content-Length of so many bytes, true or not. */
  readonly contentLength?: number;
}

export interface WirePoint {
  readonly afterEvents?: number;
  readonly afterBytes?: number;
}

/** One scripted answer. */
export interface WireAnswer {
  readonly steps?: readonly WireStep[];
  readonly usage?: WireUsage | null;
  readonly end?: WireEnd;
  /** An HTTP status; one other than 200 answers with `body` instead of steps. */
  readonly status?: number;
  /** A body sent instead of what the steps make: text as it is, bytes as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Resets the connection instead of answering. */
  readonly refuse?: boolean;
  /** Waits before the head of the answer; it is not sent when the client leaves meanwhile. */
  readonly headDelayMs?: number;
  readonly delivery?: WireDelivery;
}

/** The answers in order, or a function that gives the answer to each request. */
export type WireScript =
  | readonly WireAnswer[]
  | ((request: WireRequest, index: number) => WireAnswer | Promise<WireAnswer>);

/** A request as the server received it. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** The parsed JSON body, undefined when there is none. */
  readonly body: WireBody | undefined;
  /** Numbers the connections of the server from 0: two requests with one number shared it. */
  readonly connection: number;
  /** Settles when the exchange is over: `answered` when the answer went out whole, `left` when the client closed first, `cut` by the script. */
  readonly finished: Promise<'answered' | 'left' | 'cut'>;
}

/** The JSON body of a request to a model. */
export interface WireBody {
  readonly model?: string;
  readonly stream?: boolean;
  readonly [field: string]: unknown;
}

/** A provider's event, its name on the `event:` line if it has one. */
export interface WireEvent {
  readonly name?: string;
  readonly data: string;
}

/** The pieces that a text is streamed in. */
export function piecesOf(text: string | readonly string[]): readonly string[] {
  return typeof text === 'string' ? [text] : text;
}

/** The arguments of a call as JSON text, cut into its fragments. */
export function argumentPieces(step: Extract<WireStep, { type: 'tool_call' }>): readonly string[] {
  const text = typeof step.arguments === 'string' ? step.arguments : JSON.stringify(step.arguments);
  const count = Math.max(1, Math.min(step.fragments ?? 1, text.length));
  const size = Math.ceil(text.length / count);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  return pieces.length === 0 ? [''] : pieces;
}
