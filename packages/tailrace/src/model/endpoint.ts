import type { FailureContext } from './failure.ts';

/** One message of a provider's stream: an SSE event, or what a client object parsed already. */
export interface ProviderMessage {
  /** The name on the event's `event:` line. */
  readonly event: string | undefined;
  /** JSON text, or the parsed value. */
  readonly data: unknown;
}

/** A provider's answer while it streams. */
export interface ProviderStream {
  /** The messages that have arrived since the last call, perhaps none; undefined at the end of the stream. */
  pull(): Promise<readonly ProviderMessage[] | undefined>;
  /** Waits briefly for the end of a stream whose answer is complete, so that its connection can be used again. */
  settle(): Promise<void>;
  /** Lets go of the connection. Idempotent. */
  close(): void;
}

/** Where a model is served: our own transport, or a client object of the `openai` package. */
export interface Endpoint {
  /** What the failures of one call should tell. The endpoint fills in the request id. */
  context(path: EndpointPath, model: string): FailureContext;
  /** Posts and reads a JSON answer. Throws the errors of the run. */
  json(path: EndpointPath, body: string, context: FailureContext, signal: AbortSignal | undefined): Promise<unknown>;
  /** Posts and opens the answer's stream, or gives the JSON of a provider that does not stream. Throws the errors of the run. */
  stream(
    path: EndpointPath,
    body: string,
    context: FailureContext,
    signal: AbortSignal,
  ): Promise<{ readonly stream: ProviderStream } | { readonly json: unknown }>;
}

export type EndpointPath = 'responses' | 'chat/completions';
