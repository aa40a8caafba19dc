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
    why: 'Not planned: a current span, or its storage, that somebody sets and has to reset; `withTrace`, `with…Span` and `withTraceContext` end what they begin',
    names: words(`setCurrentSpan resetCurrentSpan setTracingContextStorage`),
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
    why: 'Not planned: a current span, or its storage, that somebody sets and has to reset',
    names: words('TracingContextStorage'),
  },
];

/** The same for members of what both have; `types/members.test-d.ts` keeps this table whole. */
export const absentMembers = [
  {
    why: 'Decisions are made with `state.approve` and `state.reject`, and are read in the log (`approval.decided`); a context is your object and the usage, and holds nothing that a state would have to carry beside its log',
    names: [
      'RunContext.approveTool',
      'RunContext.rejectTool',
      'RunContext.isToolApproved',
      'RunContext.getRejectionMessage',
    ],
  },
  { why: 'Not now: sandboxes', names: ['RunConfig.sandbox', 'RunOptions.sandbox'] },
  {
    why: 'Its loop’s own bookkeeping; here it is in the log',
    names: [
      'RunState.clearPendingAgentToolRun',
      'RunState.clearTrace',
      'RunState.getPendingAgentToolRun',
      'RunState.getToolSearchRuntimeTools',
      'RunState.getToolSearchRuntimeToolsForOutput',
      'RunState.hasPendingAgentToolRun',
      'RunState.recordToolSearchRuntimeTools',
      'RunState.resetTurnPersistence',
      'RunState.rewindTurnPersistence',
      'RunState.setConversationContext',
      'RunState.setCurrentAgent',
      'RunState.setCurrentAgentSpan',
      'RunState.setPendingAgentToolRun',
      'RunState.setReasoningItemIdPolicy',
      'RunToolCallOutputItem.executionStatus',
      'RunInputItem.inputId',
      'RunItem.executionStatus',
      'RunItem.inputId',
    ],
  },
  {
    why: 'Traces and spans are told by events: nothing is current by hand, nothing is copied, and a batch processor starts with its first span',
    names: [
      'Trace.clone',
      'Span.clone',
      'Span.previousSpan',
      'BatchTraceProcessor.start',
      'TraceProvider.dispatchSpan',
      'TraceProvider.dispatchSpanEnd',
      'TraceProvider.dispatchSpanStart',
      'TraceProvider.dispatchTrace',
      'TraceProvider.startExportLoop',
      'MultiTracingProcessor.dispatchSpan',
      'MultiTracingProcessor.dispatchSpanEnd',
      'MultiTracingProcessor.dispatchSpanStart',
      'MultiTracingProcessor.dispatchTrace',
    ],
  },
  {
    why: 'Errors of these models say themselves whether they may be tried again',
    names: ['OpenAIModel.getRetryAdvice'],
  },
  {
    why: 'A filter always gets copies of its own: it cannot change the conversation by mistake, and needs no promise not to',
    names: ['CallModelInputFilter.preserveInputIdentity'],
  },
  {
    why: 'Not now: Responses over WebSocket',
    names: [
      'OpenAIProviderOptions.cacheResponsesWebSocketModels',
      'OpenAIProviderOptions.responsesWebSocketOptions',
      'OpenAIProviderOptions.useResponsesWebSocket',
      'OpenAIProviderOptions.websocketBaseURL',
    ],
  },
  {
    why: 'Of a client, only what is used of it has to be there: the methods that are called, or a key and an address',
    names: ['OpenAIClient.*'],
  },
  {
    why: 'A schema may be of any library that has Standard Schema and gives JSON Schema; the members of zod’s are zod’s',
    names: ['AgentOutputType.*'],
  },
] as const satisfies readonly AbsentNames[];

export type AbsentMember = (typeof absentMembers)[number]['names'][number];

/** The same for `@openai/agents/testing`. */
export const absentTestingNames: readonly AbsentNames[] = [
  {
    why: 'Not now: sandboxes',
    names: words(`InvalidScriptedSandboxStepError SandboxCallMatcherError UnconsumedSandboxStepsError
      UnexpectedSandboxCallError scriptedSandboxSession`),
  },
];
