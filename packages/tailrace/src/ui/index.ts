/** Streams for `ai` and `@ai-sdk/react`: `return createAiSdkUiMessageStreamResponse(await run(agent, input, { stream: true }))`. */
export {
  type AiSdkUiMessageStreamHeaders,
  type AiSdkUiMessageStreamResponseOptions,
  type AiSdkUiMessageStreamSource,
  createAiSdkUiMessageStream,
  createAiSdkUiMessageStreamResponse,
} from './ui-message-stream.ts';
export {
  type AiSdkTextStreamHeaders,
  type AiSdkTextStreamResponseOptions,
  type AiSdkTextStreamSource,
  createAiSdkTextStreamResponse,
} from './text-stream.ts';
export {
  type UiFrame,
  type UiMessageView,
  uiMessageView,
  type UiMessageViewOptions,
} from '../view/ui/ui-message-view.ts';
export type { UiFinishReason, UiMessageChunk, UiQuestion, UiToolProgress } from '../view/ui/ui-chunk.ts';
