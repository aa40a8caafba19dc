// Running
export { run, Runner, type RunInput, runStreamed } from './runner.ts';
export type {
  CallModelInputFilter,
  CallModelInputFilterArgs,
  IndividualRunOptions,
  LateResult,
  ModelInputData,
  NonStreamRunOptions,
  OnDisconnect,
  RunConfig,
  RunTimeouts,
  SharedRunOptions,
  StreamRunOptions,
  ToolNotFoundBehavior,
  TracingConfig,
} from './run/options.ts';
export type {
  OutputGuardrailBlockedMessage,
  OutputGuardrailBlockedMessageArgs,
  OutputGuardrailBlockedMessageFormatter,
  ReasoningItemIdPolicy,
  ToolErrorFormatter,
  ToolErrorFormatterArgs,
  ToolErrorKind,
  ToolExecutionConfig,
  ToolNameCollisionPolicy,
} from './run/tool-options.ts';
export type {
  RunErrorData,
  RunErrorHandler,
  RunErrorHandlerInput,
  RunErrorHandlerResult,
  RunErrorHandlers,
  RunErrorKind,
} from './run/error-handler.ts';
export type { CancelOptions } from './run/control.ts';
export { RunContext } from './agent/run-context.ts';
export { RunResult } from './view/result.ts';
export { RunState } from './view/run-state.ts';
export type { ApproveOptions, RejectOptions } from './view/state-home.ts';
export type { AnswerOptions } from './run/answer.ts';
export type { Decision } from './run/decide.ts';
export type { DeepPartial } from './view/deep-partial.ts';
export { type ReadOptions, type ResultStatus, StreamedRunResult } from './view/streamed-result.ts';

// Events and items
export {
  type ObservedStreamEvent,
  RunAgentUpdatedStreamEvent,
  RunItemStreamEvent,
  type RunItemStreamEventName,
  RunRawModelStreamEvent,
  type RunStreamEvent,
  RunToolProgressStreamEvent,
} from './view/stream-event.ts';
export {
  extractAllTextOutput,
  RunCompactionItem,
  RunHandoffCallItem,
  RunHandoffOutputItem,
  RunInputItem,
  type RunItem,
  RunMessageOutputItem,
  RunReasoningItem,
  RunToolApprovalItem,
  RunToolCallItem,
  RunToolCallOutputItem,
  RunToolSearchCallItem,
  RunToolSearchOutputItem,
} from './agent/run-item.ts';
export { assistant, system, user } from './agent/message.ts';
export type {
  AgentInputItem,
  AgentItem,
  AgentOutputItem,
  AssistantMessageItem,
  CompactionItem,
  FunctionCallItem,
  FunctionCallResultItem,
  HostedToolCallItem,
  ReasoningItem,
  SystemMessageItem,
  ToolCallOutputContent,
  ToolCallStructuredOutput,
  ToolOutputFileContent,
  ToolOutputImage,
  ToolOutputText,
  UnknownItem,
  UserMessageItem,
} from './event/item.ts';
export type {
  ApplyPatchCallItem,
  ApplyPatchCallResultItem,
  ApplyPatchOperation,
  ComputerAction,
  ComputerCallResultItem,
  ComputerUseCallItem,
  ProgramCallItem,
  ProgramCallResultItem,
  ShellAction,
  ShellCallItem,
  ShellCallResultItem,
  ToolCaller,
  ToolReference,
  ToolSearchCallArguments,
  ToolSearchCallItem,
  ToolSearchOutputItem,
  ToolSearchOutputTool,
} from './event/local-items.ts';
export * as protocol from './event/protocol.ts';
export type {
  ResponseStreamEvent,
  StreamEvent,
  StreamEventGenericItem,
  StreamEventResponseCompleted,
  StreamEventResponseStarted,
  StreamEventTextStream,
} from './event/stream-event.ts';
export {
  RequestUsage,
  type RequestUsageData,
  type RequestUsageInput,
  Usage,
  type UsageData,
  type UsageInput,
} from './event/usage.ts';

