/** The events of AG-UI 1.0 that a run is told in. Types only, by their shape: no package is needed to write them. */
import type { Json } from '../../base/json.ts';

/** What a run needs from outside before it can go on. */
export interface AgUiInterrupt {
  id: string;
  reason: 'tool_approval' | 'input_required' | 'timer';
  message?: string;
  toolCallId?: string;
  responseSchema?: { [key: string]: Json };
  /** ISO 8601. */
  expiresAt?: string;
  metadata?: { [key: string]: Json | undefined };
}

export interface AgUiUsage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
}

interface AgUiRun {
  threadId: string;
  runId: string;
}

export type AgUiEvent =
  | ({ type: 'RUN_STARTED'; protocolVersion: '1.0' } & AgUiRun)
  | ({ type: 'RUN_FINISHED'; result?: unknown; outcome: { type: 'success' }; usage?: AgUiUsage[] } & AgUiRun)
  | ({ type: 'RUN_FINISHED'; outcome: { type: 'cancelled' }; usage?: AgUiUsage[] } & AgUiRun)
  | ({ type: 'RUN_FINISHED'; outcome: { type: 'interrupt'; interrupts: AgUiInterrupt[] } } & AgUiRun)
  | { type: 'RUN_ERROR'; message: string; code: string; usage?: AgUiUsage[] }
  | { type: 'STEP_STARTED' | 'STEP_FINISHED'; stepName: string }
  | { type: 'TEXT_MESSAGE_START'; messageId: string; role: 'assistant' }
  | { type: 'TEXT_MESSAGE_CONTENT'; messageId: string; delta: string }
  | { type: 'TEXT_MESSAGE_END'; messageId: string }
  | { type: 'TOOL_CALL_START'; toolCallId: string; toolCallName: string }
  | { type: 'TOOL_CALL_ARGS'; toolCallId: string; delta: string }
  | { type: 'TOOL_CALL_END'; toolCallId: string }
  | { type: 'TOOL_CALL_RESULT'; messageId: string; toolCallId: string; content: string; role: 'tool' }
  | { type: 'REASONING_START' | 'REASONING_MESSAGE_END' | 'REASONING_END'; messageId: string }
  | { type: 'REASONING_MESSAGE_START'; messageId: string; role: 'reasoning' }
  | { type: 'REASONING_MESSAGE_CONTENT'; messageId: string; delta: string }
  | { type: 'CUSTOM'; name: string; value: unknown };
