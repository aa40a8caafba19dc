/** Run items: items of a conversation together with the agent that they belong to in this process. */
import {
  type AgentInputItem,
  type AgentItem,
  type AssistantMessageItem,
  type CompactionItem,
  type FunctionCallItem,
  type FunctionCallResultItem,
  type HostedToolCallItem,
  type ReasoningItem,
  textOfMessage,
  type UnknownItem,
} from '../event/item.ts';
import type {
  LocalCallItem,
  LocalResultItem,
  ProgramCallItem,
  ProgramCallResultItem,
  ToolSearchCallItem,
  ToolSearchOutputItem,
} from '../event/local-items.ts';
import type { AnyAgent } from './agent.ts';
import { qualifiedName } from './tool-namespace.ts';

interface NamedAgent {
  readonly name: string;
}

function toJson(type: string, rawItem: AgentItem, agents: Record<string, NamedAgent>): Record<string, unknown> {
  return {
    type,
    rawItem,
    ...Object.fromEntries(Object.entries(agents).map(([role, agent]) => [role, { name: agent.name }])),
  };
}

/** A message of the assistant. */
export class RunMessageOutputItem {
  readonly type = 'message_output_item' as const;
  rawItem: AssistantMessageItem;
  agent: AnyAgent;

  constructor(rawItem: AssistantMessageItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  /** The message's text. */
  get content(): string {
    return textOfMessage(this.rawItem);
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

/** What a model may say of a call. */
export type ToolCallItem = FunctionCallItem | HostedToolCallItem | LocalCallItem | ProgramCallItem | UnknownItem;
/** What a call came to. */
export type ToolResultItem = FunctionCallResultItem | LocalResultItem | ProgramCallResultItem;

/** A call of a tool that the model asked for. */
export class RunToolCallItem {
  readonly type = 'tool_call_item' as const;
  rawItem: ToolCallItem;
  agent: AnyAgent;

  constructor(rawItem: ToolCallItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  /** The tool's name, where the item has one. */
  get toolName(): string | undefined {
    return 'name' in this.rawItem ? this.rawItem.name : undefined;
  }

  /** The id of the call, or of the item where calls of its kind have none. */
  get callId(): string | undefined {
    return 'callId' in this.rawItem ? this.rawItem.callId : this.rawItem.id;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

/** What a tool call came to. `output` is what the function returned, `rawItem` what the model is told. */
export class RunToolCallOutputItem {
  readonly type = 'tool_call_output_item' as const;
  rawItem: ToolResultItem;
  agent: AnyAgent;
  output: unknown;
  /** What the tool's `customDataExtractor` gave: for the application, never for the model. */
  customData?: Record<string, unknown>;

  constructor(rawItem: ToolResultItem, agent: AnyAgent, output: unknown, customData?: Record<string, unknown>) {
    this.rawItem = rawItem;
    this.agent = agent;
    this.output = output;
    if (customData) this.customData = customData;
  }

  /** The id of the call that this is the output of. */
  get callId(): string {
    return this.rawItem.callId;
  }

  toJSON(): Record<string, unknown> {
    const json = { ...toJson(this.type, this.rawItem, { agent: this.agent }), output: this.output };
    return this.customData ? { ...json, customData: this.customData } : json;
  }
}

/** What a reasoning model says of its reasoning. */
export class RunReasoningItem {
  readonly type = 'reasoning_item' as const;
  rawItem: ReasoningItem;
  agent: AnyAgent;

  constructor(rawItem: ReasoningItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

/** The model asks for another agent. */
export class RunHandoffCallItem {
  readonly type = 'handoff_call_item' as const;
  rawItem: FunctionCallItem;
  agent: AnyAgent;

  constructor(rawItem: FunctionCallItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

/** Another agent has taken over. */
export class RunHandoffOutputItem {
  readonly type = 'handoff_output_item' as const;
  rawItem: FunctionCallResultItem;
  sourceAgent: AnyAgent;
  targetAgent: AnyAgent;

  constructor(rawItem: FunctionCallResultItem, sourceAgent: AnyAgent, targetAgent: AnyAgent) {
    this.rawItem = rawItem;
    this.sourceAgent = sourceAgent;
    this.targetAgent = targetAgent;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { sourceAgent: this.sourceAgent, targetAgent: this.targetAgent });
  }
}

/** The provider compacted the conversation. */
export class RunCompactionItem {
  readonly type = 'compaction_item' as const;
  rawItem: CompactionItem;
  agent: AnyAgent;

  constructor(rawItem: CompactionItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

/** A call that may wait for a decision. */
export type ApprovableItem = FunctionCallItem | HostedToolCallItem | LocalCallItem;

const LOCAL_NAMES: Readonly<Record<LocalCallItem['type'], string>> = {
  computer_call: 'computer_use_preview',
  shell_call: 'shell',
  apply_patch_call: 'apply_patch',
};

function defaultName(item: ApprovableItem): string {
  if (item.type === 'function_call') return qualifiedName(item);
  return 'name' in item ? item.name : LOCAL_NAMES[item.type];
}

/** A call that waits for somebody's decision. Give it to `state.approve` or `state.reject`. */
export class RunToolApprovalItem {
  readonly type = 'tool_approval_item' as const;
  rawItem: ApprovableItem;
  agent: AnyAgent;
  toolName: string;

  constructor(rawItem: ApprovableItem, agent: AnyAgent, toolName: string = defaultName(rawItem)) {
    this.rawItem = rawItem;
    this.agent = agent;
    this.toolName = toolName;
  }

  /** The tool's name, with its namespace: `crm.look`. */
  get name(): string {
    return this.toolName;
  }

  /** The id of the call, which decisions go by. */
  get callId(): string {
    return 'callId' in this.rawItem ? this.rawItem.callId : (this.rawItem.id ?? '');
  }

  /** The arguments as the model wrote them. Calls of the computer, the shell and patches say theirs in `rawItem`. */
  get arguments(): string | undefined {
    return 'arguments' in this.rawItem ? this.rawItem.arguments : undefined;
  }

  toJSON(): Record<string, unknown> {
    return { ...toJson(this.type, this.rawItem, { agent: this.agent }), toolName: this.toolName };
  }
}

/** The model searches for tools. */
export class RunToolSearchCallItem {
  readonly type = 'tool_search_call_item' as const;
  rawItem: ToolSearchCallItem;
  agent: AnyAgent;

  constructor(rawItem: ToolSearchCallItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

/** The tools that a search found. */
export class RunToolSearchOutputItem {
  readonly type = 'tool_search_output_item' as const;
  rawItem: ToolSearchOutputItem;
  agent: AnyAgent;

  constructor(rawItem: ToolSearchOutputItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

/** Input that joined the run while it was under way. */
export class RunInputItem {
  readonly type = 'input_item' as const;
  rawItem: AgentInputItem;
  agent: AnyAgent;

  constructor(rawItem: AgentInputItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

export type RunItem =
  | RunMessageOutputItem
  | RunToolCallItem
  | RunToolCallOutputItem
  | RunToolSearchCallItem
  | RunToolSearchOutputItem
  | RunReasoningItem
  | RunHandoffCallItem
  | RunHandoffOutputItem
  | RunCompactionItem
  | RunToolApprovalItem
  | RunInputItem;

/** The text of all messages among the items, joined. */
export function extractAllTextOutput(items: readonly RunItem[]): string {
  return items.map((item) => (item.type === 'message_output_item' ? item.content : '')).join('');
}