// Agents, tools, handoffs, guardrails
export { Agent, type AnyAgent } from './agent/agent.ts';
export type {
  AgentConfiguration,
  AgentConfigWithHandoffs,
  AgentOptions,
  AgentPrompt,
  ToolsToFinalOutputResult,
  ToolToFinalOutputFunction,
  ToolUseBehavior,
  ToolUseBehaviorFlags,
} from './agent/agent-config.ts';
export type { StandardSchemaWithJSON } from './base/schema.ts';
export type { AgentOutputType, ResolvedAgentOutput, TextOutput, UnknownContext } from './agent/output-type.ts';
export {
  tool,
  type ToolExecuteResult,
  type ToolFallbackResult,
  type ToolOptions,
  type ToolOptionsWithGuardrails,
} from './agent/function-tool.ts';
export { applyDiff } from './agent/apply-diff.ts';
export {
  type ApplyPatchApprovalFunction,
  type ApplyPatchOnApprovalFunction,
  type ApplyPatchResult,
  type ApplyPatchTool,
  type ApplyPatchToolCustomDataContext,
  type ApplyPatchToolCustomDataExtractor,
  applyPatchTool,
  type ApplyPatchToolOptions,
  type Editor,
  type EditorInvocationContext,
} from './agent/apply-patch-tool.ts';
export {
  type Computer,
  type ComputerApprovalFunction,
  type ComputerConfig,
  type ComputerCreate,
  type ComputerDispose,
  type ComputerInitializerArgs,
  type ComputerOnSafetyCheckFunction,
  type ComputerProvider,
  type ComputerSafetyCheck,
  type ComputerSafetyCheckResult,
  type ComputerTool,
  type ComputerToolCustomDataContext,
  type ComputerToolCustomDataExtractor,
  computerTool,
  type ComputerToolOptions,
} from './agent/computer-tool.ts';
export {
  type HostedMCPApprovalFunction,
  type HostedMCPTool,
  hostedMcpTool,
  type HostedMCPToolOptions,
} from './agent/hosted-mcp-tool.ts';
export {
  type CodeInterpreterTool,
  codeInterpreterTool,
  type FileSearchTool,
  fileSearchTool,
  type ImageGenerationTool,
  imageGenerationTool,
  type ProgrammaticToolCallingTool,
  programmaticToolCallingTool,
  type ToolSearchTool,
  toolSearchTool,
  type WebSearchTool,
  webSearchTool,
} from './agent/hosted-tools.ts';
export type { LocalToolPolicy, OnApprovalFunction } from './agent/local-tool.ts';
export {
  type Shell,
  type ShellApprovalFunction,
  type ShellOnApprovalFunction,
  type ShellOutputResult,
  type ShellResult,
  type ShellTool,
  shellTool,
  type ShellToolContainerAutoEnvironment,
  type ShellToolContainerNetworkPolicy,
  type ShellToolContainerNetworkPolicyAllowlist,
  type ShellToolContainerNetworkPolicyDisabled,
  type ShellToolContainerNetworkPolicyDomainSecret,
  type ShellToolContainerReferenceEnvironment,
  type ShellToolContainerSkill,
  type ShellToolEnvironment,
  type ShellToolHostedEnvironment,
  type ShellToolInlineSkill,
  type ShellToolInlineSkillSource,
  type ShellToolLocalEnvironment,
  type ShellToolLocalSkill,
  type ShellToolSkillReference,
} from './agent/shell-tool.ts';
export {
  attachClientToolSearchExecutor,
  type ClientToolSearchExecutor,
  type ClientToolSearchExecutorArgs,
  type ClientToolSearchExecutorResult,
  getClientToolSearchExecutor,
  getToolSearchRuntimeToolKey,
} from './agent/tool-search.ts';
export { invokeFunctionTool } from './agent/tool-invoke.ts';
export { toolNamespace, type ToolNamespaceOptions } from './agent/tool-namespace.ts';
export {
  defineToolInputGuardrail,
  defineToolOutputGuardrail,
  resolveToolInputGuardrails,
  resolveToolOutputGuardrails,
  runToolInputGuardrails,
  runToolOutputGuardrails,
  type ToolGuardrailBehavior,
  type ToolGuardrailFunctionOutput,
  ToolGuardrailFunctionOutputFactory,
  type ToolGuardrailMetadata,
  type ToolInputGuardrailData,
  type ToolInputGuardrailDefinition,
  type ToolInputGuardrailFunction,
  type ToolInputGuardrailResult,
  type ToolOutputGuardrailData,
  type ToolOutputGuardrailDefinition,
  type ToolOutputGuardrailFunction,
  type ToolOutputGuardrailResult,
} from './agent/tool-guardrail.ts';
export { type CallWait, waitForInput, type WaitForInputOptions, type WaitTime, waitUntil } from './agent/wait.ts';
export type { FunctionToolResult } from './agent/tool-result.ts';
export type { ToolApprovalFunction } from './agent/tool-approval.ts';
export type {
  CheckedOutcome,
  FunctionTool,
  FunctionToolCustomDataContext,
  FunctionToolCustomDataExtractor,
  FunctionToolTimeoutBehavior,
  HostedTool,
  Tool,
  ToolAllowedCaller,
  ToolAllowedCallers,
  ToolCallDetails,
  ToolEnabledFunction,
  ToolErrorFunction,
  ToolExecuteArgument,
  ToolInputParameters,
  ToolOutputCustomData,
  ToolOutputSchema,
  ToolTimeoutErrorFunction,
  UnknownOutcomePolicy,
} from './agent/tool.ts';
export type { ToolEffects } from './event/step-events.ts';
export {
  getHandoff,
  getTransferMessage,
  Handoff,
  handoff,
  type HandoffCloneOptions,
  type HandoffConfig,
  type HandoffEnabledFunction,
  type HandoffInputData,
  type HandoffInputFilter,
} from './agent/handoff.ts';
export { removeAllTools } from './agent/handoff-filter.ts';
export { promptWithHandoffInstructions, RECOMMENDED_PROMPT_PREFIX } from './agent/handoff-prompt.ts';
export {
  defineOutputGuardrail,
  type GuardrailFunctionOutput,
  type InputGuardrail,
  type InputGuardrailFunction,
  type InputGuardrailFunctionArgs,
  type InputGuardrailMetadata,
  type InputGuardrailResult,
  type OutputGuardrail,
  type OutputGuardrailDefinition,
  type OutputGuardrailFunction,
  type OutputGuardrailFunctionArgs,
  type OutputGuardrailMetadata,
  type OutputGuardrailResult,
} from './agent/guardrail.ts';
export { type AgentHookEvents, AgentHooks, type RunHookEvents, RunHooks } from './agent/lifecycle.ts';

