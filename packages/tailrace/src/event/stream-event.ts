import type { AgentOutputItem, ProviderData } from './item.ts';
import type { UsageData } from './usage.ts';

/** A model's response began. */
export interface StreamEventResponseStarted {
  type: 'response_started';
  providerData?: ProviderData;
}

/** A piece of the assistant's text. */
export interface StreamEventTextStream {
  type: 'output_text_delta';
  delta: string;
  itemId?: string;
  providerData?: ProviderData;
}

/** A model's response as it ended: the whole output and what it used. */
export interface StreamEventResponseCompleted {
  type: 'response_done';
  response: {
    id: string;
    output: AgentOutputItem[];
    usage: UsageData;
    requestId?: string;
    rawUsage?: Record<string, unknown>;
    providerData?: ProviderData;
  };
  providerData?: ProviderData;
}

/** An event of the provider, unchanged. */
export interface StreamEventGenericItem {
  type: 'model';
  event: unknown;
  providerData?: ProviderData;
}

/** What a streaming model yields. */
export type StreamEvent =
  | StreamEventResponseStarted
  | StreamEventTextStream
  | StreamEventResponseCompleted
  | StreamEventGenericItem;
export type ResponseStreamEvent = StreamEvent;
