import { tryParse } from '../base/json.ts';
import { createSseReader, type SseMessage, type SseReader } from '../base/sse.ts';
import type { Endpoint, EndpointPath, ProviderStream } from './endpoint.ts';
import { badResponse, statusFailure, transportFailure, type FailureContext } from './failure.ts';
import { MAX_BODY_BYTES, readBody, type HttpAnswer, type Transport } from './transport.ts';

/** How to reach an OpenAI-compatible server. */
export interface HttpEndpointOptions {
  /** With its `/v1`, without a trailing slash. */
  readonly baseURL: string;
  readonly apiKey: string | undefined;
  /** Sent beside ours; lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
}

export const ERROR_BODY_BYTES: number = 64 * 1024;
/** How long an answer that is complete may take to end its body before the connection is given up. */
const SETTLE_MS = 100;

/** An endpoint over our own transport. */
export function httpEndpoint(options: HttpEndpointOptions): Endpoint {
  const { apiKey, transport } = options;

  async function post(
    path: EndpointPath,
    body: string,
    accept: string,
    context: FailureContext,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const headers: Record<string, string> = { 'content-type': 'application/json', accept, ...options.headers };
    if (context.traceparent !== undefined) headers['traceparent'] = context.traceparent;
    if (apiKey !== undefined && headers['authorization'] === undefined) headers['authorization'] = `Bearer ${apiKey}`;
    const { once = false } = context;
    const answer = await transport({ url: urlOf(options.baseURL, path), headers, body, signal, once });
    context.requestId = answer.header('x-request-id') ?? answer.header('request-id');
    if (answer.status >= 200 && answer.status < 300) return answer;
    const header = answer.header;
    throw statusFailure(
      answer.status,
      header,
      await readBody(answer, ERROR_BODY_BYTES, 'cut').catch(() => ''),
      context,
    );
  }

  return {
    context: (path, model) => ({ url: urlOf(options.baseURL, path), model, apiKey }),
    async json(path, body, context, signal) {
      try {
        const answer = await post(path, body, 'application/json', context, signal);
        return await readJson(answer, context);
      } catch (error) {
        throw transportFailure(error, context);
      }
    },
    async stream(path, body, context, signal) {
      try {
        const answer = await post(path, body, 'text/event-stream', context, signal);
        const type = answer.header('content-type')?.toLowerCase() ?? '';
        if (type.includes('json')) return { json: await readJson(answer, context) };
        if (type.includes('html')) {
          const text = await readBody(answer, ERROR_BODY_BYTES, 'cut');
          throw badResponse('HTML instead of an event stream', answer.status, answer.header, text, context);
        }
        return { stream: new HttpStream(answer) };
      } catch (error) {
        throw transportFailure(error, context);
      }
    },
  };
}

/** The address of a path below a base URL. */
export function urlOf(baseURL: string, path: string): string {
  // A query, as Azure wants its api-version, stays behind the path.
  const [base, query] = baseURL.split('?', 2) as [string, string | undefined];
  const url = `${base.replace(/\/+$/, '')}/${path}`;
  return query === undefined ? url : `${url}?${query}`;
}

async function readJson(answer: HttpAnswer, context: FailureContext): Promise<unknown> {
  const text = await readBody(answer, MAX_BODY_BYTES, 'fail');
  const type = answer.header('content-type')?.toLowerCase() ?? '';
  if (type.includes('html')) throw badResponse('HTML instead of JSON', answer.status, answer.header, text, context);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badResponse('a body that is not JSON', answer.status, answer.header, text, context);
  }
}

class HttpStream implements ProviderStream {
  #answer: HttpAnswer;
  #reader: SseReader = createSseReader();
  #ended = false;

  constructor(answer: HttpAnswer) {
    this.#answer = answer;
  }

  async pull(): Promise<readonly SseMessage[] | undefined> {
    if (this.#ended) return undefined;
    const chunks = await this.#answer.body.pull();
    if (chunks === undefined) {
      this.#ended = true;
      // Half an event is no event: what it belongs to was cut off.
      return this.#reader.end().filter(({ data }) => data === '[DONE]' || tryParse(data) !== undefined);
    }
    if (chunks.length === 1) return this.#reader.push(chunks[0] as Uint8Array);
    return chunks.flatMap((chunk) => this.#reader.push(chunk));
  }

  settle(): Promise<void> {
    return this.#answer.body.settle(SETTLE_MS);
  }

  close(): void {
    this.#answer.body.close();
  }
}
