import { UserError } from '../event/errors.ts';
import { clientEndpoint, type OpenAIClient } from './endpoint-client.ts';
import { httpEndpoint, type HttpEndpointOptions } from './endpoint-http.ts';
import type { Endpoint } from './endpoint.ts';
import { environment } from './environment.ts';
import type { FetchLike } from './transport.ts';
import { createTransport } from './transport-choice.ts';
import { plainUrl } from './transport-fault.ts';

const OPENAI_BASE_URL = 'https://api.openai.com/v1';

/** A client description for our own transport, with what only that knows. */
export interface OpenAIClientOptions extends OpenAIClient {
  readonly organization?: string | null;
  readonly project?: string | null;
  /** Sent with every request. */
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  /** Used instead of node:http. */
  readonly fetch?: FetchLike;
}

/** The endpoint for a client: its own methods when it has them, otherwise our transport to its base URL. */
export function openAIEndpoint(client: OpenAIClient | OpenAIClientOptions, api: 'responses' | 'chat'): Endpoint {
  const create = api === 'responses' ? client.responses?.create : client.chat?.completions.create;
  if (typeof create === 'function') return clientEndpoint(client);
  // The environment is read at the first call: a program may set it after its models are made.
  let endpoint: Endpoint | undefined;
  const made = (): Endpoint => (endpoint ??= ownEndpoint(client));
  return {
    context: (path, model) => made().context(path, model),
    json: (path, body, context, signal) => made().json(path, body, context, signal),
    stream: (path, body, context, signal) => made().stream(path, body, context, signal),
  };
}

/** Where to send and with which key; throws MODEL_KEY_MISSING when there is none and one is needed. */
export function addressOf(options: OpenAIClientOptions): { baseURL: string; apiKey: string | undefined } {
  const env = environment();
  const baseURL = options.baseURL ?? env['OPENAI_BASE_URL'] ?? OPENAI_BASE_URL;
  const apiKey = options.apiKey ?? env['OPENAI_API_KEY'];
  if (apiKey === undefined && !isLoopback(baseURL)) throw keyMissing(baseURL);
  return { baseURL, apiKey };
}

function ownEndpoint(options: OpenAIClientOptions): Endpoint {
  return httpEndpoint(httpOptionsOf(options));
}

/** How our own transport reaches the server of a client description. @throws UserError MODEL_KEY_MISSING */
export function httpOptionsOf(options: OpenAIClientOptions): HttpEndpointOptions {
  const env = environment();
  const { baseURL, apiKey } = addressOf(options);
  const headers: Record<string, string> = {};
  const organization = options.organization ?? env['OPENAI_ORG_ID'];
  const project = options.project ?? env['OPENAI_PROJECT_ID'];
  if (organization != null) headers['openai-organization'] = organization;
  if (project != null) headers['openai-project'] = project;
  for (const [name, value] of Object.entries(options.defaultHeaders ?? {})) headers[name.toLowerCase()] = value;
  return { baseURL, apiKey, headers, transport: createTransport(options.fetch) };
}

/** A model server on this machine usually wants no key. */
function isLoopback(baseURL: string): boolean {
  const host = URL.parse(baseURL)?.hostname;
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host ?? '');
}

function keyMissing(baseURL: string): UserError {
  return new UserError(
    `No API key for ${plainUrl(baseURL)}: the environment variable OPENAI_API_KEY is not set and no key was given. Set OPENAI_API_KEY, call setDefaultOpenAIKey(key), or give the agent a model of its own. A local server needs only OPENAI_BASE_URL.`,
    { code: 'MODEL_KEY_MISSING', data: { checked: ['OPENAI_API_KEY'] } },
  );
}