// MCP
export { MCPServerStdio, type MCPServerStdioOptions } from './mcp/stdio.ts';
export { MCPServerStreamableHttp, type MCPServerStreamableHttpOptions } from './mcp/streamable-http.ts';
export { MCPServerSSE, type MCPServerSSEOptions } from './mcp/sse.ts';
export {
  connectMcpServers,
  MCPServers,
  type MCPServersOptions,
  type MCPServersReconnectOptions,
} from './mcp/servers.ts';
export { getAllMcpTools, type GetAllMcpToolsOptions } from './agent/mcp/all-tools.ts';
export { type MCPFunctionToolConversionOptions, mcpToFunctionTool } from './agent/mcp/function-tool.ts';
export { invalidateServerToolsCache, type MCPToolCacheKeyGenerator } from './agent/mcp/tool-cache.ts';
export {
  type CallToolResult,
  type CallToolResultContent,
  createMCPToolStaticFilter,
  type MCPApprovalPolicy,
  type MCPCallToolOptions,
  type MCPServer,
  type MCPServerPolicy,
  type MCPTool,
  type MCPToolAnnotations,
  type MCPToolCustomDataContext,
  type MCPToolCustomDataExtractor,
  type MCPToolEffects,
  type MCPToolErrorFunction,
  type MCPToolFilterCallable,
  type MCPToolFilterContext,
  type MCPToolFilterStatic,
  type MCPToolMetaContext,
  type MCPToolMetaResolver,
} from './agent/mcp/server.ts';
export type {
  MCPBlobResourceContent,
  MCPGetPromptResult,
  MCPListPromptsResult,
  MCPListResourcesParams,
  MCPListResourcesResult,
  MCPListResourceTemplatesResult,
  MCPPrompt,
  MCPReadResourceResult,
  MCPResource,
  MCPResourceContent,
  MCPResourceTemplate,
  MCPServerWithPrompts,
  MCPServerWithResources,
  MCPTextResourceContent,
} from './agent/mcp/resources.ts';

// Sessions
export { MemorySession, type MemorySessionOptions } from './agent/memory-session.ts';
export {
  isOpenAIResponsesCompactionAwareSession,
  isOpenAIResponsesCompactionOwnershipAwareSession,
  isRunContextAwareSession,
  isSessionHistoryRewriteAwareSession,
  isSessionHistoryTransactionAwareSession,
  type OpenAIResponsesCompactionAwareSession,
  type OpenAIResponsesCompactionOwnershipAwareSession,
  type RunContextAwareSession,
  type SessionHistoryTransactionAwareSession,
} from './agent/session.ts';
export { applySessionHistoryMutations } from './agent/session-history.ts';
export {
  OpenAIConversationsSession,
  type OpenAIConversationsSessionOptions,
  startOpenAIConversationsSession,
} from './session/conversations-session.ts';
export {
  type OpenAIResponsesCompactionDecisionContext,
  type OpenAIResponsesCompactionMode,
  OpenAIResponsesCompactionSession,
  type OpenAIResponsesCompactionSessionOptions,
} from './session/compaction-session.ts';
export type {
  ModelExchange,
  OpenAIResponsesCompactionArgs,
  OpenAIResponsesCompactionResult,
  Session,
  SessionHistoryAppendItemsTransaction,
  SessionHistoryMutation,
  SessionHistoryReplaceSuffixTransaction,
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransaction,
  SessionHistoryTransactionArgs,
  SessionInputCallback,
} from './port/session.ts';

