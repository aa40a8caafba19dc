import type { AgentOutputItem } from '../event/item.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import { Usage } from '../event/usage.ts';
import { doneEvent } from './scripted-model.ts';
import { assistantMessage, type ScriptedModelChunkedStep } from './scripted-model-steps.ts';

export interface TextStreamOptions {
  /** How many deltas the text comes in, or where it is cut, as the pieces themselves. One a word by default. */
  chunks?: number | readonly string[];
  /** Whose raw events stand beside the deltas: after each as the Responses API has them, before each as Chat Completions has. */
  provider?: 'responses' | 'chat' | 'none';
  /** Items that the response holds after the message: calls, for example. */
  more?: readonly AgentOutputItem[];
  usage?: Usage;
  itemId?: string;
  responseId?: string;
}

/**
 * A step that streams `text` in pieces, as a provider would, with the raw events beside. A call that is not streamed gets the same response
 * whole. The events are in its `events`, for tests that cut them: `modelErrorAfter(step.events.slice(0, 3), error)`.
 */
export function textStream(text: string, options: TextStreamOptions = {}): ScriptedModelChunkedStep {
  const {
    chunks,
    provider = 'responses',
    more = [],
    usage,
    itemId = 'msg_scripted',
    responseId = 'resp_scripted',
  } = options;
  const output = [assistantMessage(text, { id: itemId }), ...more];
  const response = { output, usage: usage ?? new Usage({ requests: 1 }), responseId };
  const events: StreamEvent[] = [{ type: 'response_started' }];
  if (provider === 'responses') {
    events.push({ type: 'model', event: { type: 'response.created', response: { id: responseId } } });
  }
  for (const delta of piecesOf(text, chunks)) {
    const said: StreamEvent = { type: 'output_text_delta', delta, itemId };
    if (provider === 'chat') events.push({ type: 'model', event: chatChunk(responseId, delta) });
    events.push(said);
    if (provider === 'responses') events.push({ type: 'model', event: responsesDelta(itemId, delta) });
  }
  events.push(doneEvent(response));
  return { type: 'chunked', response, events };
}

function piecesOf(text: string, chunks: number | readonly string[] | undefined): readonly string[] {
  if (chunks === undefined) return text.match(/\S+\s*|\s+/g) ?? [];
  if (typeof chunks !== 'number') return chunks;
  const points = Array.from(text);
  return Array.from({ length: chunks }, (_, index) => {
    const at = (place: number): number => Math.floor((place * points.length) / chunks);
    return points.slice(at(index), at(index + 1)).join('');
  });
}

function responsesDelta(itemId: string, delta: string): unknown {
  return { type: 'response.output_text.delta', item_id: itemId, output_index: 0, content_index: 0, delta };
}

function chatChunk(id: string, delta: string): unknown {
  return {
    id,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content: delta }, finish_reason: null }],
  };
}
