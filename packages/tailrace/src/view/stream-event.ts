/** The stream events of @openai/agents, as classes. */
import type { AnyAgent } from '../agent/agent.ts';
import type { RunItem } from '../agent/run-item.ts';
import type { Json } from '../base/json.ts';
import type { RunItemKind } from '../event/run-event.ts';
import type { ToolProgress } from '../event/step-events.ts';
import type { ResponseStreamEvent } from '../event/stream-event.ts';

/** An event of the model, as it came. */
export class RunRawModelStreamEvent {
  readonly type = 'raw_model_stream_event' as const;
  data: ResponseStreamEvent;
  readonly source: string | undefined;

  constructor(data: ResponseStreamEvent, source?: string) {
    this.data = data;
    this.source = source;
  }
}

export type RunItemStreamEventName =
  | 'message_output_created'
  | 'handoff_requested'
  | 'handoff_occurred'
  | 'tool_called'
  | 'tool_output'
  | 'reasoning_item_created'
  | 'tool_approval_requested'
  | 'tool_search_called'
  | 'tool_search_output_created'
  | 'compaction_item_created';

/** The conversation grew by an item. */
export class RunItemStreamEvent {
  readonly type = 'run_item_stream_event' as const;
  name: RunItemStreamEventName;
  item: RunItem;

  constructor(name: RunItemStreamEventName, item: RunItem) {
    this.name = name;
    this.item = item;
  }
}

/** Another agent has taken over. */
export class RunAgentUpdatedStreamEvent {
  readonly type = 'agent_updated_stream_event' as const;
  agent: AnyAgent;

  constructor(agent: AnyAgent) {
    this.agent = agent;
  }
}

/** A tool says how far it is: a `yield` of its function. Seen only by those who watch the run. */
export class RunToolProgressStreamEvent {
  readonly type = 'tool_progress_stream_event' as const;
  toolName: string;
  callId: string;
  /** The call's attempt: what an earlier one said is over. */
  attempt: number;
  /** What was yielded, as JSON: cut, or null, where `omitted` says so. */
  data: Json;
  omitted?: 'size' | 'not_json';
  /** How many before this one were left out, because they came too fast. */
  skipped?: number;
  agent: AnyAgent;

  constructor(event: ToolProgress, agent: AnyAgent) {
    this.toolName = event.tool ?? '';
    this.callId = event.callId;
    this.attempt = event.attempt;
    this.data = event.data;
    if (event.omitted) this.omitted = event.omitted;
    if (event.skipped !== undefined) this.skipped = event.skipped;
    this.agent = agent;
  }
}

export type RunStreamEvent = RunRawModelStreamEvent | RunItemStreamEvent | RunAgentUpdatedStreamEvent;

/** All that a stream may show: progress comes only of tools that are generators. Annotate a reader with it: `const events: AsyncIterable<ObservedStreamEvent> = result`. */
export type ObservedStreamEvent = RunStreamEvent | RunToolProgressStreamEvent;

/** What an item's arrival is called in the stream. */
export const ITEM_EVENT_NAMES: Readonly<Record<Exclude<RunItemKind, 'input'>, RunItemStreamEventName>> = {
  message: 'message_output_created',
  reasoning: 'reasoning_item_created',
  tool_call: 'tool_called',
  tool_output: 'tool_output',
  handoff_call: 'handoff_requested',
  handoff_output: 'handoff_occurred',
  tool_approval: 'tool_approval_requested',
  tool_search_call: 'tool_search_called',
  tool_search_output: 'tool_search_output_created',
  compaction: 'compaction_item_created',
};
