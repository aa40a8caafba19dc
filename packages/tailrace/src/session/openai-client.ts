import { defaultOpenAIKey, getDefaultOpenAIClient } from '../model/defaults.ts';
import type { OpenAIClient } from '../model/endpoint-client.ts';
import type { OpenAIClientOptions } from '../model/openai-endpoint.ts';

/** How a session reaches OpenAI. What is not given comes from the process-wide defaults, then from the environment. */
export interface SessionClientOptions {
  /** A client of the `openai` package or an object like it, which is then called; or `{ baseURL, apiKey }`. */
  client?: OpenAIClient;
  apiKey?: string;
  baseURL?: string;
  organization?: string;
  project?: string;
}

export function sessionClient(options: SessionClientOptions): OpenAIClientOptions {
  const { client, apiKey, baseURL, organization, project } = options;
  const shared = apiKey === undefined && baseURL === undefined ? getDefaultOpenAIClient() : undefined;
  if (client ?? shared) return (client ?? shared) as OpenAIClientOptions;
  const key = apiKey ?? defaultOpenAIKey();
  return {
    ...(key !== undefined && { apiKey: key }),
    ...(baseURL !== undefined && { baseURL }),
    ...(organization !== undefined && { organization }),
    ...(project !== undefined && { project }),
  };
}

/** Calls a client's method with whatever arguments its version of the package has. */
export async function callClient(
  target: object,
  method: (...args: never[]) => unknown,
  ...args: readonly unknown[]
): Promise<unknown> {
  return Reflect.apply(method, target, args) as unknown;
}
