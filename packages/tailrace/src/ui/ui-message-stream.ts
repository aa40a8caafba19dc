import { newItemId } from '../base/id.ts';
import { serializeError } from '../event/errors.ts';
import type { ObservedStreamEvent } from '../view/stream-event.ts';
import type { UiMessageChunk } from '../view/ui/ui-chunk.ts';
import type { UiFrame } from '../view/ui/ui-message-view.ts';
import { webStreamOf } from '../view/web-stream.ts';
import { streamEventChunks } from './stream-event-chunks.ts';
import { type AiSdkTextStreamHeaders, type AiSdkTextStreamResponseOptions, responseOf } from './text-stream.ts';

/** A streamed run, or a stream of the events of one. A streamed run says more: its log has what its events leave out. */
export type AiSdkUiMessageStreamSource =
  | { uiFrames: (options?: { messageId?: string }) => AsyncIterableIterator<UiFrame, undefined> }
  | { toStream: () => ReadableStream<ObservedStreamEvent> }
  | ReadableStream<ObservedStreamEvent>
  | AsyncIterable<ObservedStreamEvent>;

export type AiSdkUiMessageStreamHeaders = AiSdkTextStreamHeaders;

export interface AiSdkUiMessageStreamResponseOptions extends AiSdkTextStreamResponseOptions {
  /** The id of the assistant's message. By default the run's id, and a new one for a stream that is no run. */
  messageId?: string;
}

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  connection: 'keep-alive',
  'x-vercel-ai-ui-message-stream': 'v1',
  'x-accel-buffering': 'no',
} as const;

/** The chunks of one assistant message. A failure is a chunk of type `error`, not a broken stream; cancelling it is leaving the run. */
export function createAiSdkUiMessageStream(
  source: AiSdkUiMessageStreamSource,
  options: { messageId?: string } = {},
): ReadableStream<UiMessageChunk> {
  return webStreamOf(new Chunks(chunksOf(source, options.messageId)));
}

/** The chunks as a `Response` of server-sent events that `useChat` and `DefaultChatTransport` read. */
export function createAiSdkUiMessageStreamResponse(
  source: AiSdkUiMessageStreamSource,
  options: AiSdkUiMessageStreamResponseOptions = {},
): Response {
  const { messageId } = options;
  const chunks = createAiSdkUiMessageStream(source, messageId === undefined ? {} : { messageId });
  return responseOf(chunks.pipeThrough(serverSentEvents()).pipeThrough(new TextEncoderStream()), HEADERS, options);
}

/** Chunks as the text of server-sent events, `[DONE]` at the end. */
function serverSentEvents(): TransformStream<UiMessageChunk, string> {
  return new TransformStream({
    transform: (chunk, controller) => controller.enqueue(`data: ${JSON.stringify(chunk)}\n\n`),
    flush: (controller) => controller.enqueue('data: [DONE]\n\n'),
  });
}

function chunksOf(
  source: AiSdkUiMessageStreamSource,
  messageId: string | undefined,
): AsyncIterator<UiMessageChunk, undefined> {
  if ('uiFrames' in source) return withoutPositions(source.uiFrames(messageId === undefined ? {} : { messageId }));
  const events = 'toStream' in source ? source.toStream() : source;
  return streamEventChunks(events, messageId ?? newItemId('msg'));
}

function withoutPositions(frames: AsyncIterableIterator<UiFrame, undefined>): AsyncIterator<UiMessageChunk, undefined> {
  return {
    async next() {
      const result = await frames.next();
      return result.done === true ? result : { done: false, value: result.value.chunk };
    },
    async return() {
      await frames.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** A source that fails ends with a chunk that says so: a client shows it instead of a broken connection. */
class Chunks implements AsyncIterableIterator<UiMessageChunk, undefined> {
  readonly #source: AsyncIterator<UiMessageChunk, undefined>;
  #after: UiMessageChunk[] | undefined;

  constructor(source: AsyncIterator<UiMessageChunk, undefined>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<UiMessageChunk, undefined>> {
    if (this.#after === undefined) {
      try {
        const result = await this.#source.next();
        return result.done === true ? { done: true, value: undefined } : result;
      } catch (error) {
        // What may leave the process, no more: a client reads it.
        this.#after = [
          { type: 'error', errorText: serializeError(error).message },
          { type: 'finish', finishReason: 'error' },
        ];
      }
    }
    const value = this.#after.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async return(): Promise<IteratorResult<UiMessageChunk, undefined>> {
    await this.#source.return?.();
    return { done: true, value: undefined };
  }
}
