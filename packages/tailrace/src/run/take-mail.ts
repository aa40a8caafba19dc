/** What a message from outside does to a run that is under way. */
import type { CancelMode } from '../event/run-event.ts';
import type { ApprovalDecided, InputReceived, MailIgnored, WaitEnded } from '../event/mail-events.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { StoredMessage } from '../port/log-store.ts';
import type { Json } from '../base/json.ts';
import { asItems } from './conversation.ts';
import { checkInput } from './input.ts';
import { DEFAULTS } from './options.ts';
import type { RunScope } from './scope.ts';

/** Every message leaves a trace in the log, also one that changes nothing: nobody takes it a second time. */
export function takeMail(run: RunScope, message: StoredMessage): void {
  const body = (typeof message.body === 'object' && message.body !== null ? message.body : {}) as Body;
  const why = take(run, message, body);
  if (why === undefined) return;
  const ignored: MailIgnored = { type: 'mail.ignored', mail: message.position, id: message.id, why };
  run.inbox.push(ignored);
}

type Body = Readonly<Record<string, unknown>>;

function take(run: RunScope, message: StoredMessage, body: Body): MailIgnored['why'] | undefined {
  switch (message.kind) {
    case 'cancel':
      return takeCancel(run, message, body);
    case 'approval':
      return takeDecision(run, message, body);
    case 'input':
      return 'answer' in body ? takeAnswer(run, message, body) : takeInput(run, message);
  }
}

function takeCancel(
  run: RunScope,
  { position }: StoredMessage,
  { mode, reason }: Body,
): MailIgnored['why'] | undefined {
  const asked: CancelMode = mode === 'after_turn' ? 'after_turn' : 'immediate';
  return run.control.cancel({ mode: asked, reason }, position) ? undefined : 'stopping';
}

function takeDecision(run: RunScope, { position, at }: StoredMessage, body: Body): MailIgnored['why'] | undefined {
  const { callId, step, approved, by, message, always } = body;
  if (typeof callId !== 'string' || typeof approved !== 'boolean') return 'invalid';
  const about = typeof step === 'string' ? step : undefined;
  const problem = run.approvals.problem(callId, about, at);
  if (problem) return problem;
  const decided: ApprovalDecided = {
    type: 'approval.decided',
    callId,
    ...(about !== undefined && { step: about }),
    approved,
    ...(typeof by === 'string' && { by }),
    ...(typeof message === 'string' && { message }),
    ...(always === true && { always }),
    mail: position,
  };
  run.approvals.decide(decided);
  run.inbox.push(decided);
  run.inbox.ringAll();
  return undefined;
}

function takeAnswer(run: RunScope, { position, at }: StoredMessage, body: Body): MailIgnored['why'] | undefined {
  const { step, callId, answer, by } = body;
  if (typeof step !== 'string' || typeof callId !== 'string') return 'invalid';
  const problem = run.waits.problem(step, at);
  if (problem) return problem;
  const ended: WaitEnded = {
    type: 'wait.ended',
    step,
    callId,
    how: 'answered',
    output: answer as Json,
    ...(typeof by === 'string' && { by }),
    mail: position,
  };
  run.waits.end(ended);
  run.inbox.push(ended);
  run.inbox.ringAll();
  return undefined;
}

function takeInput(run: RunScope, { body, position }: StoredMessage): MailIgnored['why'] | undefined {
  const given: unknown = isWrapped(body) ? (body.items ?? body.text) : body;
  let items: AgentInputItem[];
  try {
    items = asItems(checkInput(given, run.plan.config.maxInputLength ?? DEFAULTS.maxInputLength));
  } catch {
    return 'invalid';
  }
  const received: InputReceived = { type: 'input.received', items, mail: position };
  run.received.push(...items);
  run.inbox.push(received);
  return undefined;
}

function isWrapped(body: unknown): body is { items?: unknown; text?: unknown } {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}
