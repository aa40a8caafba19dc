/** Events of model calls and tool calls: the steps of a run, attempt by attempt. */
import type { Json } from '../base/json.ts';
import type { SerializedError } from './agents-error.ts';
import type { AgentItem, AgentOutputItem, AssistantMessageItem, ToolCallStructuredOutput } from './item.ts';
import type { StreamEvent } from './stream-event.ts';
import type { UsageData } from './usage.ts';

/** `turn:kind:callId`, for example `2:tool:call_7`. Comes from the log, not from the order of user code. */
export type StepKey = string;

/** Which call of which step an event belongs to; every delta carries it. */
export interface StepRef {
  step: StepKey;
  attempt: number;
}

/** A model is about to be called. Durable before the request leaves. */
export interface ModelCalled extends StepRef {
  type: 'model.called';
  agent: string;
  /** Of a run that is kept in a store: a hash over all items of the input, which grows with each new one. */
  inputHash?: string;
}

/**
 * A piece of a model's stream. `raw` is the provider's event, unchanged; `text` a piece of the answer. Where the text only repeats what
 * `raw` says, `echo` says on which side of it the model gave it, and the text is stored once, here, as `text`.
 */
export interface ModelDelta extends StepRef {
  type: 'model.delta';
  text?: string;
  itemId?: string;
  raw?: unknown;
  /** Which wire `raw` was read from, where the model says so. */
  source?: string;
  echo?: 'before' | 'after';
}

/** A part of a model's stream that is neither a plain text delta nor a plain provider event: kept whole. */
export interface ModelPart extends StepRef {
  type: 'model.part';
  part: StreamEvent;
}

/** A model's response, complete. `streamed` says whether parts of it are in the log before. */
export interface ModelReturned extends StepRef {
  type: 'model.returned';
  output: AgentOutputItem[];
  usage: UsageData;
  streamed: boolean;
  responseId?: string;
  requestId?: string;
  /** Present when the response itself carried any: kept for the raw response. */
  providerData?: Record<string, unknown>;
  rawUsage?: Record<string, unknown>;
  /** The stream event that completed the response said more than the fields above: kept whole. */
  done?: StreamEvent;
}

/** A model call ended without a response: failed (and may be tried again), or was stopped. */
export interface ModelStopped extends StepRef {
  type: 'model.stopped';
  error: SerializedError;
  /** What the assistant had said by then. */
  partial?: AssistantMessageItem;
  usage?: UsageData;
}

/** A step is tried again. Readers that showed text of attempt `supersedes` drop it. */
export interface StepAttempt extends StepRef {
  type: 'step.attempt';
  of: 'model' | 'tool';
  supersedes: number;
  delayMs: number;
  /** Why, in the words of the policy that decided. */
  reason?: string;
}

/** A tool's function is about to be called. Durable before it is. */
export interface ToolCalled extends StepRef {
  type: 'tool.called';
  callId: string;
  tool: string;
  arguments: string;
  effects: ToolEffects;
  idempotencyKey: string;
}

export type ToolEffects = 'pure' | 'idempotent' | 'once';

/** A tool's function returned or failed. What the model is told is the `tool_output` item that follows, in call order. */
export interface ToolReturned extends StepRef {
  type: 'tool.returned';
  callId: string;
  tool: string;
  /** What the model is told, as text. Absent when the call was given up, or ends the run. */
  output?: string;
  /** What the model is told, where it is more than a text. */
  content?: ToolCallStructuredOutput[];
  /** What the model is told, of a call that is no function's. `output` is empty then. */
  item?: AgentItem;
  error?: SerializedError;
  /** What the tool's `customDataExtractor` gave. */
  customData?: CustomData;
}

/** What an application wants to know of a call and the model is not told. */
export type CustomData = { readonly [key: string]: Json | undefined };

/** What a tool guardrail wants done: go on; tell the model `message` instead; or fail the run. */
export type ToolGuardrailBehavior =
  | { type: 'allow' }
  | { type: 'rejectContent'; message: string }
  | { type: 'throwException' };

/**
 * A guardrail of a tool has given its verdict on one call: on its input before `tool.called`, on its output together with `tool.returned`. A call whose input was
 * rejected has neither of the two.
 */
export interface ToolChecked extends StepRef {
  type: 'tool.checked';
  kind: 'input' | 'output';
  /** `approval`: before anybody was asked about the call. */
  before: 'approval' | 'call' | 'output';
  callId: string;
  tool: string;
  guardrail: string;
  behavior: ToolGuardrailBehavior;
  /** What the guardrail said, when JSON can carry it. */
  info?: Json;
}

/** What a tool's function says while it works. Never part of the conversation. */
export interface ToolProgress extends StepRef {
  type: 'tool.progress';
  callId: string;
  tool?: string;
  agent?: string;
  data: Json;
  /** Why `data` is not all of it: it was too large, or JSON cannot carry it. */
  omitted?: 'size' | 'not_json';
  /** How many before this one were left out, because they came faster than the cap. */
  skipped?: number;
}

/** A crash left a call that may not be repeated without its outcome. */
export interface ToolOutcomeUnknown extends StepRef {
  type: 'tool.outcome_unknown';
  callId: string;
  tool: string;
}
