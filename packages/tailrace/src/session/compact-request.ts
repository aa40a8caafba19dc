import { callOpenAI } from '../model/openai-api.ts';
import type { OpenAIClientOptions } from '../model/openai-endpoint.ts';
import { isObject, type ProviderObject } from '../model/provider-object.ts';
import { callClient } from './openai-client.ts';

/** Asks for the compacted form of a conversation. */
export async function compactRequest(client: OpenAIClientOptions, body: object): Promise<ProviderObject> {
  const { responses } = client;
  const answer =
    responses && typeof responses.compact === 'function'
      ? await callClient(responses, responses.compact, body)
      : await callOpenAI(client, { method: 'POST', path: 'responses/compact', body });
  if (isObject(answer) && Array.isArray(answer['output']) && answer['output'].length > 0) return answer;
  throw new Error('The compaction gave no items');
}
