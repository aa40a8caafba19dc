/**
 * From stream events to UI message chunks, for streams that are no log: whatever yields the events of `StreamedRunResult`. What only a log says, that an attempt was
 * superseded or a call rejected, is not in them.
 */
import type { AgentItem } from '../event/item.ts';
import type { ObservedStreamEvent, RunItemStreamEvent } from '../view/stream-event.ts';
import type { UiMessageChunk } from '../view/ui/ui-chunk.ts';
import { reasoningDelta } from '../view/ui/ui-reasoning.ts';
import { callIdOf, UiWriter } from '../view/ui/ui-writer.ts';

export async function* streamEventChunks(
  events: AsyncIterable<ObservedStreamEvent>,
  messageId: string,
): AsyncGenerator<UiMessageChunk, undefined> {
  let chunks: UiMessageChunk[] = [];
  const writer = new UiWriter((chunk) => void chunks.push(chunk));
  const taken = function* (): Generator<UiMessageChunk> {
    const ready = chunks;
    chunks = [];
    yield* ready;
  };
  for await (const event of events) {
    show(event, writer, messageId);
    yield* taken();
  }
  writer.start(messageId);
  writer.finish('stop');
  yield* taken();
}

function show(event: ObservedStreamEvent, writer: UiWriter, messageId: string): void {
  if (event.type === 'run_item_stream_event') return showItem(event, writer, messageId);
  if (event.type === 'tool_progress_stream_event') return writer.progress(event.callId, event.toolName, event.data);
  if (event.type !== 'raw_model_stream_event') return;
  const { data } = event;
  if (data.type === 'response_started') writer.beginStep(messageId);
  else if (data.type === 'output_text_delta') writer.delta('text', data.delta, data.itemId, messageId);
  else if (data.type === 'response_done') writer.endFlow();
  else {
    const reasoning = reasoningDelta(data.event);
    if (reasoning) writer.delta('reasoning', reasoning.delta, reasoning.key, messageId);
  }
}

function showItem({ name, item }: RunItemStreamEvent, writer: UiWriter, messageId: string): void {
  const raw: AgentItem = item.rawItem;
  const callId = callIdOf(raw);
  if (name === 'message_output_created' && 'role' in raw && raw.role === 'assistant') writer.message(raw, messageId);
  else if (name === 'reasoning_item_created' && raw.type === 'reasoning') writer.reasoning(raw, messageId);
  else if (name === 'tool_called' || name === 'tool_search_called') writer.toolCall(raw, messageId);
  else if (callId === undefined) return;
  else if (name === 'tool_search_output_created') {
    const output = 'tools' in raw ? raw.tools : [];
    writer.toolEnded({ type: 'tool-output-available', toolCallId: callId, output, dynamic: true });
  } else if (name === 'tool_output') {
    const output = 'output' in item ? item.output : undefined;
    writer.toolEnded({ type: 'tool-output-available', toolCallId: callId, output, dynamic: true });
  } else if (name === 'tool_approval_requested') {
    writer.toolEnded({ type: 'tool-approval-request', approvalId: raw.id ?? callId, toolCallId: callId });
  }
}
