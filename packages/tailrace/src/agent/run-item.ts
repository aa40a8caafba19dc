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
import type { AnyAgent } from './agent.ts';

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

/** A call of a tool that the model asked for. */
export class RunToolCallItem {
  readonly type = 'tool_call_item' as const;
  rawItem: FunctionCallItem | HostedToolCallItem | UnknownItem;
  agent: AnyAgent;

  constructor(rawItem: FunctionCallItem | HostedToolCallItem | UnknownItem, agent: AnyAgent) {
    this.rawItem = rawItem;
    this.agent = agent;
  }

  toJSON(): Record<string, unknown> {
    return toJson(this.type, this.rawItem, { agent: this.agent });
  }
}

/** What a tool call came to. `output` is what the function returned, `rawItem` what the model is told. */
export class RunToolCallOutputItem {
  readonly type = 'tool_call_output_item' as const;
  rawItem: FunctionCallResultItem;
  agent: AnyAgent;
  output: unknown;

  constructor(rawItem: FunctionCallResultItem, agent: AnyAgent, output: unknown) {
    this.rawItem = rawItem;
    this.agent = agent;
    this.output = output;
  }

  toJSON(): Record<string, unknown> {
    return { ...toJson(this.type, this.rawItem, { agent: this.agent }), output: this.output };
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

/** A call that waits for somebody's decision. Give it to `state.approve` or `state.reject`. */
export class RunToolApprovalItem {
  readonly type = 'tool_approval_item' as const;
  rawItem: FunctionCallItem;
  agent: AnyAgent;
  toolName: string;

  constructor(rawItem: FunctionCallItem, agent: AnyAgent, toolName: string = rawItem.name) {
    this.rawItem = rawItem;
    this.agent = agent;
    this.toolName = toolName;
  }

  /** The tool's name. */
  get name(): string {
    return this.toolName;
  }

  /** The arguments as the model wrote them. */
  get arguments(): string {
    return this.rawItem.arguments;
  }

  toJSON(): Record<string, unknown> {
    return { ...toJson(this.type, this.rawItem, { agent: this.agent }), toolName: this.toolName };
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
