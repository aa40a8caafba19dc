/**
 * Items: what is said in a conversation, in the shape of the OpenAI Responses API written in camelCase, with what a provider
 * adds kept in `providerData`. Data only.
 */

import type {
  LocalCallItem,
  LocalResultItem,
  ProgramCallItem,
  ProgramCallResultItem,
  ToolCaller,
  ToolSearchCallItem,
  ToolSearchOutputItem,
} from './local-items.ts';

/** What a provider says beyond the common shape; passed through unread. */
export type ProviderData = Record<string, unknown>;

/** What comes up to this part is kept by the provider, for requests that begin the same. */
export interface PromptCacheBreakpoint {
  mode: 'explicit';
}

export interface InputText {
  type: 'input_text';
  text: string;
  promptCacheBreakpoint?: PromptCacheBreakpoint;
  providerData?: ProviderData;
}

export interface InputImage {
  type: 'input_image';
  /** A URL, a data URL, or a reference to an uploaded file. */
  image?: string | { id: string };
  detail?: string;
  promptCacheBreakpoint?: PromptCacheBreakpoint;
  providerData?: ProviderData;
}

export interface InputFile {
  type: 'input_file';
  /** A data URL, a reference to an uploaded file, or a URL. */
  file?: string | { id: string } | { url: string };
  filename?: string;
  promptCacheBreakpoint?: PromptCacheBreakpoint;
  providerData?: ProviderData;
}

export interface AudioContent {
  type: 'audio';
  audio: string | { id: string };
  format?: string | null;
  transcript?: string | null;
  promptCacheBreakpoint?: PromptCacheBreakpoint;
  providerData?: ProviderData;
}

export interface OutputText {
  type: 'output_text';
  text: string;
  providerData?: ProviderData;
}

export interface Refusal {
  type: 'refusal';
  refusal: string;
  providerData?: ProviderData;
}

export interface ImageContent {
  type: 'image';
  image: string;
  providerData?: ProviderData;
}

export type UserContent = InputText | InputImage | InputFile | AudioContent;
export type AssistantContent = OutputText | Refusal | AudioContent | ImageContent;

export interface UserMessageItem {
  type?: 'message';
  role: 'user';
  content: string | UserContent[];
  id?: string;
  providerData?: ProviderData;
}

export interface SystemMessageItem {
  type?: 'message';
  role: 'system';
  content: string;
  id?: string;
  providerData?: ProviderData;
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export interface AssistantMessageItem {
  type?: 'message';
  role: 'assistant';
  status: ItemStatus;
  content: AssistantContent[];
  id?: string;
  phase?: 'commentary' | 'final_answer';
  providerData?: ProviderData;
}

export interface FunctionCallItem {
  type: 'function_call';
  callId: string;
  name: string;
  /** JSON text, as the model wrote it. */
  arguments: string;
  id?: string;
  namespace?: string;
  status?: ItemStatus;
  caller?: ToolCaller;
  providerData?: ProviderData;
}

export interface ToolOutputText {
  type: 'text';
  text: string;
  providerData?: ProviderData;
}

export interface ToolOutputImage {
  type: 'image';
  image?: string | { data: string; mediaType?: string } | { url: string } | { fileId: string };
  detail?: string;
  providerData?: ProviderData;
}

export interface ToolOutputFileContent {
  type: 'file';
  file:
    | string
    | { data: string; mediaType: string; filename: string }
    | { url: string; filename?: string }
    | { id: string; filename?: string };
  providerData?: ProviderData;
}

export type ToolCallStructuredOutput = InputText | InputImage | InputFile;
export type ToolCallOutputContent = ToolOutputText | ToolOutputImage | ToolOutputFileContent;

export interface FunctionCallResultItem {
  type: 'function_call_result';
  name: string;
  callId: string;
  status: ItemStatus;
  output: string | ToolCallOutputContent | ToolCallStructuredOutput[];
  id?: string;
  namespace?: string;
  caller?: ToolCaller;
  providerData?: ProviderData;
}

export interface ReasoningItem {
  type: 'reasoning';
  content: InputText[];
  rawContent?: { type: 'reasoning_text'; text: string; providerData?: ProviderData }[];
  id?: string;
  providerData?: ProviderData;
}

export interface HostedToolCallItem {
  type: 'hosted_tool_call';
  name: string;
  arguments?: string;
  status?: string;
  output?: string;
  caller?: ToolCaller;
  id?: string;
  providerData?: ProviderData;
}

export interface CompactionItem {
  type: 'compaction';
  encrypted_content: string;
  id?: string;
  created_by?: string;
  providerData?: ProviderData;
}

/** An item of a kind that this version does not know; kept whole in `providerData`. */
export interface UnknownItem {
  type: 'unknown';
  id?: string;
  providerData?: ProviderData;
}

export type AgentItem =
  | UserMessageItem
  | AssistantMessageItem
  | SystemMessageItem
  | FunctionCallItem
  | FunctionCallResultItem
  | ReasoningItem
  | HostedToolCallItem
  | LocalCallItem
  | LocalResultItem
  | ToolSearchCallItem
  | ToolSearchOutputItem
  | ProgramCallItem
  | ProgramCallResultItem
  | CompactionItem
  | UnknownItem;

/** An item that may be given to a model. */
export type AgentInputItem = AgentItem;
/** An item that a model may give. */
export type AgentOutputItem = AgentItem;

/** True for a message of the assistant. */
export function isAssistantMessage(item: AgentItem): item is AssistantMessageItem {
  return (item.type === 'message' || item.type === undefined) && item.role === 'assistant';
}

/** The text of an assistant message, its parts joined. Refusals are not text. */
export function textOfMessage(item: AssistantMessageItem): string {
  let text = '';
  for (const part of item.content) if (part.type === 'output_text') text += part.text;
  return text;
}

/** The refusal in an assistant message, if it has one. */
export function refusalOfMessage(item: AssistantMessageItem): string | undefined {
  for (const part of item.content) if (part.type === 'refusal') return part.refusal;
  return undefined;
}
