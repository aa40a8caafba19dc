import type { AgentInputItem, AgentOutputItem, InputFile, InputImage, InputText, ProviderData } from '../event/item.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import type { ModelRetryAdvice, ModelRetryAdviceRequest, RetryPolicy } from './retry.ts';
import type { Usage } from '../event/usage.ts';

export type ModelSettingsToolChoice = 'auto' | 'required' | 'none' | (string & {});
export type ModelSettingsReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null;

export interface ModelSettingsReasoning {
  context?: 'auto' | 'current_turn' | 'all_turns' | null;
  effort?: ModelSettingsReasoningEffort;
  mode?: 'standard' | 'pro' | (string & {});
  summary?: 'auto' | 'concise' | 'detailed' | null;
}

/** What the provider keeps of a request to answer later ones sooner. */
export interface ModelSettingsPromptCacheOptions {
  /** `'explicit'`: only up to where a part of the input has a `promptCacheBreakpoint`. */
  mode?: 'implicit' | 'explicit';
  ttl?: '30m';
}

export interface ModelSettingsText {
  verbosity?: 'low' | 'medium' | 'high' | null;
}

export interface ModelRetryBackoffSettings {
  initialDelayMs?: number;
  maxDelayMs?: number;
  multiplier?: number;
  jitter?: boolean;
}

export interface ModelRetrySettings {
  /** Attempts after the first. 2 by default. */
  maxRetries?: number;
  backoff?: ModelRetryBackoffSettings;
  /** Decides failure by failure. Without one, errors that may pass are tried again. */
  policy?: RetryPolicy;
}

/** What the provider does about a context that grows too long. Responses API. */
export type ModelSettingsContextManagement = {
  type: 'compaction' | (string & {});
  /** Rendered tokens from which on it is done. */
  compactThreshold?: number;
  compact_threshold?: number;
  [more: string]: unknown;
}[];

/** How a model should answer. What a provider does not know, its mapping leaves out. */
export interface ModelSettings {
  /** Limit of one attempt, from the request to the end of the answer, in milliseconds. */
  timeoutMs?: number;
  temperature?: number;
  topP?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  toolChoice?: ModelSettingsToolChoice;
  parallelToolCalls?: boolean;
  truncation?: 'auto' | 'disabled';
  maxTokens?: number;
  store?: boolean;
  promptCacheRetention?: 'in-memory' | '24h' | null;
  promptCacheOptions?: ModelSettingsPromptCacheOptions;
  /** Responses API. */
  contextManagement?: ModelSettingsContextManagement;
  reasoning?: ModelSettingsReasoning;
  text?: ModelSettingsText;
  /** Sent as it is, beside the rest. */
  providerData?: ProviderData;
  retry?: ModelRetrySettings;
  preserveRawUsage?: boolean;
}

/** A JSON schema of an object. */
export interface JsonObjectSchema {
  type: 'object';
  properties?: Record<string, unknown>;
  required?: string[];
  additionalProperties?: boolean | object;
  description?: string;
  [keyword: string]: unknown;
}

export interface SerializedFunctionTool {
  type: 'function';
  name: string;
  description: string;
  parameters: JsonObjectSchema;
  strict: boolean;
  deferLoading?: boolean;
  allowedCallers?: readonly string[];
  outputSchema?: JsonObjectSchema;
  namespace?: string;
  namespaceDescription?: string;
  providerData?: ProviderData;
}

export interface SerializedComputerTool {
  type: 'computer';
  name: string;
  environment?: 'mac' | 'windows' | 'ubuntu' | 'browser';
  dimensions?: [number, number];
}

export interface SerializedShellTool {
  type: 'shell';
  name: string;
  /** Where its commands run: here (`local`), or with the provider. */
  environment?: { type: string };
  allowedCallers?: readonly string[];
}

export interface SerializedApplyPatchTool {
  type: 'apply_patch';
  name: string;
  allowedCallers?: readonly string[];
}

export interface SerializedHostedTool {
  type: 'hosted_tool';
  name: string;
  providerData?: ProviderData;
}

export type SerializedTool =
  | SerializedFunctionTool
  | SerializedComputerTool
  | SerializedShellTool
  | SerializedApplyPatchTool
  | SerializedHostedTool;

export interface SerializedHandoff {
  toolName: string;
  toolDescription: string;
  inputJsonSchema: JsonObjectSchema;
  strictJsonSchema: boolean;
}

export interface JsonSchemaDefinition {
  type: 'json_schema';
  name: string;
  strict: boolean;
  schema: JsonObjectSchema;
}

export type SerializedOutputType = 'text' | JsonSchemaDefinition;
export type ModelTracing = boolean | 'enabled_without_data';

export interface Prompt {
  promptId: string;
  version?: string;
  variables?: Record<string, string | InputText | InputImage | InputFile>;
}

/** One call of a model. The items of `input` are shared with the run: read them, don't change them. */
export interface ModelRequest {
  systemInstructions?: string;
  input: string | AgentInputItem[];
  previousResponseId?: string;
  conversationId?: string;
  modelSettings: ModelSettings;
  tools: SerializedTool[];
  toolsExplicitlyProvided?: boolean;
  outputType: SerializedOutputType;
  handoffs: SerializedHandoff[];
  tracing: ModelTracing;
  /** Aborts when the run no longer wants the answer: close the connection at once. */
  signal?: AbortSignal;
  prompt?: Prompt;
  overridePromptModel?: boolean;
  /** Sent as the header of that name, where a run says so: W3C trace context. */
  traceparent?: string;
}

export interface ModelResponse {
  usage: Usage;
  output: AgentOutputItem[];
  responseId?: string;
  requestId?: string;
  providerData?: ProviderData;
  rawUsage?: Record<string, unknown>;
}

/**
 * A model. Both methods make exactly one attempt: retries are the run's, by the error's `retryable` and `retryAfterMs`.
 * Both reject or throw when `signal` aborts, and hold nothing open afterwards.
 */
export interface Model {
  readonly supportsPromptModelSelection?: boolean;
  /** The name to show in traces, where there is one. */
  readonly name?: string;
  getResponse(request: ModelRequest): Promise<ModelResponse>;
  /** Ends after exactly one `response_done`, or throws. */
  getStreamedResponse(request: ModelRequest): AsyncIterable<StreamEvent>;
  /**
   * The same stream, in the batches in which it arrived. A model that has it is read through it: one hop a network chunk
   * instead of one an event.
   */
  getStreamedBatches?(request: ModelRequest): AsyncIterable<readonly StreamEvent[]>;
  /** What the model's side says about making a failed call again. Asked where `modelSettings.retry` has a policy. */
  getRetryAdvice?(args: ModelRetryAdviceRequest): Promise<ModelRetryAdvice | undefined> | ModelRetryAdvice | undefined;
}

/** Gives models by name. */
export interface ModelProvider {
  /** Without a name: the provider's default model. */
  getModel(modelName?: string): Promise<Model> | Model;
  close?(): Promise<void>;
}
