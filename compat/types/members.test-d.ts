/**
 * Members of all types that both have: what @openai/agents declares is there, or is named in `absentMembers` with its reason; and nothing is named there that is there.
 * Compiled with the rest. `type-names.test.ts` says when a type is not in this list.
 */
import type * as Reference from '@openai/agents';
import type * as Ours from 'tailrace';
import type { AbsentMember } from '../src/names.ts';

// What stands in for the parameters of generic types: which members there are does not depend on them.
// oxlint-disable-next-line typescript/no-explicit-any
type Any = any;

type Keys<T> = T extends unknown ? keyof T : never;
/** What is there in theirs and not in ours. Names with an underscore are internal to it, whatever TypeScript says. `Name.*` explains all of a type. */
type Missing<Name extends string, Theirs, Mine> =
  Exclude<Keys<Theirs>, Keys<Mine> | `_${string}` | symbol | number> extends infer Member extends string
    ? [Member] extends [never]
      ? never
      : `${Name}.*` extends AbsentMember
        ? `${Name}.*`
        : `${Name}.${Member}`
    : never;
type None<T extends never> = T;

export type Unexplained = None<Exclude<AllMissing, AbsentMember>>;
export type ExplainedAndThere = None<Exclude<AbsentMember, AllMissing>>;

type AllMissing = [
  Missing<'Agent', Reference.Agent, Ours.Agent>,
  Missing<
    'AgentConfigWithHandoffs',
    Reference.AgentConfigWithHandoffs<Any, Any>,
    Ours.AgentConfigWithHandoffs<Any, Any>
  >,
  Missing<'AgentConfiguration', Reference.AgentConfiguration, Ours.AgentConfiguration>,
  Missing<'AgentHookEvents', Reference.AgentHookEvents, Ours.AgentHookEvents>,
  Missing<'AgentHooks', Reference.AgentHooks, Ours.AgentHooks>,
  Missing<'AgentInputItem', Reference.AgentInputItem, Ours.AgentInputItem>,
  Missing<'AgentOptions', Reference.AgentOptions, Ours.AgentOptions>,
  Missing<'AgentOutputItem', Reference.AgentOutputItem, Ours.AgentOutputItem>,
  Missing<'AgentOutputType', Reference.AgentOutputType, Ours.AgentOutputType>,
  Missing<'AgentSpanData', Reference.AgentSpanData, Ours.AgentSpanData>,
  Missing<'AgentTool', Reference.AgentTool<Any, Any, Any>, Ours.AgentTool>,
  Missing<'AgentToolInvocation', Reference.AgentToolInvocation, Ours.AgentToolInvocation>,
  Missing<'AgentToolOptions', Reference.AgentToolOptions<Any, Any, Any>, Ours.AgentToolOptions<Any, Any, Any>>,
  Missing<
    'AgentToolOptionsWithDefault',
    Reference.AgentToolOptionsWithDefault<Any, Any>,
    Ours.AgentToolOptionsWithDefault<Any, Any>
  >,
  Missing<
    'AgentToolOptionsWithParameters',
    Reference.AgentToolOptionsWithParameters<Any, Any, Any>,
    Ours.AgentToolOptionsWithParameters<Any, Any, Any>
  >,
  Missing<'AgentsError', Reference.AgentsError, Ours.AgentsError>,
  Missing<'ApplyPatchCallItem', Reference.ApplyPatchCallItem, Ours.ApplyPatchCallItem>,
  Missing<'ApplyPatchCallResultItem', Reference.ApplyPatchCallResultItem, Ours.ApplyPatchCallResultItem>,
  Missing<'ApplyPatchOperation', Reference.ApplyPatchOperation, Ours.ApplyPatchOperation>,
  Missing<'ApplyPatchResult', Reference.ApplyPatchResult, Ours.ApplyPatchResult>,
  Missing<'ApplyPatchTool', Reference.ApplyPatchTool, Ours.ApplyPatchTool>,
  Missing<
    'ApplyPatchToolCustomDataContext',
    Reference.ApplyPatchToolCustomDataContext,
    Ours.ApplyPatchToolCustomDataContext
  >,
  Missing<
    'ApplyPatchToolCustomDataExtractor',
    Reference.ApplyPatchToolCustomDataExtractor,
    Ours.ApplyPatchToolCustomDataExtractor
  >,
  Missing<'AssistantMessageItem', Reference.AssistantMessageItem, Ours.AssistantMessageItem>,
  Missing<'BatchTraceProcessor', Reference.BatchTraceProcessor, Ours.BatchTraceProcessor>,
  Missing<'CallModelInputFilter', Reference.CallModelInputFilter, Ours.CallModelInputFilter>,
  Missing<'CallModelInputFilterArgs', Reference.CallModelInputFilterArgs, Ours.CallModelInputFilterArgs>,
  Missing<'CallToolResult', Reference.CallToolResult, Ours.CallToolResult>,
  Missing<'CallToolResultContent', Reference.CallToolResultContent, Ours.CallToolResultContent>,
  Missing<'ClientToolSearchExecutor', Reference.ClientToolSearchExecutor, Ours.ClientToolSearchExecutor>,
  Missing<'ClientToolSearchExecutorArgs', Reference.ClientToolSearchExecutorArgs, Ours.ClientToolSearchExecutorArgs>,
  Missing<
    'ClientToolSearchExecutorResult',
    Reference.ClientToolSearchExecutorResult,
    Ours.ClientToolSearchExecutorResult
  >,
  Missing<
    'CompletedAgentToolInvocationRunResult',
    Reference.CompletedAgentToolInvocationRunResult<Any, Any>,
    Ours.CompletedAgentToolInvocationRunResult<Any, Any>
  >,
  Missing<'Computer', Reference.Computer, Ours.Computer>,
  Missing<'ComputerCallResultItem', Reference.ComputerCallResultItem, Ours.ComputerCallResultItem>,
  Missing<'ComputerOnSafetyCheckFunction', Reference.ComputerOnSafetyCheckFunction, Ours.ComputerOnSafetyCheckFunction>,
  Missing<'ComputerSafetyCheck', Reference.ComputerSafetyCheck, Ours.ComputerSafetyCheck>,
  Missing<'ComputerSafetyCheckResult', Reference.ComputerSafetyCheckResult, Ours.ComputerSafetyCheckResult>,
  Missing<'ComputerTool', Reference.ComputerTool, Ours.ComputerTool>,
  Missing<'ComputerToolCustomDataContext', Reference.ComputerToolCustomDataContext, Ours.ComputerToolCustomDataContext>,
  Missing<
    'ComputerToolCustomDataExtractor',
    Reference.ComputerToolCustomDataExtractor,
    Ours.ComputerToolCustomDataExtractor
  >,
  Missing<'ComputerUseCallItem', Reference.ComputerUseCallItem, Ours.ComputerUseCallItem>,
  Missing<'ConsoleSpanExporter', Reference.ConsoleSpanExporter, Ours.ConsoleSpanExporter>,
  Missing<'CustomSpanData', Reference.CustomSpanData, Ours.CustomSpanData>,
  Missing<'Editor', Reference.Editor, Ours.Editor>,
  Missing<'EditorInvocationContext', Reference.EditorInvocationContext, Ours.EditorInvocationContext>,
  Missing<'FunctionCallItem', Reference.FunctionCallItem, Ours.FunctionCallItem>,
  Missing<'FunctionCallResultItem', Reference.FunctionCallResultItem, Ours.FunctionCallResultItem>,
  Missing<'FunctionSpanData', Reference.FunctionSpanData, Ours.FunctionSpanData>,
  Missing<'FunctionTool', Reference.FunctionTool, Ours.FunctionTool>,
  Missing<'FunctionToolCustomDataContext', Reference.FunctionToolCustomDataContext, Ours.FunctionToolCustomDataContext>,
  Missing<
    'FunctionToolCustomDataExtractor',
    Reference.FunctionToolCustomDataExtractor,
    Ours.FunctionToolCustomDataExtractor
  >,
  Missing<'FunctionToolResult', Reference.FunctionToolResult, Ours.FunctionToolResult>,
  Missing<'FunctionToolTimeoutBehavior', Reference.FunctionToolTimeoutBehavior, Ours.FunctionToolTimeoutBehavior>,
  Missing<'GenerationSpanData', Reference.GenerationSpanData, Ours.GenerationSpanData>,
  Missing<'GenerationUsageData', Reference.GenerationUsageData, Ours.GenerationUsageData>,
  Missing<'GetAllMcpToolsOptions', Reference.GetAllMcpToolsOptions<Any>, Ours.GetAllMcpToolsOptions>,
  Missing<'GuardrailExecutionError', Reference.GuardrailExecutionError, Ours.GuardrailExecutionError>,
  Missing<'GuardrailFunctionOutput', Reference.GuardrailFunctionOutput, Ours.GuardrailFunctionOutput>,
  Missing<'GuardrailSpanData', Reference.GuardrailSpanData, Ours.GuardrailSpanData>,
  Missing<'Handoff', Reference.Handoff, Ours.Handoff>,
  Missing<'HandoffCloneOptions', Reference.HandoffCloneOptions, Ours.HandoffCloneOptions>,
  Missing<'HandoffEnabledFunction', Reference.HandoffEnabledFunction, Ours.HandoffEnabledFunction>,
  Missing<'HandoffInputData', Reference.HandoffInputData, Ours.HandoffInputData>,
  Missing<'HandoffSpanData', Reference.HandoffSpanData, Ours.HandoffSpanData>,
  Missing<'HostedMCPTool', Reference.HostedMCPTool, Ours.HostedMCPTool>,
  Missing<'HostedTool', Reference.HostedTool, Ours.HostedTool>,
  Missing<'HostedToolCallItem', Reference.HostedToolCallItem, Ours.HostedToolCallItem>,
  Missing<'RunOptions', Reference.IndividualRunOptions, Ours.IndividualRunOptions>,
  Missing<'InputGuardrail', Reference.InputGuardrail, Ours.InputGuardrail>,
  Missing<'InputGuardrailFunction', Reference.InputGuardrailFunction, Ours.InputGuardrailFunction>,
  Missing<'InputGuardrailFunctionArgs', Reference.InputGuardrailFunctionArgs, Ours.InputGuardrailFunctionArgs>,
  Missing<'InputGuardrailMetadata', Reference.InputGuardrailMetadata, Ours.InputGuardrailMetadata>,
  Missing<'InputGuardrailResult', Reference.InputGuardrailResult, Ours.InputGuardrailResult>,
  Missing<
    'InputGuardrailTripwireTriggered',
    Reference.InputGuardrailTripwireTriggered,
    Ours.InputGuardrailTripwireTriggered
  >,
  Missing<'InvalidToolOutputError', Reference.InvalidToolOutputError, Ours.InvalidToolOutputError>,
  Missing<'JsonSchemaDefinition', Reference.JsonSchemaDefinition, Ours.JsonSchemaDefinition>,
  Missing<'MCPBlobResourceContent', Reference.MCPBlobResourceContent, Ours.MCPBlobResourceContent>,
  Missing<'MCPCallToolOptions', Reference.MCPCallToolOptions, Ours.MCPCallToolOptions>,
  Missing<
    'MCPListResourceTemplatesResult',
    Reference.MCPListResourceTemplatesResult,
    Ours.MCPListResourceTemplatesResult
  >,
  Missing<'MCPListResourcesParams', Reference.MCPListResourcesParams, Ours.MCPListResourcesParams>,
  Missing<'MCPListResourcesResult', Reference.MCPListResourcesResult, Ours.MCPListResourcesResult>,
  Missing<'MCPListToolsSpanData', Reference.MCPListToolsSpanData, Ours.MCPListToolsSpanData>,
  Missing<'MCPReadResourceResult', Reference.MCPReadResourceResult, Ours.MCPReadResourceResult>,
  Missing<'MCPResource', Reference.MCPResource, Ours.MCPResource>,
  Missing<'MCPResourceContent', Reference.MCPResourceContent, Ours.MCPResourceContent>,
  Missing<'MCPResourceTemplate', Reference.MCPResourceTemplate, Ours.MCPResourceTemplate>,
  Missing<'MCPServer', Reference.MCPServer, Ours.MCPServer>,
  Missing<'MCPServerSSE', Reference.MCPServerSSE, Ours.MCPServerSSE>,
  Missing<'MCPServerStdio', Reference.MCPServerStdio, Ours.MCPServerStdio>,
  Missing<'MCPServerStreamableHttp', Reference.MCPServerStreamableHttp, Ours.MCPServerStreamableHttp>,
  Missing<'MCPServerWithResources', Reference.MCPServerWithResources, Ours.MCPServerWithResources>,
  Missing<'MCPServers', Reference.MCPServers, Ours.MCPServers>,
  Missing<'MCPServersOptions', Reference.MCPServersOptions, Ours.MCPServersOptions>,
  Missing<'MCPServersReconnectOptions', Reference.MCPServersReconnectOptions, Ours.MCPServersReconnectOptions>,
  Missing<'MCPTextResourceContent', Reference.MCPTextResourceContent, Ours.MCPTextResourceContent>,
  Missing<'MCPToolCacheKeyGenerator', Reference.MCPToolCacheKeyGenerator, Ours.MCPToolCacheKeyGenerator>,
  Missing<'MCPToolCustomDataContext', Reference.MCPToolCustomDataContext, Ours.MCPToolCustomDataContext>,
  Missing<'MCPToolCustomDataExtractor', Reference.MCPToolCustomDataExtractor, Ours.MCPToolCustomDataExtractor>,
  Missing<'MCPToolErrorFunction', Reference.MCPToolErrorFunction, Ours.MCPToolErrorFunction>,
  Missing<'MCPToolFilterCallable', Reference.MCPToolFilterCallable, Ours.MCPToolFilterCallable>,
  Missing<'MCPToolFilterContext', Reference.MCPToolFilterContext, Ours.MCPToolFilterContext>,
  Missing<'MCPToolFilterStatic', Reference.MCPToolFilterStatic, Ours.MCPToolFilterStatic>,
  Missing<'MCPToolMetaContext', Reference.MCPToolMetaContext, Ours.MCPToolMetaContext>,
  Missing<'MCPToolMetaResolver', Reference.MCPToolMetaResolver, Ours.MCPToolMetaResolver>,
  Missing<'MaxTurnsExceededError', Reference.MaxTurnsExceededError, Ours.MaxTurnsExceededError>,
  Missing<'MemorySession', Reference.MemorySession, Ours.MemorySession>,
  Missing<'Model', Reference.Model, Ours.Model>,
  Missing<'ModelBehaviorError', Reference.ModelBehaviorError, Ours.ModelBehaviorError>,
  Missing<'ModelInputData', Reference.ModelInputData, Ours.ModelInputData>,
  Missing<'ModelProvider', Reference.ModelProvider, Ours.ModelProvider>,
  Missing<'ModelRefusalError', Reference.ModelRefusalError, Ours.ModelRefusalError>,
  Missing<'ModelRequest', Reference.ModelRequest, Ours.ModelRequest>,
  Missing<'ModelResponse', Reference.ModelResponse, Ours.ModelResponse>,
  Missing<'ModelRetryAdvice', Reference.ModelRetryAdvice, Ours.ModelRetryAdvice>,
  Missing<'ModelRetryAdviceRequest', Reference.ModelRetryAdviceRequest, Ours.ModelRetryAdviceRequest>,
  Missing<'ModelRetryBackoffSettings', Reference.ModelRetryBackoffSettings, Ours.ModelRetryBackoffSettings>,
  Missing<'ModelRetryNormalizedError', Reference.ModelRetryNormalizedError, Ours.ModelRetryNormalizedError>,
  Missing<'ModelRetrySettings', Reference.ModelRetrySettings, Ours.ModelRetrySettings>,
  Missing<'ModelSettings', Reference.ModelSettings, Ours.ModelSettings>,
  Missing<
    'ModelSettingsContextManagement',
    Reference.ModelSettingsContextManagement,
    Ours.ModelSettingsContextManagement
  >,
  Missing<'ModelSettingsToolChoice', Reference.ModelSettingsToolChoice, Ours.ModelSettingsToolChoice>,
  Missing<'ModelTimeoutError', Reference.ModelTimeoutError, Ours.ModelTimeoutError>,
  Missing<'MultiTracingProcessor', Reference.MultiTracingProcessor, Ours.MultiTracingProcessor>,
  Missing<'RunOptions', Reference.NonStreamRunOptions, Ours.NonStreamRunOptions>,
  Missing<'Span', Reference.NoopSpan<Any>, Ours.NoopSpan>,
  Missing<'Trace', Reference.NoopTrace, Ours.NoopTrace>,
  Missing<'OpenAIModel', Reference.OpenAIChatCompletionsModel, Ours.OpenAIChatCompletionsModel>,
  Missing<
    'OpenAIChatCompletionsModelOptions',
    Reference.OpenAIChatCompletionsModelOptions,
    Ours.OpenAIChatCompletionsModelOptions
  >,
  Missing<
    'OpenAIChatCompletionsRawModelStreamEvent',
    Reference.OpenAIChatCompletionsRawModelStreamEvent,
    Ours.OpenAIChatCompletionsRawModelStreamEvent
  >,
  Missing<'OpenAIClient', Reference.OpenAIClient, Ours.OpenAIClient>,
  Missing<'OpenAIConversationsSession', Reference.OpenAIConversationsSession, Ours.OpenAIConversationsSession>,
  Missing<
    'OpenAIConversationsSessionOptions',
    Reference.OpenAIConversationsSessionOptions,
    Ours.OpenAIConversationsSessionOptions
  >,
  Missing<'OpenAIProvider', Reference.OpenAIProvider, Ours.OpenAIProvider>,
  Missing<'OpenAIProviderOptions', Reference.OpenAIProviderOptions, Ours.OpenAIProviderOptions>,
  Missing<'OpenAIRawModelEventSource', Reference.OpenAIRawModelEventSource, Ours.OpenAIRawModelEventSource>,
  Missing<'OpenAIResponsesCompactionArgs', Reference.OpenAIResponsesCompactionArgs, Ours.OpenAIResponsesCompactionArgs>,
  Missing<
    'OpenAIResponsesCompactionAwareSession',
    Reference.OpenAIResponsesCompactionAwareSession,
    Ours.OpenAIResponsesCompactionAwareSession
  >,
  Missing<
    'OpenAIResponsesCompactionDecisionContext',
    Reference.OpenAIResponsesCompactionDecisionContext,
    Ours.OpenAIResponsesCompactionDecisionContext
  >,
  Missing<'OpenAIResponsesCompactionMode', Reference.OpenAIResponsesCompactionMode, Ours.OpenAIResponsesCompactionMode>,
  Missing<
    'OpenAIResponsesCompactionOwnershipAwareSession',
    Reference.OpenAIResponsesCompactionOwnershipAwareSession,
    Ours.OpenAIResponsesCompactionOwnershipAwareSession
  >,
  Missing<
    'OpenAIResponsesCompactionResult',
    Reference.OpenAIResponsesCompactionResult,
    Ours.OpenAIResponsesCompactionResult
  >,
  Missing<
    'OpenAIResponsesCompactionSession',
    Reference.OpenAIResponsesCompactionSession,
    Ours.OpenAIResponsesCompactionSession
  >,
  Missing<
    'OpenAIResponsesCompactionSessionOptions',
    Reference.OpenAIResponsesCompactionSessionOptions,
    Ours.OpenAIResponsesCompactionSessionOptions
  >,
  Missing<'OpenAIModel', Reference.OpenAIResponsesModel, Ours.OpenAIResponsesModel>,
  Missing<
    'OpenAIResponsesRawModelStreamEvent',
    Reference.OpenAIResponsesRawModelStreamEvent,
    Ours.OpenAIResponsesRawModelStreamEvent
  >,
  Missing<'OpenAITracingExporter', Reference.OpenAITracingExporter, Ours.OpenAITracingExporter>,
  Missing<'OpenAITracingExporterOptions', Reference.OpenAITracingExporterOptions, Ours.OpenAITracingExporterOptions>,
  Missing<'OutputGuardrail', Reference.OutputGuardrail, Ours.OutputGuardrail>,
  Missing<
    'OutputGuardrailBlockedMessageArgs',
    Reference.OutputGuardrailBlockedMessageArgs,
    Ours.OutputGuardrailBlockedMessageArgs
  >,
  Missing<
    'OutputGuardrailBlockedMessageFormatter',
    Reference.OutputGuardrailBlockedMessageFormatter,
    Ours.OutputGuardrailBlockedMessageFormatter
  >,
  Missing<'OutputGuardrailDefinition', Reference.OutputGuardrailDefinition, Ours.OutputGuardrailDefinition>,
  Missing<'OutputGuardrailFunction', Reference.OutputGuardrailFunction, Ours.OutputGuardrailFunction>,
  Missing<'OutputGuardrailFunctionArgs', Reference.OutputGuardrailFunctionArgs, Ours.OutputGuardrailFunctionArgs>,
  Missing<'OutputGuardrailMetadata', Reference.OutputGuardrailMetadata, Ours.OutputGuardrailMetadata>,
  Missing<'OutputGuardrailResult', Reference.OutputGuardrailResult, Ours.OutputGuardrailResult>,
  Missing<
    'OutputGuardrailTripwireTriggered',
    Reference.OutputGuardrailTripwireTriggered<Any>,
    Ours.OutputGuardrailTripwireTriggered
  >,
  Missing<'ProgramCallItem', Reference.ProgramCallItem, Ours.ProgramCallItem>,
  Missing<'ProgramCallResultItem', Reference.ProgramCallResultItem, Ours.ProgramCallResultItem>,
  Missing<'ProgrammaticToolCallingTool', Reference.ProgrammaticToolCallingTool, Ours.ProgrammaticToolCallingTool>,
  Missing<'ReasoningItem', Reference.ReasoningItem, Ours.ReasoningItem>,
  Missing<'ReasoningItemIdPolicy', Reference.ReasoningItemIdPolicy, Ours.ReasoningItemIdPolicy>,
  Missing<'RequestUsage', Reference.RequestUsage, Ours.RequestUsage>,
  Missing<'RequestUsageInput', Reference.RequestUsageInput, Ours.RequestUsageInput>,
  Missing<'ResponseSpanData', Reference.ResponseSpanData, Ours.ResponseSpanData>,
  Missing<'ResponseStreamEvent', Reference.ResponseStreamEvent, Ours.ResponseStreamEvent>,
  Missing<'RetryDecision', Reference.RetryDecision, Ours.RetryDecision>,
  Missing<'RetryPolicy', Reference.RetryPolicy, Ours.RetryPolicy>,
  Missing<'RetryPolicyContext', Reference.RetryPolicyContext, Ours.RetryPolicyContext>,
  Missing<'RunAgentUpdatedStreamEvent', Reference.RunAgentUpdatedStreamEvent, Ours.RunAgentUpdatedStreamEvent>,
  Missing<'RunCompactionItem', Reference.RunCompactionItem, Ours.RunCompactionItem>,
  Missing<'RunConfig', Reference.RunConfig, Ours.RunConfig>,
  Missing<'RunContext', Reference.RunContext, Ours.RunContext>,
  Missing<'RunContextAwareSession', Reference.RunContextAwareSession, Ours.RunContextAwareSession>,
  Missing<'RunErrorData', Reference.RunErrorData<Any, Any>, Ours.RunErrorData>,
  Missing<'RunErrorHandler', Reference.RunErrorHandler<Any, Any>, Ours.RunErrorHandler>,
  Missing<'RunErrorHandlerInput', Reference.RunErrorHandlerInput<Any, Any>, Ours.RunErrorHandlerInput>,
  Missing<'RunErrorHandlerResult', Reference.RunErrorHandlerResult<Any>, Ours.RunErrorHandlerResult>,
  Missing<'RunErrorHandlers', Reference.RunErrorHandlers<Any, Any>, Ours.RunErrorHandlers>,
  Missing<'RunErrorKind', Reference.RunErrorKind, Ours.RunErrorKind>,
  Missing<'RunHandoffCallItem', Reference.RunHandoffCallItem, Ours.RunHandoffCallItem>,
  Missing<'RunHandoffOutputItem', Reference.RunHandoffOutputItem, Ours.RunHandoffOutputItem>,
  Missing<'RunHookEvents', Reference.RunHookEvents, Ours.RunHookEvents>,
  Missing<'RunInputItem', Reference.RunInputItem, Ours.RunInputItem>,
  Missing<'RunItem', Reference.RunItem, Ours.RunItem>,
  Missing<'RunItemStreamEvent', Reference.RunItemStreamEvent, Ours.RunItemStreamEvent>,
  Missing<'RunMessageOutputItem', Reference.RunMessageOutputItem, Ours.RunMessageOutputItem>,
  Missing<'RunRawModelStreamEvent', Reference.RunRawModelStreamEvent, Ours.RunRawModelStreamEvent>,
  Missing<'RunReasoningItem', Reference.RunReasoningItem, Ours.RunReasoningItem>,
  Missing<'RunResult', Reference.RunResult<Any, Any>, Ours.RunResult>,
  Missing<'RunState', Reference.RunState<Any, Any>, Ours.RunState>,
  Missing<'RunStreamEvent', Reference.RunStreamEvent, Ours.RunStreamEvent>,
  Missing<'RunToolApprovalItem', Reference.RunToolApprovalItem, Ours.RunToolApprovalItem>,
  Missing<'RunToolCallItem', Reference.RunToolCallItem, Ours.RunToolCallItem>,
  Missing<'RunToolCallOutputItem', Reference.RunToolCallOutputItem, Ours.RunToolCallOutputItem>,
  Missing<'RunToolSearchCallItem', Reference.RunToolSearchCallItem, Ours.RunToolSearchCallItem>,
  Missing<'RunToolSearchOutputItem', Reference.RunToolSearchOutputItem, Ours.RunToolSearchOutputItem>,
  Missing<'Runner', Reference.Runner, Ours.Runner>,
  Missing<'SerializedHandoff', Reference.SerializedHandoff, Ours.SerializedHandoff>,
  Missing<'SerializedOutputType', Reference.SerializedOutputType, Ours.SerializedOutputType>,
  Missing<'SerializedTool', Reference.SerializedTool, Ours.SerializedTool>,
  Missing<'Session', Reference.Session, Ours.Session>,
  Missing<
    'SessionHistoryAppendItemsTransaction',
    Reference.SessionHistoryAppendItemsTransaction,
    Ours.SessionHistoryAppendItemsTransaction
  >,
  Missing<'SessionHistoryMutation', Reference.SessionHistoryMutation, Ours.SessionHistoryMutation>,
  Missing<
    'SessionHistoryReplaceSuffixTransaction',
    Reference.SessionHistoryReplaceSuffixTransaction,
    Ours.SessionHistoryReplaceSuffixTransaction
  >,
  Missing<'SessionHistoryRewriteArgs', Reference.SessionHistoryRewriteArgs, Ours.SessionHistoryRewriteArgs>,
  Missing<
    'SessionHistoryRewriteAwareSession',
    Reference.SessionHistoryRewriteAwareSession,
    Ours.SessionHistoryRewriteAwareSession
  >,
  Missing<'SessionHistoryTransaction', Reference.SessionHistoryTransaction, Ours.SessionHistoryTransaction>,
  Missing<'SessionHistoryTransactionArgs', Reference.SessionHistoryTransactionArgs, Ours.SessionHistoryTransactionArgs>,
  Missing<
    'SessionHistoryTransactionAwareSession',
    Reference.SessionHistoryTransactionAwareSession,
    Ours.SessionHistoryTransactionAwareSession
  >,
  Missing<'SessionInputCallback', Reference.SessionInputCallback, Ours.SessionInputCallback>,
  Missing<'Shell', Reference.Shell, Ours.Shell>,
  Missing<'ShellAction', Reference.ShellAction, Ours.ShellAction>,
  Missing<'ShellCallItem', Reference.ShellCallItem, Ours.ShellCallItem>,
  Missing<'ShellCallResultItem', Reference.ShellCallResultItem, Ours.ShellCallResultItem>,
  Missing<'ShellOutputResult', Reference.ShellOutputResult, Ours.ShellOutputResult>,
  Missing<'ShellResult', Reference.ShellResult, Ours.ShellResult>,
  Missing<'ShellTool', Reference.ShellTool, Ours.ShellTool>,
  Missing<
    'ShellToolContainerAutoEnvironment',
    Reference.ShellToolContainerAutoEnvironment,
    Ours.ShellToolContainerAutoEnvironment
  >,
  Missing<
    'ShellToolContainerNetworkPolicy',
    Reference.ShellToolContainerNetworkPolicy,
    Ours.ShellToolContainerNetworkPolicy
  >,
  Missing<
    'ShellToolContainerNetworkPolicyAllowlist',
    Reference.ShellToolContainerNetworkPolicyAllowlist,
    Ours.ShellToolContainerNetworkPolicyAllowlist
  >,
  Missing<
    'ShellToolContainerNetworkPolicyDisabled',
    Reference.ShellToolContainerNetworkPolicyDisabled,
    Ours.ShellToolContainerNetworkPolicyDisabled
  >,
  Missing<
    'ShellToolContainerNetworkPolicyDomainSecret',
    Reference.ShellToolContainerNetworkPolicyDomainSecret,
    Ours.ShellToolContainerNetworkPolicyDomainSecret
  >,
  Missing<
    'ShellToolContainerReferenceEnvironment',
    Reference.ShellToolContainerReferenceEnvironment,
    Ours.ShellToolContainerReferenceEnvironment
  >,
  Missing<'ShellToolContainerSkill', Reference.ShellToolContainerSkill, Ours.ShellToolContainerSkill>,
  Missing<'ShellToolEnvironment', Reference.ShellToolEnvironment, Ours.ShellToolEnvironment>,
  Missing<'ShellToolHostedEnvironment', Reference.ShellToolHostedEnvironment, Ours.ShellToolHostedEnvironment>,
  Missing<'ShellToolInlineSkill', Reference.ShellToolInlineSkill, Ours.ShellToolInlineSkill>,
  Missing<'ShellToolInlineSkillSource', Reference.ShellToolInlineSkillSource, Ours.ShellToolInlineSkillSource>,
  Missing<'ShellToolLocalEnvironment', Reference.ShellToolLocalEnvironment, Ours.ShellToolLocalEnvironment>,
  Missing<'ShellToolLocalSkill', Reference.ShellToolLocalSkill, Ours.ShellToolLocalSkill>,
  Missing<'ShellToolSkillReference', Reference.ShellToolSkillReference, Ours.ShellToolSkillReference>,
  Missing<'Span', Reference.Span<Any>, Ours.Span>,
  Missing<'SpanData', Reference.SpanData, Ours.SpanData>,
  Missing<'SpanError', Reference.SpanError, Ours.SpanError>,
  Missing<'SpanOptions', Reference.SpanOptions<Any>, Ours.SpanOptions>,
  Missing<'StandardSchemaWithJSON', Reference.StandardSchemaWithJSON, Ours.StandardSchemaWithJSON>,
  Missing<'StreamEvent', Reference.StreamEvent, Ours.StreamEvent>,
  Missing<'StreamEventGenericItem', Reference.StreamEventGenericItem, Ours.StreamEventGenericItem>,
  Missing<'StreamEventResponseCompleted', Reference.StreamEventResponseCompleted, Ours.StreamEventResponseCompleted>,
  Missing<'StreamEventResponseStarted', Reference.StreamEventResponseStarted, Ours.StreamEventResponseStarted>,
  Missing<'StreamEventTextStream', Reference.StreamEventTextStream, Ours.StreamEventTextStream>,
  Missing<'RunOptions', Reference.StreamRunOptions, Ours.StreamRunOptions>,
  Missing<'StreamedRunResult', Reference.StreamedRunResult<Any, Any>, Ours.StreamedRunResult>,
  Missing<'SystemError', Reference.SystemError, Ours.SystemError>,
  Missing<'SystemMessageItem', Reference.SystemMessageItem, Ours.SystemMessageItem>,
  Missing<'TaskSpanData', Reference.TaskSpanData, Ours.TaskSpanData>,
  Missing<'TaskUsageData', Reference.TaskUsageData, Ours.TaskUsageData>,
  Missing<'TextOutput', Reference.TextOutput, Ours.TextOutput>,
  Missing<'Tool', Reference.Tool, Ours.Tool>,
  Missing<'ToolAllowedCaller', Reference.ToolAllowedCaller, Ours.ToolAllowedCaller>,
  Missing<'ToolAllowedCallers', Reference.ToolAllowedCallers, Ours.ToolAllowedCallers>,
  Missing<'ToolCallError', Reference.ToolCallError, Ours.ToolCallError>,
  Missing<'ToolCallOutputContent', Reference.ToolCallOutputContent, Ours.ToolCallOutputContent>,
  Missing<'ToolCallStructuredOutput', Reference.ToolCallStructuredOutput, Ours.ToolCallStructuredOutput>,
  Missing<'ToolCaller', Reference.ToolCaller, Ours.ToolCaller>,
  Missing<'ToolEnabledFunction', Reference.ToolEnabledFunction, Ours.ToolEnabledFunction>,
  Missing<'ToolErrorFormatter', Reference.ToolErrorFormatter, Ours.ToolErrorFormatter>,
  Missing<'ToolErrorFormatterArgs', Reference.ToolErrorFormatterArgs, Ours.ToolErrorFormatterArgs>,
  Missing<'ToolErrorKind', Reference.ToolErrorKind, Ours.ToolErrorKind>,
  Missing<'ToolExecuteArgument', Reference.ToolExecuteArgument<Any>, Ours.ToolExecuteArgument<Any>>,
  Missing<'ToolExecutionConfig', Reference.ToolExecutionConfig, Ours.ToolExecutionConfig>,
  Missing<'ToolGuardrailBehavior', Reference.ToolGuardrailBehavior, Ours.ToolGuardrailBehavior>,
  Missing<'ToolGuardrailFunctionOutput', Reference.ToolGuardrailFunctionOutput, Ours.ToolGuardrailFunctionOutput>,
  Missing<'ToolGuardrailMetadata', Reference.ToolGuardrailMetadata, Ours.ToolGuardrailMetadata>,
  Missing<'ToolInputGuardrailData', Reference.ToolInputGuardrailData, Ours.ToolInputGuardrailData>,
  Missing<'ToolInputGuardrailDefinition', Reference.ToolInputGuardrailDefinition, Ours.ToolInputGuardrailDefinition>,
  Missing<'ToolInputGuardrailFunction', Reference.ToolInputGuardrailFunction, Ours.ToolInputGuardrailFunction>,
  Missing<'ToolInputGuardrailResult', Reference.ToolInputGuardrailResult, Ours.ToolInputGuardrailResult>,
  Missing<
    'ToolInputGuardrailTripwireTriggered',
    Reference.ToolInputGuardrailTripwireTriggered,
    Ours.ToolInputGuardrailTripwireTriggered
  >,
  Missing<'ToolInputParameters', Reference.ToolInputParameters, Ours.ToolInputParameters>,
  Missing<'ToolNameCollisionPolicy', Reference.ToolNameCollisionPolicy, Ours.ToolNameCollisionPolicy>,
  Missing<'ToolNamespaceOptions', Reference.ToolNamespaceOptions, Ours.ToolNamespaceOptions>,
  Missing<'ToolNotFoundBehavior', Reference.ToolNotFoundBehavior, Ours.ToolNotFoundBehavior>,
  Missing<'ToolOptions', Reference.ToolOptions<Any>, Ours.ToolOptions<Any>>,
  Missing<'ToolOptionsWithGuardrails', Reference.ToolOptionsWithGuardrails<Any>, Ours.ToolOptionsWithGuardrails<Any>>,
  Missing<'ToolOutputCustomData', Reference.ToolOutputCustomData, Ours.ToolOutputCustomData>,
  Missing<'ToolOutputErrorContext', Reference.ToolOutputErrorContext, Ours.ToolOutputErrorContext>,
  Missing<'ToolOutputFileContent', Reference.ToolOutputFileContent, Ours.ToolOutputFileContent>,
  Missing<'ToolOutputGuardrailData', Reference.ToolOutputGuardrailData, Ours.ToolOutputGuardrailData>,
  Missing<'ToolOutputGuardrailDefinition', Reference.ToolOutputGuardrailDefinition, Ours.ToolOutputGuardrailDefinition>,
  Missing<'ToolOutputGuardrailFunction', Reference.ToolOutputGuardrailFunction, Ours.ToolOutputGuardrailFunction>,
  Missing<'ToolOutputGuardrailResult', Reference.ToolOutputGuardrailResult, Ours.ToolOutputGuardrailResult>,
  Missing<
    'ToolOutputGuardrailTripwireTriggered',
    Reference.ToolOutputGuardrailTripwireTriggered,
    Ours.ToolOutputGuardrailTripwireTriggered
  >,
  Missing<'ToolOutputImage', Reference.ToolOutputImage, Ours.ToolOutputImage>,
  Missing<'ToolOutputSchema', Reference.ToolOutputSchema, Ours.ToolOutputSchema>,
  Missing<'ToolOutputText', Reference.ToolOutputText, Ours.ToolOutputText>,
  Missing<'ToolReference', Reference.ToolReference, Ours.ToolReference>,
  Missing<'ToolSearchCallArguments', Reference.ToolSearchCallArguments, Ours.ToolSearchCallArguments>,
  Missing<'ToolSearchCallItem', Reference.ToolSearchCallItem, Ours.ToolSearchCallItem>,
  Missing<'ToolSearchOutputItem', Reference.ToolSearchOutputItem, Ours.ToolSearchOutputItem>,
  Missing<'ToolSearchOutputTool', Reference.ToolSearchOutputTool, Ours.ToolSearchOutputTool>,
  Missing<'ToolSearchTool', Reference.ToolSearchTool, Ours.ToolSearchTool>,
  Missing<'ToolTimeoutError', Reference.ToolTimeoutError, Ours.ToolTimeoutError>,
  Missing<'ToolTimeoutErrorFunction', Reference.ToolTimeoutErrorFunction, Ours.ToolTimeoutErrorFunction>,
  Missing<'ToolToFinalOutputFunction', Reference.ToolToFinalOutputFunction, Ours.ToolToFinalOutputFunction>,
  Missing<'ToolUseBehavior', Reference.ToolUseBehavior, Ours.ToolUseBehavior>,
  Missing<'ToolUseBehaviorFlags', Reference.ToolUseBehaviorFlags, Ours.ToolUseBehaviorFlags>,
  Missing<'ToolsToFinalOutputResult', Reference.ToolsToFinalOutputResult, Ours.ToolsToFinalOutputResult>,
  Missing<'Trace', Reference.Trace, Ours.Trace>,
  Missing<'TraceContextSnapshot', Reference.TraceContextSnapshot, Ours.TraceContextSnapshot>,
  Missing<'TraceProvider', Reference.TraceProvider, Ours.TraceProvider>,
  Missing<'TraceProviderOptions', Reference.TraceProviderOptions, Ours.TraceProviderOptions>,
  Missing<'TracingConfig', Reference.TracingConfig, Ours.TracingConfig>,
  Missing<'TracingExporter', Reference.TracingExporter, Ours.TracingExporter>,
  Missing<'TracingIdGenerator', Reference.TracingIdGenerator, Ours.TracingIdGenerator>,
  Missing<'TracingProcessor', Reference.TracingProcessor, Ours.TracingProcessor>,
  Missing<'TurnSpanData', Reference.TurnSpanData, Ours.TurnSpanData>,
  Missing<'TurnUsageData', Reference.TurnUsageData, Ours.TurnUsageData>,
  Missing<'UnknownContext', Reference.UnknownContext, Ours.UnknownContext>,
  Missing<'UnknownItem', Reference.UnknownItem, Ours.UnknownItem>,
  Missing<'Usage', Reference.Usage, Ours.Usage>,
  Missing<'UsageInput', Reference.UsageInput, Ours.UsageInput>,
  Missing<'UserError', Reference.UserError, Ours.UserError>,
  Missing<'UserMessageItem', Reference.UserMessageItem, Ours.UserMessageItem>,
][number];
