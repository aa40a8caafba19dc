/**
 * The chunks of the AI SDK's UI message stream, version 1, that a run is told in. Types only, by their shape: no package is needed to write them.
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */

export type UiFinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other';

/** How far a tool has come, as the tool says it: the part `data-tool-progress` of the message, one for each call, the latest wins. */
export interface UiToolProgress {
  toolCallId: string;
  toolName?: string;
  data: unknown;
}

/** What a call asks the user: the part `data-question` of the message. `until` is the wall clock's, in milliseconds: then it is over without an answer. */
export interface UiQuestion {
  toolCallId: string;
  toolName: string;
  prompt?: unknown;
  until?: number;
}

export type UiMessageChunk =
  | { type: 'start'; messageId?: string }
  | { type: 'start-step' }
  | { type: 'finish-step' }
  /** Takes back all parts since `start-step`: another attempt takes their place. */
  | { type: 'reset-step' }
  | { type: 'text-start'; id: string }
  | { type: 'text-delta'; id: string; delta: string }
  | { type: 'text-end'; id: string }
  | { type: 'reasoning-start'; id: string }
  | { type: 'reasoning-delta'; id: string; delta: string }
  | { type: 'reasoning-end'; id: string }
  | { type: 'file'; url: string; mediaType: string }
  | { type: 'tool-input-start'; toolCallId: string; toolName: string; dynamic?: boolean; providerExecuted?: boolean }
  | {
      type: 'tool-input-available';
      toolCallId: string;
      toolName: string;
      input: unknown;
      dynamic?: boolean;
      providerExecuted?: boolean;
    }
  | { type: 'tool-approval-request'; approvalId: string; toolCallId: string }
  | { type: 'tool-approval-response'; approvalId: string; approved: boolean; reason?: string }
  | {
      type: 'tool-output-available';
      toolCallId: string;
      output: unknown;
      dynamic?: boolean;
      providerExecuted?: boolean;
    }
  | { type: 'tool-output-error'; toolCallId: string; errorText: string; dynamic?: boolean }
  | { type: 'tool-output-denied'; toolCallId: string }
  | { type: 'data-tool-progress'; id: string; data: UiToolProgress }
  | { type: 'data-question'; id: string; data: UiQuestion }
  | { type: 'error'; errorText: string }
  | { type: 'abort'; reason?: string }
  | { type: 'finish'; finishReason?: UiFinishReason };
