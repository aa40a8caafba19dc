/** The OpenAI Responses API over runs: create, stream, come back, cancel. `model` names the agent; a response's id is its run's. */
import type { AgentInputItem } from '../../event/item.ts';
import type { RunEvent } from '../../event/run-event.ts';
import type { Json } from '../../base/json.ts';
import { readRun } from '../../log/read-run.ts';
import { lastSeq } from '../../port/pruned-range.ts';
import { snapshot } from '../../log/snapshot.ts';
import type { StartedRun } from '../access.ts';
import { waitsOf } from '../conversation.ts';
import { deadAttempts } from '../dead-attempts.ts';
import { bodyOf, queryNumber, queryText } from '../fields.ts';
import { HttpError } from '../http-error.ts';
import type { Principal } from '../options.ts';
import { json, type Reply } from '../reply.ts';
import type { Call } from '../route.ts';
import { openStream } from '../run-stream.ts';
import { clientSessionId, sessionKey } from '../session-key.ts';
import { settled } from '../settled.ts';
import { begin, onlyAgent } from '../submit-route.ts';
import type { ResponseFacts, WireResponse } from './response-object.ts';
import { type ResponsesInput, responsesInput } from './responses-input.ts';
import { ResponsesTelling } from './responses-telling.ts';

const PAGE = 1_000;

/** A response: a run, or a stretch of one that waited. */
interface Told {
  principal: Principal;
  started: StartedRun;
  segment: number;
}

interface ResponseRequest {
  model?: string;
  input: unknown;
  stream?: boolean | null;
  background?: boolean | null;
  previous_response_id?: string | null;
  conversation?: string | { id: string } | null;
  metadata?: Record<string, Json> | null;
}

export async function createResponse(call: Call): Promise<Reply> {
  const { service, request } = call;
  const body = await bodyOf<ResponseRequest>(call);
  const stream = body.stream === true;
  const background = body.background === true;
  const told = await toldBy(call, body, stream);
  if (stream) return streamReply(call, told, 0);
  if (!background) await settled(service, told.started.run, request.signal, told.segment);
  return json(200, await objectOf(call, told));
}

async function toldBy(call: Call, body: ResponseRequest, leavable: boolean): Promise<Told> {
  const { service, request } = call;
  const input = responsesInput(body.input);
  const { items } = input;
  const says = input.decisions.length + input.answers.length > 0;
  const { model, previous_response_id: previous, conversation, metadata } = body;
  if (typeof previous === 'string' && conversation != null)
    throw new HttpError(
      'BODY_INVALID',
      `'previous_response_id' and 'conversation' cannot be given together: each says what to go on from.`,
    );
  const before = typeof previous !== 'string' ? undefined : await responseAt(call, 'read', previous);
  if (before && says) return decided(call, before, input);
  if (says)
    throw new HttpError(
      'BODY_INVALID',
      `A decision or an output needs the 'previous_response_id' of the response that asks for it.`,
    );
  const sessionId = typeof conversation === 'object' ? conversation?.id : conversation;
  // Also of whoever may read the response before: to go on from it is to run an agent.
  const principal = await service.access.principal(request, {
    action: 'run',
    ...(sessionId !== undefined && { sessionId }),
  });
  const key = sessionId === undefined ? before?.started.sessionId : sessionKey(principal, sessionId);
  const history = before && key === undefined ? await historyOf(call, before.started.run) : [];
  const started = await begin(call, principal, {
    agent: model ?? onlyAgent(service),
    input: [...history, ...items],
    options: {
      ...(key !== undefined && { sessionId: key }),
      ...(metadata && { metadata }),
    },
    // Said of each that is not in the background: that is how they are told apart.
    ...(body.background !== true && { onDisconnect: leavable ? service.limits.onDisconnect : 'continue' }),
  });
  return { principal, started, segment: 0 };
}

/** What was said up to the end of a run that is not in a session. */
async function historyOf({ service }: Call, run: string): Promise<AgentInputItem[]> {
  const { input, items, ended } = await snapshot(service.runtime.store, run);
  if (!ended) throw new HttpError('RUN_OPEN', `The response ${run} has not ended.`);
  const given: AgentInputItem[] = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  return [...given, ...items.map(({ item }) => item)];
}

async function decided(call: Call, { started }: Told, { items, decisions, answers }: ResponsesInput): Promise<Told> {
  const { runtime, access } = call.service;
  const { run } = started;
  if (items.length > 0) throw new HttpError('BODY_INVALID', 'Send decisions and messages one after the other.');
  const { principal } = await access.run(call.request, decisions.length > 0 ? 'approve' : 'input', run);
  if (decisions.length > 0 && answers.length > 0) await access.run(call.request, 'input', run);
  const by = principal.id;
  const { waits } = waitsOf(await eventsOf(call, run));
  // Together: between two of them the run would go on, and come to wait for the second.
  await Promise.all([
    ...decisions.map(async ({ callId, approved, message }) => {
      const decision = { by, ...(message !== undefined && { message }) };
      await (approved ? runtime.approve(run, callId, decision) : runtime.reject(run, callId, decision));
    }),
    ...answers.map(async ({ callId, answer }) => runtime.input(run, answer, { callId, by })),
  ]);
  // What was decided about one by one has gone on before: the answer is what comes now.
  return { principal, started, segment: waits };
}

