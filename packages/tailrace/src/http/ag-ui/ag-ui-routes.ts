/**
 * What AG-UI clients talk to: `POST ag-ui` or `POST ag-ui/:agent`, `GET ag-ui/:thread/stream`, `POST ag-ui/:thread/stop`. A thread is a session of the server; of what
 * the client sends, only what is new counts.
 */
import type { Runtime } from '../../runtime/runtime.ts';
import { answerUnderWay, stopUnderWay } from '../conversation-routes.ts';
import { type LatestRun, latestRun } from '../conversation.ts';
import { deadAttempts, withoutDead } from '../dead-attempts.ts';
import { bodyOf } from '../fields.ts';
import { HttpError } from '../http-error.ts';
import type { Principal } from '../options.ts';
import { redactionOf } from '../redacted.ts';
import type { Reply } from '../reply.ts';
import type { Call } from '../route.ts';
import { openStream } from '../run-stream.ts';
import type { StartedRun } from '../access.ts';
import { clientSessionId, sessionKey } from '../session-key.ts';
import { begin, onlyAgent } from '../submit-route.ts';
import { agUiInput, type AgUiRequest, type AgUiResume } from './ag-ui-input.ts';
import { interruptId } from './ag-ui-interrupts.ts';
import { AgUiTelling } from './ag-ui-telling.ts';

export async function postAgUi(call: Call): Promise<Reply> {
  const { service, request, params } = call;
  const input = agUiInput(await bodyOf<AgUiRequest>(call));
  const { threadId, runId, messages, resume } = input;
  const principal = await service.access.principal(request, { action: 'run', sessionId: threadId });
  const key = sessionKey(principal, threadId);
  if (resume.length > 0) {
    const found = await latestRun(call, 'read', principal, key);
    if (!found) throw new HttpError('NOT_FOUND', 'There is no such thread.');
    await resumed(call, found, resume);
    return follow(call, principal, found.started, { from: 0, waits: found.waits, runId });
  }
  const started = await begin(call, principal, {
    agent: params['agent'] ?? onlyAgent(service),
    input: messages,
    options: { sessionId: key, metadata: { agUiRunId: runId } },
    onDisconnect: service.limits.onDisconnect,
  });
  return follow(call, principal, started, { from: 0, waits: 0 });
}

export async function getAgUi(call: Call): Promise<Reply> {
  return answerUnderWay(call, 'thread', follow);
}

export async function stopAgUi(call: Call): Promise<Reply> {
  return stopUnderWay(call, 'thread');
}

/** @throws HttpError NOT_FOUND, BODY_INVALID, and what decisions and answers throw */
async function resumed(call: Call, found: LatestRun, entries: readonly AgUiResume[]): Promise<void> {
  const { access } = call.service;
  const acts = entries.flatMap((entry) => actOf(call, found, entry) ?? []);
  for (const action of new Set(acts.map((act) => act.action)))
    await access.run(call.request, action, found.started.run);
  // Together: between two of them the run would go on, and come to wait for the second.
  await Promise.all(acts.map(async ({ does }) => does()));
}

interface Act {
  action: 'approve' | 'input' | 'cancel';
  does: () => Promise<void>;
}

/** What an entry does. Undefined for a timer that is waited for on. */
function actOf({ service }: Call, found: LatestRun, entry: AgUiResume): Act | undefined {
  const { runtime } = service;
  const { started, principal, folded } = found;
  const { run } = started;
  const isIt = ({ step }: { step: string }): boolean => interruptId(run, step) === entry.interruptId;
  const approval = [...folded.approvals.values()].find(({ requested }) => isIt(requested));
  if (approval) return decisionOf(runtime, run, approval.requested.step, principal.id, entry);
  const wait = [...folded.waits.values()].find((each) => isIt(each.started))?.started;
  if (!wait) throw new HttpError('NOT_FOUND', 'The thread does not wait for that.');
  // What will not be answered, or waited for, is the end of its run.
  const reason = 'what it waited for was cancelled by the client';
  if (entry.status === 'cancelled') return { action: 'cancel', does: () => runtime.cancel(run, { reason }) };
  if (wait.for === 'timer') return undefined;
  const { callId, step } = wait;
  const { payload } = entry;
  if (payload === undefined) throw new HttpError('BODY_INVALID', `The payload of an answer must be there.`);
  return { action: 'input', does: () => runtime.input(run, payload, { callId, step, by: principal.id }) };
}

function decisionOf(runtime: Runtime, run: string, step: string, by: string, { status, payload }: AgUiResume): Act {
  const { approved, reason } = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<
    string,
    unknown
  >;
  if (status === 'resolved' && typeof approved !== 'boolean')
    throw new HttpError('BODY_INVALID', `The payload about a call must say approved: true or false.`);
  const decision = { by, ...(typeof reason === 'string' && reason !== '' && { message: reason }) };
  const yes = status === 'resolved' && approved === true;
  // The step, because the id of a call may come again.
  return {
    action: 'approve',
    does: () => (yes ? runtime.approve(run, step, decision) : runtime.reject(run, step, decision)),
  };
}

async function follow(
  call: Call,
  principal: Principal,
  started: StartedRun,
  { from, waits, runId }: { from: number; waits: number; runId?: string },
): Promise<Reply> {
  const { service, request } = call;
  const { run, sessionId } = started;
  const decides = await service.access.still(request, { action: 'approve', runId: run }, principal);
  const facts = {
    run,
    threadId: sessionId === undefined ? run : clientSessionId(principal, sessionId),
    runId: runId ?? runIdOf(started, waits),
  };
  const telling = new AgUiTelling(facts, redactionOf(service, decides), waits);
  const dead = await deadAttempts(service.runtime.store, run);
  return openStream({
    service,
    request,
    principal,
    action: 'read',
    started,
    telling: withoutDead(telling, dead, from),
    from,
  });
}

/** The client's own, of the first stretch; later ones are counted. */
function runIdOf({ run, metadata }: StartedRun, waits: number): string {
  if (waits > 0) return `${run}.${waits}`;
  const given = typeof metadata === 'object' && metadata !== null && 'agUiRunId' in metadata ? metadata.agUiRunId : run;
  return typeof given === 'string' ? given : run;
}