// Errors
export {
  AgentsError,
  errorFromSerialized,
  GuardrailExecutionError,
  InputGuardrailTripwireTriggered,
  InvalidToolInputError,
  InvalidToolOutputError,
  isAgentsError,
  LimitError,
  MaxTurnsExceededError,
  ModelBehaviorError,
  ModelProviderError,
  ModelRefusalError,
  ModelTimeoutError,
  NonDeterministicRun,
  OutputGuardrailTripwireTriggered,
  RunCancelledError,
  type SerializedError,
  serializeError,
  StaleEpoch,
  SystemError,
  ToolCallError,
  ToolInputGuardrailTripwireTriggered,
  type ToolOutputErrorContext,
  ToolOutputGuardrailTripwireTriggered,
  ToolTimeoutError,
  UserError,
} from './event/errors.ts';
export type { AgentGraph, AgentShape, GraphDifference } from './event/agent-graph.ts';
export { ERROR_CODES, type ErrorActor, type ErrorCode, type ErrorCodeFacts } from './event/error-codes.ts';

// The log
export {
  isTerminal,
  type RunEvent,
  type RunEventBody,
  type RunEventType,
  type TerminalEvent,
} from './event/run-event.ts';
export type { PendingWait, WaitEnded, WaitStarted } from './event/mail-events.ts';
export type { LogStore, MailboxMessage, RunHead, RunQuery, StoredMessage } from './port/log-store.ts';
export { MemoryLogStore } from './log/memory-store.ts';
export { type LogReader, readLog, type ReadLogOptions } from './log/reader.ts';
export { type LogSource, openLogSource } from './log/source.ts';
export { parsePosition, type Position, positionOf, type ResolvedPosition, resolvePosition } from './log/position.ts';
export { prune, type Pruned, type PruneOptions, pruneStore, type PruneStoreOptions } from './log/retention.ts';
export { type RunSnapshot, snapshot } from './log/snapshot.ts';

// Models
export type {
  JsonObjectSchema,
  JsonSchemaDefinition,
  Model,
  ModelProvider,
  ModelRequest,
  ModelResponse,
  ModelRetryBackoffSettings,
  ModelRetrySettings,
  ModelSettings,
  ModelSettingsContextManagement,
  ModelSettingsPromptCacheOptions,
  ModelSettingsToolChoice,
  Prompt,
  SerializedHandoff,
  SerializedOutputType,
  SerializedTool,
} from './port/model.ts';
export {
  getDefaultModel,
  getDefaultModelSettings,
  getDefaultOpenAIClient,
  gpt5ReasoningSettingsRequired,
  isGpt5Default,
  isOpenAIChatCompletionsRawModelStreamEvent,
  isOpenAIResponsesRawModelStreamEvent,
  OPENAI_CHAT_COMPLETIONS_RAW_MODEL_EVENT_SOURCE,
  OPENAI_DEFAULT_MODEL_ENV_VARIABLE_NAME,
  OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE,
  OpenAIChatCompletionsModel,
  type OpenAIChatCompletionsModelOptions,
  type OpenAIChatCompletionsRawModelStreamEvent,
  type OpenAIClient,
  OpenAIProvider,
  type OpenAIProviderOptions,
  type OpenAIRawModelEventSource,
  OpenAIResponsesModel,
  type OpenAIResponsesRawModelStreamEvent,
  OpenAITracingExporter,
  type OpenAITracingExporterOptions,
  setDefaultModelProvider,
  setDefaultOpenAIClient,
  setDefaultOpenAIKey,
  setOpenAIAPI,
  setTracingExportApiKey,
} from './model/index.ts';
export { setDefaultOpenAITracingExporter } from './openai-tracing.ts';
export type {
  ModelRetryAdvice,
  ModelRetryAdviceRequest,
  ModelRetryNormalizedError,
  RetryDecision,
  RetryPolicy,
  RetryPolicyContext,
} from './port/retry.ts';
export { retryPolicies } from './run/retry-policies.ts';
export { getLogger, type Logger, setSensitiveDataLoggingEnabled } from './base/logger.ts';

