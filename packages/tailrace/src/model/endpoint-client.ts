import { ModelProviderError } from '../event/errors.ts';
import type { Endpoint, EndpointPath, ProviderMessage, ProviderStream } from './endpoint.ts';
import { complaintOf, failureCode } from './failure-code.ts';
import { statusFailure, type FailureContext } from './failure.ts';
import { isObject, objectOr, textOr, type ProviderObject } from './provider-object.ts';
import { redactText } from './redact.ts';

interface CreateOptions {
  readonly signal?: AbortSignal;
  readonly maxRetries: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The `create` methods of an `openai` client. */
// Parameters of type never take any client's own types.
export type CreateMethod = (body: never, options?: never) => unknown;

export type ItemMethod = (id: string, params: never) => unknown;

/**
 * What is used of a client of the `openai` package, or of an object like it. With `create` methods these are called;
 * otherwise `baseURL` and `apiKey` say where our own transport should go.
 */
export interface OpenAIClient {
  readonly baseURL?: string;
  readonly apiKey?: string | null;
  readonly responses?: { readonly create?: CreateMethod; readonly compact?: CreateMethod };
  readonly conversations?: {
    readonly create: CreateMethod;
    readonly delete: CreateMethod;
    readonly items: { readonly create: ItemMethod; readonly list: ItemMethod; readonly delete: ItemMethod };
  };
  readonly chat?: { readonly completions: { readonly create: CreateMethod } };
}

/** An endpoint over a client object, which keeps the client's own transport, headers and hooks. */
export function clientEndpoint(client: OpenAIClient): Endpoint {
  async function create(
    path: EndpointPath,
    body: string,
    context: FailureContext,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    // Retrying is the run's: one attempt here is one attempt in the log.
    const options = {
      maxRetries: 0,
      ...(signal !== undefined && { signal }),
      ...(context.traceparent !== undefined && { headers: { traceparent: context.traceparent } }),
    } satisfies CreateOptions as never;
    const fields = JSON.parse(body) as never;
    try {
      const pending =
        path === 'responses'
          ? client.responses?.create?.(fields, options)
          : client.chat?.completions.create(fields, options);
      if (isObject(pending) && typeof pending['withResponse'] === 'function') {
        const { data, request_id: id } = await (pending as unknown as WithResponse).withResponse();
        context.requestId = id ?? undefined;
        return data;
      }
      return await pending;
    } catch (error) {
      throw clientFailure(error, context, signal);
    }
  }

  return {
    context: (path, model) => ({
      url: `${client.baseURL ?? 'openai:'}/${path}`,
      model,
      apiKey: client.apiKey ?? undefined,
    }),
    json: (path, body, context, signal) => create(path, body, context, signal),
    async stream(path, body, context, signal) {
      const answer = await create(path, body, context, signal);
      return isAsyncIterable(answer) ? { stream: new ClientStream(answer, context, signal) } : { json: answer };
    },
  };
}

interface WithResponse {
  withResponse(): Promise<{ data: unknown; request_id?: string | null }>;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

class ClientStream implements ProviderStream {
  #events: AsyncIterator<unknown>;
  #context: FailureContext;
  #signal: AbortSignal;

  constructor(events: AsyncIterable<unknown>, context: FailureContext, signal: AbortSignal) {
    this.#events = events[Symbol.asyncIterator]();
    this.#context = context;
    this.#signal = signal;
  }

  async pull(): Promise<readonly ProviderMessage[] | undefined> {
    try {
      const next = await this.#events.next();
      // A client ends its iteration quietly when it was aborted.
      if (this.#signal.aborted) throw this.#signal.reason as Error;
      return next.done === true ? undefined : [{ event: undefined, data: next.value }];
    } catch (error) {
      throw clientFailure(error, this.#context, this.#signal);
    }
  }

  settle(): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  close(): void {
    // A generator that is busy takes the return later; the signal has closed its connection by then.
    this.#events.return?.()?.catch(() => undefined);
  }
}

/** The client's errors are known by what they carry, since any version of the package may have made them. */
function clientFailure(error: unknown, context: FailureContext, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (!(error instanceof Error)) return error;
  const { status, headers, error: body, requestID, code } = error as Error & ProviderObject;
  if (typeof requestID === 'string') context.requestId = requestID;
  if (typeof status === 'number') {
    const header = (name: string): string | undefined => headerOf(headers, name);
    return statusFailure(status, header, JSON.stringify(body ?? { message: error.message }), context);
  }
  const name = error.constructor.name;
  if (isObject(body) || name === 'APIError') {
    const complaint = complaintOf(isObject(body) ? body : { message: error.message, code });
    return new ModelProviderError(
      `The model's answer ended with an error: ${redactText(complaint.message || error.message, context.apiKey)}.`,
      {
        code: failureCode(undefined, complaint, false),
        cause: error,
        data: { model: context.model },
      },
    );
  }
  if (name.startsWith('APIConnection') || error instanceof TypeError) {
    const reason = redactText(error.cause instanceof Error ? error.cause.message : error.message, context.apiKey);
    return new ModelProviderError(`The client could not reach the model: ${reason}.`, {
      code: 'MODEL_CONNECTION',
      cause: error,
      data: { model: context.model },
    });
  }
  return error;
}

function headerOf(headers: unknown, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  return textOr(objectOr(headers)[name], undefined);
}
