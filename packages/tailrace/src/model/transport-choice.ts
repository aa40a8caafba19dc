import type { FetchLike, Transport } from './transport.ts';
import { createFetchTransport } from './transport-fetch.ts';
import { nodeTransport } from './transport-node.ts';

/** node:http with keep-alive on Node; `fetch` on other runtimes, and when the caller brings one. */
export function createTransport(fetchLike?: FetchLike): Transport {
  if (fetchLike !== undefined) return createFetchTransport(fetchLike);
  return nodeTransport() ?? createFetchTransport((url, init) => fetch(url, init));
}
