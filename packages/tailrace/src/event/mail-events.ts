/** Events about what a run hears from outside while it is under way: decisions, input, and what it could not use. */
import type { Json } from '../base/json.ts';
import type { AgentInputItem } from './item.ts';
import type { StepRef } from './step-events.ts';

/** A call waits for somebody's decision. Durable before anybody can decide. */
export interface ApprovalRequested {
  type: 'approval.requested';
  /** The call's step: a call id alone may come again in a later turn. */
  step: string;
  callId: string;
  /** With its namespace: `crm.look`. */
  tool: string;
  /** Of a tool that is in one. Logs of earlier versions have none, and the bare name in `tool`. */
  namespace?: string;
  agent: string;
  arguments: string;
  /** Of the canonical arguments: what is decided about is what runs. */
  argumentsHash: string;
  /** Wall clock: from then on the call counts as rejected. */
  expiresAt?: number;
}

/** The first decision about a call, or that its time is over. There is no second one. */
export interface ApprovalDecided {
  type: 'approval.decided';
  callId: string;
  /** The call's step, as `approval.requested` says it. Absent in older logs: the last call of that id. */
  step?: string;
  approved: boolean;
  by?: string;
  /** What the model is told of a rejection. */
  message?: string;
  /** Holds for all later calls of the same tool by the same agent. */
  always?: boolean;
  /** Nobody decided in time. */
  expired?: boolean;
  /** The message's place in the mailbox. */
  mail?: number;
}

/** A call's function has returned, and what it comes to is still to come: from outside, or with time. Durable before anybody can answer. */
export interface WaitStarted extends StepRef {
  type: 'wait.started';
  callId: string;
  tool: string;
  agent: string;
  for: 'input' | 'timer';
  /** What is asked, for whoever answers. */
  prompt?: Json;
  /** Wall clock: when it is over without an answer. */
  until?: number;
  /** The call's output then. */
  output?: Json;
}

/** The first answer to a call that waits, or that its time has come. There is no second one. */
export interface WaitEnded {
  type: 'wait.ended';
  step: string;
  callId: string;
  /** `expired`: nobody answered in time. */
  how: 'answered' | 'expired' | 'fired';
  /** The call's output. */
  output: Json;
  by?: string;
  /** The message's place in the mailbox. */
  mail?: number;
}

/** A call that waits for an answer, or for its time. */
export type PendingWait = Pick<WaitStarted, 'step' | 'callId' | 'tool' | 'agent' | 'for' | 'prompt' | 'until'>;

export function pendingWaitOf({ step, callId, tool, agent, for: what, prompt, until }: WaitStarted): PendingWait {
  return {
    step,
    callId,
    tool,
    agent,
    for: what,
    ...(prompt !== undefined && { prompt }),
    ...(until !== undefined && { until }),
  };
}

/** Input came from outside while the run was under way. It joins the conversation before the next turn. */
export interface InputReceived {
  type: 'input.received';
  items: AgentInputItem[];
  mail: number;
}

/** A message in the mailbox that changes nothing, and why. */
export interface MailIgnored {
  type: 'mail.ignored';
  mail: number;
  id: string;
  why: 'unknown' | 'decided' | 'expired' | 'stopping' | 'invalid';
}
