/** A run as the `response` object of the OpenAI Responses API (platform.openai.com/docs/api-reference/responses/object). */
import type { TerminalEvent } from '../../event/run-event.ts';
import type { UsageData } from '../../event/usage.ts';
import type { DeadAttempts } from '../dead-attempts.ts';

export interface WireResponse {
  id: string;
  object: 'response';
  created_at: number;
  status: 'in_progress' | 'completed' | 'failed' | 'incomplete' | 'cancelled';
  model: string;
  output: object[];
  error: { code: string; message: string } | null;
  incomplete_details: { reason: string } | null;
  usage: object | null;
  [more: string]: unknown;
}

export interface ResponseFacts {
  id: string;
  createdAt: number;
  /** Nobody was to wait for it. */
  background: boolean;
  agent: string;
  previous: string | undefined;
  conversation: string | undefined;
  metadata: object;
}

export interface ResponsesTellingOptions {
  /** Which stretch between two waits is told, from 0. */
  segment?: number;
  /** The first frame that is sent: the reader has those before. */
  from?: number;
  /** Attempts that were void when the reader came. */
  dead?: DeadAttempts;
  /** The reader may decide about calls: they see the arguments that they decide about. */
  decides?: boolean;
}

export function responseObject(facts: ResponseFacts, output: object[], status: WireResponse['status']): WireResponse {
  const { id, createdAt, background, agent, previous, conversation, metadata } = facts;
  return {
    id,
    object: 'response',
    created_at: Math.floor(createdAt / 1_000),
    status,
    background,
    model: agent,
    output,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    metadata,
    parallel_tool_calls: true,
    previous_response_id: previous ?? null,
    ...(conversation !== undefined && { conversation: { id: conversation } }),
    reasoning: null,
    store: true,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: null,
    user: null,
  };
}

/** The object that a run's end comes to. */
export function endedResponse(facts: ResponseFacts, output: object[], end: TerminalEvent): WireResponse {
  const usage = wireUsage(end.usage);
  switch (end.type) {
    case 'run.completed':
      return { ...responseObject(facts, output, 'completed'), completed_at: Math.floor(end.at / 1_000), usage };
    case 'run.cancelled':
      return { ...responseObject(facts, output, 'cancelled'), usage };
    case 'run.failed':
      return failedResponse(facts, output, end.error.code, usage);
  }
}

export function failedResponse(
  facts: ResponseFacts,
  output: object[],
  code: string,
  usage: object | null = null,
): WireResponse {
  return { ...responseObject(facts, output, 'failed'), error: { code, message: `The run failed (${code}).` }, usage };
}

export function wireUsage({
  inputTokens,
  outputTokens,
  totalTokens,
  inputTokensDetails,
  outputTokensDetails,
}: UsageData): object {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: sum(inputTokensDetails, 'cached_tokens'), cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: sum(outputTokensDetails, 'reasoning_tokens') },
    total_tokens: totalTokens,
  };
}

function sum(details: UsageData['inputTokensDetails'], name: string): number {
  const all = details === undefined ? [] : Array.isArray(details) ? details : [details];
  return all.reduce((total, each) => total + (each[name] ?? 0), 0);
}
