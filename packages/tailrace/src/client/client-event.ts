/** The events of a run as clients get them (`view=client`): a closed union, JSON only. Sequence numbers have gaps where something is left out. */

export interface ClientUsage {
  requests?: number;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
}

export interface ClientError {
  code: string;
  message: string;
  retryable: boolean;
}

export interface ClientContent {
  type: string;
  text?: string;
  refusal?: string;
  [more: string]: unknown;
}

/** What was said or done. Arguments and outputs are there only where the tool allows it. */
export type ClientItem =
  | { type: 'message'; role: 'user' | 'assistant' | 'system'; id?: string; content: string | ClientContent[] }
  | { type: 'function_call'; id?: string; callId: string; name: string; arguments?: string }
  | { type: 'function_call_result'; id?: string; callId: string; name: string; status?: string; output?: unknown };

interface Step {
  step: string;
  attempt: number;
}

type ClientBody =
  | { type: 'run.started'; v: number; agent: string; input: unknown; sessionId?: string; metadata?: unknown }
  | { type: 'run.suspended'; waitsFor: 'approval' | 'input' | 'timer'; calls?: string[]; wakeAt?: number }
  | { type: 'run.resumed'; by: string }
  | { type: 'run.completed'; agent: string; output: string; usage: ClientUsage }
  | { type: 'run.failed'; error: ClientError; usage: ClientUsage }
  | { type: 'run.cancelled'; reason: string; mode: 'immediate' | 'after_turn'; usage: ClientUsage }
  | { type: 'agent.started' | 'agent.ended'; agent: string }
  | { type: 'turn.started'; turn: number; agent: string }
  | { type: 'turn.ended'; turn: number; outcome: 'final' | 'handoff' | 'again' }
  | ({ type: 'model.called'; agent: string } & Step)
  | ({ type: 'model.delta'; text: string } & Step)
  /** A step is tried again: text of attempt `supersedes` was taken back. */
  | ({ type: 'step.attempt'; of: 'model' | 'tool'; supersedes: number } & Step)
  | { type: 'item.added'; kind: string; agent: string; item: ClientItem; target?: string }
  | ({ type: 'tool.called' | 'tool.returned'; callId: string; tool: string } & Step)
  | ({ type: 'tool.progress'; callId: string; data: unknown } & Step)
  | { type: 'handoff.occurred'; from: string; to: string }
  | { type: 'approval.requested'; callId: string; tool: string; agent: string; arguments?: string; expiresAt?: number }
  | { type: 'approval.decided'; callId: string; approved: boolean; expired?: boolean }
  | { type: 'input.received'; items: unknown[] }
  | { type: 'cancel.requested'; mode: 'immediate' | 'after_turn'; reason: string }
  | { type: 'output.blocked' }
  | { type: 'log.pruned'; from: number; to: number };

/** An event with its place: `id` is the position to come back with. */
export type ClientRunEvent = ClientBody & { run: string; seq: number; epoch: number; at: number; id?: string };

/** In place of all events before it: what the reader had is not what the run is now, or was pruned. */
export interface ClientSnapshot {
  type: 'snapshot';
  run: string;
  next: number;
  agent?: string;
  input: unknown;
  items: { kind: string; agent: string; item: ClientItem }[];
  open?: Step & { text: string };
  suspended: boolean;
  ended?: {
    type: 'run.completed' | 'run.failed' | 'run.cancelled';
    output?: string;
    error?: ClientError;
    reason?: string;
  };
  position?: string;
}

export type ClientEvent = ClientRunEvent | ClientSnapshot;
