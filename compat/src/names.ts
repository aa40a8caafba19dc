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
    why: 'To come: MCP',
    names: words(`MCPServerSSE MCPServerStdio MCPServerStreamableHttp MCPServers connectMcpServers
      createMCPToolStaticFilter getAllMcpTools invalidateServerToolsCache mcpToFunctionTool`),
  },
  {
    why: 'To come: hosted and local tools',
    names: words(`webSearchTool fileSearchTool codeInterpreterTool imageGenerationTool toolSearchTool hostedMcpTool
      computerTool shellTool applyPatchTool applyDiff toolNamespace invokeFunctionTool programmaticToolCallingTool
      attachClientToolSearchExecutor getClientToolSearchExecutor getToolSearchRuntimeToolKey RunToolSearchCallItem
      RunToolSearchOutputItem`),
  },
  {
    why: 'To come: guardrails on single tools',
    names: words(`defineToolInputGuardrail defineToolOutputGuardrail ToolGuardrailFunctionOutputFactory
      ToolInputGuardrailTripwireTriggered ToolOutputGuardrailTripwireTriggered resolveToolInputGuardrails
      resolveToolOutputGuardrails runToolInputGuardrails runToolOutputGuardrails`),
  },
  {
    why: 'To come: retry policies',
    names: words('retryPolicies'),
  },
  {
    why: 'Not now: voice, Responses over WebSocket',
    names: words(`realtime OpenAIResponsesWSModel withResponsesWebSocketSession setOpenAIResponsesTransport
      createSpeechGroupSpan createSpeechSpan createTranscriptionSpan withSpeechGroupSpan withSpeechSpan
      withTranscriptionSpan`),
  },
  {
    why: 'Not planned: setting the trace context by hand, sending spans by hand',
    names: words(`setCurrentSpan resetCurrentSpan setTracingContextStorage withTraceContext getCurrentTraceContext
      dispatchSpan dispatchSpanEnd dispatchSpanStart dispatchTrace startTraceExportLoop
      defaultTracingIdGenerator setTracingIdGenerator`),
  },
  {
    why: 'Not planned: inner workings, and defaults for one provider',
    names: words(`protocol RuntimeEventEmitter getLogger setSensitiveDataLoggingEnabled getDefaultModel
      getDefaultModelSettings gpt5ReasoningSettingsRequired isGpt5Default OPENAI_DEFAULT_MODEL_ENV_VARIABLE_NAME
      getDefaultOpenAIClient OPENAI_CHAT_COMPLETIONS_RAW_MODEL_EVENT_SOURCE OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE
      isOpenAIChatCompletionsRawModelStreamEvent isOpenAIResponsesRawModelStreamEvent`),
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