// Tracing
export type { SpanRecord, TraceRecord, TracingExporter, TracingProcessor } from './port/tracing.ts';
export type {
  AgentSpanData,
  CustomSpanData,
  FunctionSpanData,
  GenerationSpanData,
  GenerationUsageData,
  GuardrailSpanData,
  HandoffSpanData,
  MCPListToolsSpanData,
  ResponseSpanData,
  SpanData,
  SpanError,
  TaskSpanData,
  TaskUsageData,
  TurnSpanData,
  TurnUsageData,
} from './event/span-data.ts';
export {
  addTraceProcessor,
  getGlobalTraceProvider,
  setTraceProcessors,
  setTracingDisabled,
  setTracingIdGenerator,
  TraceProvider,
  type TraceProviderOptions,
} from './view/trace/provider.ts';
export { getCurrentSpan, getCurrentTrace } from './view/trace/current.ts';
export { getCurrentTraceContext, type TraceContextSnapshot, withTraceContext } from './view/trace/trace-context.ts';
export {
  dispatchSpan,
  dispatchSpanEnd,
  dispatchSpanStart,
  dispatchTrace,
  startTraceExportLoop,
} from './view/trace/dispatch.ts';
export { getOrCreateTrace, withTrace, type WithTraceOptions } from './view/trace/with-trace.ts';
export {
  createAgentSpan,
  createCustomSpan,
  createFunctionSpan,
  createGenerationSpan,
  createGuardrailSpan,
  createHandoffSpan,
  createMCPListToolsSpan,
  createResponseSpan,
  createTaskSpan,
  createTurnSpan,
  withAgentSpan,
  withCustomSpan,
  withFunctionSpan,
  withGenerationSpan,
  withGuardrailSpan,
  withHandoffSpan,
  withMCPListToolsSpan,
  withResponseSpan,
  withTaskSpan,
  withTurnSpan,
} from './view/trace/span-kinds.ts';
export { NoopTrace, Trace, type TraceOptions } from './view/trace/trace.ts';
export { NoopSpan, Span, type SpanOptions } from './view/trace/span.ts';
export { defaultTracingIdGenerator, generateGroupId, generateSpanId, generateTraceId } from './view/trace/ids.ts';
export type { TracingIdGenerator } from './base/tracing-ids.ts';
export { MultiTracingProcessor } from './view/trace/multi-tracing-processor.ts';
export { BatchTraceProcessor, type BatchTraceProcessorOptions } from './view/trace/batch-trace-processor.ts';
export { ConsoleSpanExporter } from './view/trace/console-span-exporter.ts';
export { InMemorySpanExporter } from './view/trace/in-memory-span-exporter.ts';
export { InMemoryTraceProcessor } from './view/trace/in-memory-trace-processor.ts';
export { JsonlTraceExporter } from './view/trace/jsonl-trace-exporter.ts';
export { waterfall, type WaterfallOptions } from './view/trace/waterfall.ts';

// Durable runs
export { createRuntime, Runtime } from './runtime/runtime.ts';
export type {
  AttachOptions,
  DecisionOptions,
  InputOptions,
  LocalOptions,
  RuntimeOptions,
  StopOptions,
  SubmitOptions,
} from './runtime/options.ts';
export type { ListOptions, RunSummary } from './runtime/run-list.ts';
export type { PendingApproval, RunStatus } from './runtime/run-status.ts';
export type { RunAbout, RunListing, RunStatusName } from './port/run-summary.ts';
export type { RunInfo } from './runtime/segment.ts';
export type { Drive, DrivenRun, DriveOutcome, Driver, DriveRun, ServeOptions, Serving } from './port/driver.ts';
export type { BeginHolds, BeginOutcome, Lease, LeaseNext, LeaseStore } from './port/lease-store.ts';
export type { Presence, PresenceStore } from './port/presence-store.ts';
export { LocalDriver, type LocalDriverOptions } from './runtime/local-driver.ts';
export type {
  AgentTool,
  AgentToolEventHandler,
  AgentToolEventName,
  AgentToolInvocation,
  AgentToolOptions,
  AgentToolOptionsWithDefault,
  AgentToolOptionsWithParameters,
  AgentToolStreamEvent,
  CompletedAgentToolInvocationRunResult,
  StructuredToolInputBuilder,
  StructuredToolInputBuilderOptions,
} from './agent/agent-tool-types.ts';
