/**
 * What `useChat` of the AI SDK talks to: `POST chat`, `GET chat/:id/stream`, `POST chat/:id/stop`. A chat is a session of the server; of what the client sends, only what
 * is new counts.
 */
import type { Json } from '../../base/json.ts';
import { answerUnderWay, stopUnderWay } from '../conversation-routes.ts';
import { type LatestRun, latestRun, latestSummary } from '../conversation.ts';
import { bodyOf } from '../fields.ts';
import { HttpError } from '../http-error.ts';
import type { Principal } from '../options.ts';
import { redactionOf } from '../redacted.ts';
import type { Reply } from '../reply.ts';
import type { Call } from '../route.ts';
import { openStream } from '../run-stream.ts';
import type { StartedRun } from '../access.ts';
import { sessionKey } from '../session-key.ts';
import { begin, onlyAgent } from '../submit-route.ts';
import { NO_EDITS, uiInput, type UiAnswer } from './ui-input.ts';
import { UiTelling } from './ui-telling.ts';

interface ChatRequest {
  id: string;
  messages: unknown[];
  messageId?: string | null;
  agent?: string;
  metadata?: Json;
}

export async function postChat(call: Call): Promise<Reply> {
  const { service, request } = call;
  const body = await bodyOf<ChatRequest>(call);
  const { id: sessionId, metadata } = body;
  const { messages, answers, resent } = uiInput(body.messages, body.messageId);
  const principal = await service.access.principal(request, { action: 'run', sessionId });
  const key = sessionKey(principal, sessionId);
  if (messages.length === 0) return decided(call, await latestRun(call, 'approve', principal, key), answers);
  // The id of an answer is its run's.
  if (resent && ((await latestSummary(call, principal, key))?.id ?? resent.after) !== resent.after)
    throw new HttpError('BODY_INVALID', NO_EDITS);
  const agent = body.agent ?? onlyAgent(service);
  const started = await begin(call, principal, {
    agent,
    input: messages,
    options: { sessionId: key, ...(metadata !== undefined && { metadata }) },
    onDisconnect: service.limits.onDisconnect,
  });
  return follow(call, principal, started, { from: 0, waits: 0 });
}

export async function getChat(call: Call): Promise<Reply> {
  return answerUnderWay(call, 'id', follow);
}

export async function stopChat(call: Call): Promise<Reply> {
  return stopUnderWay(call, 'id');
}

async function decided(call: Call, found: LatestRun | undefined, answers: readonly UiAnswer[]): Promise<Reply> {
  if (!found) throw new HttpError('NOT_FOUND', 'There is no such chat.');
  const { started, principal } = found;
  if (answers.some(({ kind }) => kind === 'output')) await call.service.access.run(call.request, 'input', started.run);
  const acts = answers.flatMap((answer) => actOf(call, found, answer) ?? []);
  if (acts.length === 0)
    throw new HttpError('BODY_INVALID', `The last of 'messages' must be the user's, or decide about what waits.`);
  // Together: between two of them the run would go on, and come to wait for the second.
  await Promise.all(acts.map(async (act) => act()));
  return follow(call, principal, started, found);
}

/** What an answer does. Undefined for one that says nothing new. @throws HttpError NOT_FOUND for a call that nobody asked about */
function actOf(call: Call, found: LatestRun, answer: UiAnswer): (() => Promise<void>) | undefined {
  const { runtime } = call.service;
  const { started, principal, folded, inputs } = found;
  const { run } = started;
  const by = principal.id;
  if (answer.kind === 'output') {
    const wait = inputs.find(({ callId, step }) => callId === answer.toolCallId || step === answer.toolCallId);
    return wait && (() => runtime.input(run, answer.output, { callId: wait.callId, step: wait.step, by }));
  }
  const { approvalId, toolCallId, approved, reason } = answer;
  const all = [...folded.approvals.values()];
  const asked = folded.approvals.get(approvalId) ?? all.find(({ requested }) => requested.callId === approvalId);
  const { requested, decided: known } = asked ?? {};
  if (!requested || (toolCallId !== requested.callId && toolCallId !== requested.step))
    throw new HttpError('NOT_FOUND', 'Nobody asks for a decision about that call.');
  // Sent again, because other calls of the message were decided about since.
  if (known?.approved === approved) return undefined;
  const decision = { by, ...(reason !== undefined && { message: reason }) };
  // The step, because the id of a call may come again.
  const { step } = requested;
  return () => (approved ? runtime.approve(run, step, decision) : runtime.reject(run, step, decision));
}

async function follow(
  call: Call,
  principal: Principal,
  started: StartedRun,
  { from, waits }: { from: number; waits: number },
): Promise<Reply> {
  const { service, request } = call;
  const decides = await service.access.still(request, { action: 'approve', runId: started.run }, principal);
  return openStream({
    service,
    request,
    principal,
    action: 'read',
    started,
    telling: new UiTelling(redactionOf(service, decides), waits),
    from,
  });
}
