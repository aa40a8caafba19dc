/** Items of tools that run beside the model: the computer, the shell and patches, the search for tools, programs. Data only. */
import type { ProviderData } from './item.ts';

type CallStatus = 'in_progress' | 'completed' | 'incomplete';

/** Who makes a call: the model itself, or a program that it wrote. */
export type ToolCaller = { type: 'direct' } | { type: 'program'; callerId: string };

export type ComputerAction =
  | { type: 'screenshot' }
  | { type: 'click'; x: number; y: number; button: 'left' | 'right' | 'wheel' | 'back' | 'forward' }
  | { type: 'double_click'; x: number; y: number }
  | { type: 'scroll'; x: number; y: number; scroll_x: number; scroll_y: number }
  | { type: 'type'; text: string }
  | { type: 'wait' }
  | { type: 'move'; x: number; y: number }
  | { type: 'keypress'; keys: string[] }
  | { type: 'drag'; path: { x: number; y: number }[] };

/** The model asks for one action of a computer, or for several in order. */
export interface ComputerUseCallItem {
  type: 'computer_call';
  callId: string;
  status: CallStatus;
  action?: ComputerAction;
  actions?: ComputerAction[];
  id?: string;
  providerData?: ProviderData;
}

export interface ComputerToolOutput {
  type: 'computer_screenshot';
  /** A data URL. Empty when there is none. */
  data: string;
  providerData?: ProviderData;
}

export interface ComputerCallResultItem {
  type: 'computer_call_result';
  callId: string;
  output: ComputerToolOutput;
  id?: string;
  providerData?: ProviderData;
}

/** Commands to run. The limits are wishes of the model's: a shell keeps to them as it can. */
export interface ShellAction {
  commands: string[];
  timeoutMs?: number;
  maxOutputLength?: number;
}

export interface ShellCallItem {
  type: 'shell_call';
  callId: string;
  status?: CallStatus;
  action: ShellAction;
  caller?: ToolCaller;
  id?: string;
  providerData?: ProviderData;
}

export type ShellCallOutcome = { type: 'timeout' } | { type: 'exit'; exitCode: number | null };

export interface ShellCallOutputContent {
  stdout: string;
  stderr: string;
  outcome: ShellCallOutcome;
  [more: string]: unknown;
}

export interface ShellCallResultItem {
  type: 'shell_call_output';
  callId: string;
  status?: CallStatus;
  maxOutputLength?: number;
  /** One for each command. */
  output: ShellCallOutputContent[];
  caller?: ToolCaller;
  id?: string;
  providerData?: ProviderData;
}

export interface ApplyPatchOperationCreateFile {
  type: 'create_file';
  path: string;
  diff: string;
}

export interface ApplyPatchOperationUpdateFile {
  type: 'update_file';
  path: string;
  diff: string;
  moveTo?: string;
}

export interface ApplyPatchOperationDeleteFile {
  type: 'delete_file';
  path: string;
}

export type ApplyPatchOperation =
  | ApplyPatchOperationCreateFile
  | ApplyPatchOperationUpdateFile
  | ApplyPatchOperationDeleteFile;

export interface ApplyPatchCallItem {
  type: 'apply_patch_call';
  callId: string;
  status: 'in_progress' | 'completed';
  operation: ApplyPatchOperation;
  caller?: ToolCaller;
  id?: string;
  providerData?: ProviderData;
}

export interface ApplyPatchCallResultItem {
  type: 'apply_patch_call_output';
  callId: string;
  status: 'completed' | 'failed';
  output?: string;
  caller?: ToolCaller;
  id?: string;
  providerData?: ProviderData;
}

/** A tool that a search found, by its name. */
export interface ToolReference {
  type: 'tool_reference';
  functionName: string;
  namespace?: string;
}

/** As the provider says it: a reference, or a definition. */
export type ToolSearchOutputTool = Record<string, unknown>;

/** As the provider says it; a search by the provider has `paths` and `query`. */
export type ToolSearchCallArguments = unknown;

interface ToolSearchItem {
  /** The API's own spelling is read, too. */
  call_id?: string | null;
  callId?: string | null;
  /** Who searches: the provider, or this process. */
  execution?: 'client' | 'server';
  status?: string;
  id?: string;
  providerData?: ProviderData;
}

export interface ToolSearchCallItem extends ToolSearchItem {
  type: 'tool_search_call';
  arguments: ToolSearchCallArguments;
}

export interface ToolSearchOutputItem extends ToolSearchItem {
  type: 'tool_search_output';
  tools: ToolSearchOutputTool[];
  /** The agent that the tools were found for. */
  toolSearchAgentName?: string;
  toolSearchMcpToolNames?: string[];
}

/** A program that the model wrote, to call tools from. The provider runs it. */
export interface ProgramCallItem {
  type: 'program';
  callId: string;
  code: string;
  fingerprint: string;
  id?: string;
  providerData?: ProviderData;
}

export interface ProgramCallResultItem {
  type: 'program_output';
  callId: string;
  output: string;
  status: 'completed' | 'incomplete';
  id?: string;
  providerData?: ProviderData;
}

/** A call that this process makes for the model, with a tool that is no function. */
export type LocalCallItem = ComputerUseCallItem | ShellCallItem | ApplyPatchCallItem;
export type LocalResultItem = ComputerCallResultItem | ShellCallResultItem | ApplyPatchCallResultItem;

/** How a search item names its call, in whichever of the places it says so. */
export function searchCallId({
  callId,
  call_id: spelled,
  providerData,
  id,
}: Pick<ToolSearchItem, 'callId' | 'call_id' | 'providerData' | 'id'>): string | undefined {
  return callId ?? spelled ?? text(providerData?.['call_id']) ?? text(providerData?.['callId']) ?? id;
}

/** Who searches. The provider, where nothing is said. */
export function searchExecution({ execution, providerData }: ToolSearchItem): 'client' | 'server' {
  return (execution ?? providerData?.['execution']) === 'client' ? 'client' : 'server';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
