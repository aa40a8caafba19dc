/** The types of items, stream events and usage under the names that `@openai/agents` gives them: `import { protocol } from 'tailrace'`. Types only; nothing here runs. */
import type {
  AssistantMessageItem,
  FunctionCallItem,
  HostedToolCallItem,
  ProviderData,
  SystemMessageItem,
  UserMessageItem,
} from './item.ts';
import type { LocalCallItem, ProgramCallItem } from './local-items.ts';

export type {
  AgentItem as ModelItem,
  AgentOutputItem as OutputModelItem,
  AssistantContent,
  AssistantMessageItem,
  AudioContent,
  CompactionItem,
  FunctionCallItem,
  FunctionCallResultItem,
  HostedToolCallItem,
  ImageContent,
  InputFile,
  InputImage,
  InputText,
  OutputText,
  ReasoningItem,
  Refusal,
  SystemMessageItem,
  ToolCallOutputContent,
  ToolCallStructuredOutput,
  ToolOutputFileContent,
  ToolOutputImage,
  ToolOutputText,
  UnknownItem,
  UserContent,
  UserMessageItem,
} from './item.ts';
export type {
  ApplyPatchCallItem,
  ApplyPatchCallResultItem,
  ApplyPatchOperation,
  ApplyPatchOperationCreateFile,
  ApplyPatchOperationDeleteFile,
  ApplyPatchOperationUpdateFile,
  ComputerAction,
  ComputerCallResultItem,
  ComputerToolOutput,
  ComputerUseCallItem,
  ProgramCallItem,
  ProgramCallResultItem,
  ShellAction,
  ShellCallItem,
  ShellCallOutcome,
  ShellCallOutputContent,
  ShellCallResultItem,
  ToolCaller,
  ToolReference,
  ToolSearchCallArguments,
  ToolSearchCallItem,
  ToolSearchOutputItem,
  ToolSearchOutputTool,
} from './local-items.ts';
export type {
  StreamEvent,
  StreamEventGenericItem,
  StreamEventResponseCompleted,
  StreamEventResponseStarted,
  StreamEventTextStream,
} from './stream-event.ts';
export type { RequestUsageData, UsageData } from './usage.ts';

export type SharedBase = { providerData?: ProviderData };
export type ItemBase = SharedBase & { id?: string };
export type ReasoningText = { type: 'reasoning_text'; text: string; providerData?: ProviderData };
export type PromptCacheBreakpoint = { mode: 'explicit' };
export type MessageItem = UserMessageItem | AssistantMessageItem | SystemMessageItem;
export type ToolCallItem = FunctionCallItem | HostedToolCallItem | LocalCallItem | ProgramCallItem;