export async function getResponse(call: Call): Promise<Reply> {
  const told = await responseAt(call, 'read', call.params['id'] ?? '');
  if (queryText(call, 'stream') !== 'true') return json(200, await objectOf(call, told));
  const after = queryNumber(call, 'starting_after');
  if (after !== undefined && (await isPruned(call, told.started.run)))
    throw new HttpError('OFFSET_PRUNED', 'Parts of this stream were pruned. Read it whole, or retrieve the response.');
  if (after !== undefined) await checkSent(call, told, after);
  return streamReply(call, told, after === undefined ? 0 : after + 1);
}

/** @throws HttpError OFFSET_FUTURE for a frame that nobody can have */
async function checkSent(call: Call, told: Told, after: number): Promise<void> {
  const { store } = call.service.runtime;
  const telling = await tellingOf(call, told, after + 1);
  for (let from = 0; ;) {
    const page = await store.read(told.started.run, from, 1_000);
    const last = page.at(-1);
    if (!last || after < telling.count) break;
    for (const event of page) telling.tell(event);
    from = lastSeq(last) + 1;
  }
  if (after < telling.count) return;
  throw new HttpError('OFFSET_FUTURE', `The next event of this response will be ${telling.count}.`, {
    data: { next: telling.count },
  });
}

export async function cancelResponse(call: Call): Promise<Reply> {
  const told = await responseAt(call, 'cancel', call.params['id'] ?? '');
  await call.service.runtime.cancel(told.started.run, { reason: 'cancelled by the client' });
  await settled(call.service, told.started.run, call.request.signal, Infinity);
  return json(200, await objectOf(call, told));
}

/** A run's id, with `.n` behind it for the stretch after its n-th wait. @throws HttpError NOT_FOUND for a wait that there was not */
async function responseAt(call: Call, action: 'read' | 'cancel', id: string): Promise<Told> {
  const [, run = '', stretch = '0'] = /^([^.]*)(?:\.([1-9]\d{0,5}))?$/.exec(id) ?? [];
  const found = await call.service.access.run(call.request, action, run);
  const segment = Number(stretch);
  if (segment > 0 && segment > waitsOf(await eventsOf(call, run)).waits)
    throw new HttpError('NOT_FOUND', 'There is no such response.');
  return { ...found, segment };
}

async function tellingOf(
  { service, request }: Call,
  { principal, started, segment }: Told,
  from = 0,
): Promise<ResponsesTelling> {
  const { sessionId, metadata, run, at, registered, agent, onDisconnect } = started;
  const facts: ResponseFacts = {
    id: segment === 0 ? run : `${run}.${segment}`,
    createdAt: at,
    background: onDisconnect === undefined,
    agent: registered ?? agent,
    previous: segment === 0 ? undefined : segment === 1 ? run : `${run}.${segment - 1}`,
    conversation: sessionId === undefined ? undefined : clientSessionId(principal, sessionId),
    metadata: typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? metadata : {},
  };
  const dead = await deadAttempts(service.runtime.store, run);
  const decides = await service.access.still(request, { action: 'approve', runId: run }, principal);
  return new ResponsesTelling(facts, service.exposureOf, { segment, from, dead, decides });
}

async function streamReply(call: Call, told: Told, from: number): Promise<Reply> {
  const { service, request } = call;
  return openStream({
    service,
    request,
    principal: told.principal,
    action: 'read',
    started: told.started,
    telling: await tellingOf(call, told, from),
    from: 0,
  });
}

async function objectOf(call: Call, told: Told): Promise<WireResponse> {
  const telling = await tellingOf(call, told);
  const events = await eventsOf(call, told.started.run);
  if (events.at(-1)?.type === 'run.cancelled') return wholeOf(call, told, telling);
  for (const event of events) telling.tell(event);
  return telling.response;
}

/** With the pieces of an answer that was cut: no message holds them. */
async function wholeOf({ service }: Call, { started }: Told, telling: ResponsesTelling): Promise<WireResponse> {
  for (let from = 0; ;) {
    const page = await service.runtime.store.read(started.run, from, PAGE);
    for (const event of page) telling.tell(event);
    const last = page.at(-1);
    if (!last) return telling.response;
    from = lastSeq(last) + 1;
  }
}

async function eventsOf({ service }: Call, run: string): Promise<RunEvent[]> {
  const { store } = service.runtime;
  return readRun((from, limit) => store.read(run, from, limit));
}

async function isPruned(call: Call, run: string): Promise<boolean> {
  return (await eventsOf(call, run)).some(({ type }) => type === 'log.pruned');
}
