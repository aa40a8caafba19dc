/** Names that `@openai/agents` exports and Tailrace does not, by why. A test keeps this table exact. */
export interface AbsentNames {
  readonly why: string;
  readonly names: readonly string[];
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

export const absentNames: readonly AbsentNames[] = [
  {
    why: 'Not now: voice, Responses over WebSocket',
    names: words(`realtime OpenAIResponsesWSModel withResponsesWebSocketSession setOpenAIResponsesTransport
      createSpeechGroupSpan createSpeechSpan createTranscriptionSpan withSpeechGroupSpan withSpeechSpan
      withTranscriptionSpan`),
  },
  {
    why: 'Not planned: setting the current span by hand, ids of one’s own making',
    names: words(
      `setCurrentSpan resetCurrentSpan setTracingContextStorage defaultTracingIdGenerator setTracingIdGenerator`,
    ),
  },
  {
    why: 'Not planned: an event emitter that is a part of its inner workings',
    names: words('RuntimeEventEmitter'),
  },
];

/** The same for names of types, which nobody has at run time. */
export const absentTypeNames: readonly AbsentNames[] = [
  {
    why: 'Not now: voice, Responses over WebSocket',
    names: words(`SpeechGroupSpanData SpeechSpanData TranscriptionSpanData OpenAIResponsesWebSocketOptions
      ResponsesWebSocketSession ResponsesWebSocketSessionOptions`),
  },
  {
    why: 'Not planned: storage for the current span, and ids, of one’s own making',
    names: words('TraceProviderOptions TracingContextStorage TracingIdGenerator'),
  },
];

/** The same for `@openai/agents/testing`. */
export const absentTestingNames: readonly AbsentNames[] = [
  {
    why: 'Not now: sandboxes',
    names: words(`InvalidScriptedSandboxStepError SandboxCallMatcherError UnconsumedSandboxStepsError
      UnexpectedSandboxCallError scriptedSandboxSession`),
  },
];
