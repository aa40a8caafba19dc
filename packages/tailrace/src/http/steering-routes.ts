/** What a client may do to a run that is under way: stop it, decide about its calls, answer them, tell it more. All of it goes through the run's mailbox. */
import type { Json } from '../base/json.ts';
import { isAgentsError } from '../event/errors.ts';
import type { UserMessageItem } from '../event/item.ts';
import { bodyOf, pathText } from './fields.ts';
import { HttpError } from './http-error.ts';
import { empty, json, type Reply } from './reply.ts';
import type { Call } from './route.ts';

interface CancelRequest {
  reason?: string;
  mode?: 'immediate' | 'after_turn';
}

interface Decision {
  approved: boolean;
  message?: string;
  always?: boolean;
}

interface CallAnswer {
  answer: Json;
  messageId?: string;
}

interface InputRequest {
  input: string | UserMessageItem[];
  messageId?: string;
}

/** `POST runs/:id/cancel`, with or without a body. */
export async function cancelRun(call: Call): Promise<Reply> {
  const { service, request, params } = call;
  const { started } = await service.access.run(request, 'cancel', params['id'] ?? '');
  const { reason = 'cancelled by the client', mode = 'immediate' } = await bodyOf<CancelRequest>(call);
  await service.runtime.cancel(started.run, { reason, mode });
  return json(202, { id: started.run });
}

/** `POST runs/:id/approvals/:callId`. */
export async function decideCall(call: Call): Promise<Reply> {
  const { service, request, params } = call;
  const { principal, started } = await service.access.run(request, 'approve', params['id'] ?? '');
  const { approved, ...said } = await bodyOf<Decision>(call);
  const decision = { ...said, by: principal.id };
  const callId = pathText(call, 'callId');
  if (approved) await service.runtime.approve(started.run, callId, decision);
  else await service.runtime.reject(started.run, callId, decision);
  return json(200, { id: started.run, callId, approved });
}

/** `POST runs/:id/answers/:callId`. */
export async function answerCall(call: Call): Promise<Reply> {
  const { service, request, params } = call;
  const { principal, started } = await service.access.run(request, 'input', params['id'] ?? '');
  const { answer, ...more } = await bodyOf<CallAnswer>(call);
  const callId = pathText(call, 'callId');
  await service.runtime.input(started.run, answer, { ...more, callId, by: principal.id });
  return json(200, { id: started.run, callId });
}

/** `POST runs/:id/input`. */
export async function sendInput(call: Call): Promise<Reply> {
  const { service, request, params } = call;
  const { started } = await service.access.run(request, 'input', params['id'] ?? '');
  const { input, ...more } = await bodyOf<InputRequest>(call);
  try {
    await service.runtime.input(started.run, input, more);
  } catch (error) {
    if (!isAgentsError(error) || error.code !== 'MAILBOX_FULL') throw error;
    throw new HttpError('LIMIT_REACHED', error.message, { headers: { 'retry-after': '5' } });
  }
  return json(202, { id: started.run });
}

/** `DELETE runs/:id`: a run that has ended, with its log. */
export async function deleteRun({ service, request, params }: Call): Promise<Reply> {
  const { started } = await service.access.run(request, 'delete', params['id'] ?? '');
  const head = await service.runtime.store.head(started.run);
  if (head?.ended !== true) throw new HttpError('RUN_OPEN', 'The run has not ended. Cancel it first.');
  await service.runtime.store.delete(started.run);
  return empty(204);
}
