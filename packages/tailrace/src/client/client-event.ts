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
}

/** What was said or done. Arguments and outputs are there only where the tool allows it. */
export type ClientItem =
  | {
      type: 'message';
      role: 'user' | 'assistant' | 'system';
      id?: string | undefined;
      content: string | readonly ClientContent[];
    }
  | { type: 'function_call'; id?: string | undefined; callId: string; name: string; arguments?: string }
  | {
      type: 'function_call_result';
      id?: string | undefined;
      callId: string;
      name: string;
      status?: string;
      output?: unknown;
    };

/** A call that waits for a decision. */
export interface ClientApproval {
  callId: string;
  /** The call's place in the run, by which it can be decided about, too: the id of a call may come again. */
  step: string;
  tool: string;
  agent: string;
  arguments?: string;
  /** Wall clock: from then on the call counts as rejected. */
  expiresAt?: number | undefined;
}

/** A call that waits for an answer, or for its time. */
export interface ClientWait {
  callId: string;
  step: string;
  tool: string;
  agent: string;
  for: 'input' | 'timer';
  /** What is asked, for whoever answers. */
  prompt?: unknown;
  /** Wall clock: when it is over without an answer. */
  until?: number | undefined;
}

/** Which attempt of which step an event belongs to. */
interface Step {
  step: string;
  attempt: number;
}

/** What an event says, without its place. */
export type ClientEventBody =
  | {
      type: 'run.started';
      v: number;
      agent: string;
      input: unknown;
      sessionId?: string | undefined;
      metadata?: unknown;
    }
  | {
      type: 'run.suspended';
      waitsFor: 'approval' | 'input' | 'timer';
      calls?: string[] | undefined;
      wakeAt?: number | undefined;
    }
  | { type: 'run.resumed'; by: 'submit' | 'approval' | 'input' | 'timer' | 'handover' | 'takeover' }
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
  | { type: 'item.added'; kind: string; agent: string; item: ClientItem; target?: string | undefined }
  | ({ type: 'tool.called' | 'tool.returned'; callId: string; tool: string } & Step)
  | ({ type: 'tool.progress'; callId: string; data: unknown } & Step)
  | { type: 'handoff.occurred'; from: string; to: string }
  | ({ type: 'approval.requested' } & ClientApproval)
  | {
      type: 'approval.decided';
      callId: string;
      step?: string | undefined;
      approved: boolean;
      expired?: boolean | undefined;
    }
  | ({ type: 'wait.started' } & ClientWait)
  | { type: 'wait.ended'; step: string; callId: string; how: 'answered' | 'expired' | 'fired' }
  | { type: 'input.received'; items: readonly unknown[] }
  | { type: 'cancel.requested'; mode: 'immediate' | 'after_turn'; reason: string }
  /** `message` takes the place of the outputs of these calls. */
  | { type: 'output.blocked'; calls?: string[] | undefined; message?: string | undefined }
  | { type: 'log.pruned'; from: number; to: number };

/** An event with its place: `id` is the position to come back with. */
export type ClientRunEvent = ClientEventBody & { run: string; seq: number; epoch: number; at: number; id?: string };
