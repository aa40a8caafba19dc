/** A run for somebody who looks at it. */
import type { ClientApproval, ClientError, ClientWait } from './client-event.ts';

export type RunViewStatus = 'idle' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

export interface ViewedCall {
  callId: string;
  tool: string;
  state: 'called' | 'running' | 'returned';
  arguments?: string;
  output?: unknown;
  progress?: unknown;
}

export interface ViewedMessage {
  role: 'user' | 'assistant';
  text: string;
}

export interface RunView {
  run: string | undefined;
  status: RunViewStatus;
  agent: string | undefined;
  /** What has been said, whole messages. */
  messages: readonly ViewedMessage[];
  /** What the model is saying now. It may be taken back, and goes into `messages` when it is whole. */
  text: string;
  calls: readonly ViewedCall[];
  /** Calls that wait for a decision. */
  approvals: readonly ClientApproval[];
  /** Calls that wait for an answer, or for their time. */
  waits: readonly ClientWait[];
  output: string | undefined;
  error: ClientError | undefined;
  reason: string | undefined;
}
