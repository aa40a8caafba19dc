/** The parts of OpenAI's API that are no model calls, over our own transport. */
import { ERROR_BODY_BYTES, urlOf } from './endpoint-http.ts';
import { badResponse, type FailureContext, statusFailure, transportFailure } from './failure.ts';
import { httpOptionsOf, type OpenAIClientOptions } from './openai-endpoint.ts';
import { isObject, type ProviderObject } from './provider-object.ts';
import { MAX_BODY_BYTES, readBody } from './transport.ts';

export interface ApiCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the base URL, without a slash in front. */
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
}

/**
 * Makes one call and gives the JSON object that it is answered with.
 *
 * @throws ModelProviderError with a MODEL_* code; UserError MODEL_KEY_MISSING
 */
export async function callOpenAI(client: OpenAIClientOptions, call: ApiCall): Promise<ProviderObject> {
  const { baseURL, apiKey, headers, transport } = httpOptionsOf(client);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const path = query.size === 0 ? call.path : `${call.path}?${query.toString()}`;
  const url = urlOf(baseURL, path);
  const context: FailureContext = { url, model: call.path, apiKey };
  try {
    const answer = await transport({
      url,
      method: call.method,
      // What it adds must not be added twice by a connection that was dropped.
      once: call.method === 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        ...headers,
      },
      body: call.body === undefined ? '' : JSON.stringify(call.body),
    });
    context.requestId = answer.header('x-request-id');
    if (answer.status < 200 || answer.status >= 300) {
      const text = await readBody(answer, ERROR_BODY_BYTES, 'cut').catch(() => '');
      throw statusFailure(answer.status, answer.header, text, context);
    }
    const text = await readBody(answer, MAX_BODY_BYTES, 'fail');
    const parsed = parse(text);
    if (isObject(parsed)) return parsed;
    throw badResponse('a body that is no JSON object', answer.status, answer.header, text, context);
  } catch (error) {
    throw transportFailure(error, context);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
