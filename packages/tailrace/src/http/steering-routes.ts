/** What a client may do to a run that is under way: stop it, decide about its calls, answer them, tell it more. All of it goes through the run's mailbox. */
import type { Json } from '../base/json.ts';
import { readJson } from './body.ts';
import { clientInput } from './client-input.ts';
import { booleanField, onlyFields, textField } from './fields.ts';
import { HttpError } from './http-error.ts';
import { empty, json, type Reply } from './reply.ts';
import type { Call } from './route.ts';

/** `POST runs/:id/cancel`, with or without a body. */
export async function cancelRun({ service, request, params }: Call): Promise<Reply> {
  const { started } = await service.access.run(request, 'cancel', params['id'] ?? '');
  const body = request.headers.get('content-type') === null ? {} : await readJson(request, service.limits);
  onlyFields(body, ['reason', 'mode']);
  const reason = textField(body, 'reason') ?? 'cancelled by the client';
  const mode = textField(body, 'mode') ?? 'immediate';
  if (mode !== 'immediate' && mode !== 'after_turn')
    throw new HttpError('BODY_INVALID', `'mode' must be 'immediate' or 'after_turn'.`);
  await service.runtime.cancel(started.run, { reason, mode });
  return json(202, { id: started.run });
}

/** `POST runs/:id/approvals/:callId`. */
export async function decideCall({ service, request, params }: Call): Promise<Reply> {
  const { principal, started } = await service.access.run(request, 'approve', params['id'] ?? '');
  const body = await readJson(request, service.limits);
  onlyFields(body, ['approved', 'message', 'always']);
  const approved = booleanField(body, 'approved');
  if (approved === undefined) throw new HttpError('BODY_INVALID', `'approved' must be true or false.`);
  const message = textField(body, 'message');
  const always = booleanField(body, 'always');
  const decision = {
    by: principal.id,
    ...(message !== undefined && { message }),
    ...(always !== undefined && { always }),
  };
  const callId = params['callId'] ?? '';
  if (approved) await service.runtime.approve(started.run, callId, decision);
  else await service.runtime.reject(started.run, callId, decision);
  return json(200, { id: started.run, callId, approved });
}

/** `POST runs/:id/answers/:callId`. */
export async function answerCall({ service, request, params }: Call): Promise<Reply> {
  const { principal, started } = await service.access.run(request, 'input', params['id'] ?? '');
  const body = await readJson(request, service.limits);
  onlyFields(body, ['answer', 'messageId']);
  if (!Object.hasOwn(body, 'answer')) throw new HttpError('BODY_INVALID', `'answer' must be there: any JSON.`);
  const messageId = textField(body, 'messageId', 128);
  const callId = params['callId'] ?? '';
  await service.runtime.input(started.run, body['answer'] as Json, {
    callId,
    by: principal.id,
    ...(messageId !== undefined && { messageId }),
  });
  return json(200, { id: started.run, callId });
}

/** `POST runs/:id/input`. */
export async function sendInput({ service, request, params }: Call): Promise<Reply> {
  const { started } = await service.access.run(request, 'input', params['id'] ?? '');
  const body = await readJson(request, service.limits);
  onlyFields(body, ['input', 'messageId']);
  const input = clientInput(body['input']);
  const messageId = textField(body, 'messageId', 128);
  await service.runtime.input(started.run, input, messageId === undefined ? {} : { messageId });
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
