/** Events about what a run hears from outside while it is under way: decisions, input, and what it could not use. */
import type { AgentInputItem } from './item.ts';

/** A call waits for somebody's decision. Durable before anybody can decide. */
export interface ApprovalRequested {
  type: 'approval.requested';
  /** The call's step: a call id alone may come again in a later turn. */
  step: string;
  callId: string;
  tool: string;
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
