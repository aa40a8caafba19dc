/** `POST runs`: begins a run, and answers with its stream, with how it ended, or at once. */
import { sha256 } from '../base/hash.ts';
import type { Json } from '../base/json.ts';
import { isAgentsError } from '../event/errors.ts';
import type { UserMessageItem } from '../event/item.ts';
import type { OnDisconnect } from '../event/run-event.ts';
import { DEFAULTS } from '../run/options.ts';
import type { RunInput } from '../runner.ts';
import type { SubmitOptions } from '../runtime/options.ts';
import type { StartedRun } from './access.ts';
import { preferred } from './accept.ts';
import { clientView } from './client-view.ts';
import { bodyOf } from './fields.ts';
import { HttpError, shuttingDown } from './http-error.ts';
import { nativeTelling } from './native.ts';
import type { Principal } from './options.ts';
import type { Reply } from './reply.ts';
import type { Call } from './route.ts';
import { openStream } from './run-stream.ts';
import type { Service } from './service.ts';
import { sessionKey } from './session-key.ts';
import { settled } from './settled.ts';
import { statusReply } from './status-route.ts';
import { TextTelling } from './text-telling.ts';

interface RunRequest {
  agent?: string;
  input: string | UserMessageItem[];
  sessionId?: string;
  metadata?: Json;
  stream?: boolean;
  background?: boolean;
  maxTurns?: number;
}

export async function postRun(call: Call): Promise<Reply> {
  const { service, request } = call;
  const body = await bodyOf<RunRequest>(call);
  const { input, sessionId, metadata, maxTurns, background = false } = body;
  const format = preferred(request.headers.get('accept'), [
    'application/json',
    'text/event-stream',
    'application/x-ndjson',
    'text/plain',
  ]);
  const stream = body.stream ?? (format !== undefined && format !== 'application/json');
  const principal = await service.access.principal(request, {
    action: 'run',
    ...(sessionId !== undefined && { sessionId }),
  });
  using _held = stream || background ? undefined : service.streams.hold(principal.id);
  const started = await begin(call, principal, {
    agent: body.agent ?? onlyAgent(service),
    input,
    options: {
      ...(sessionId !== undefined && { sessionId: sessionKey(principal, sessionId) }),
      ...(metadata !== undefined && { metadata }),
      ...(maxTurns !== undefined && { maxTurns }),
    },
    ...(stream && !background && { onDisconnect: service.limits.onDisconnect }),
  });
  if (background) return statusReply(call, principal, started.run, 202);
  if (stream) {
    return openStream({
      service,
      request,
      principal,
      action: 'read',
      started,
      telling: format === 'text/plain' ? new TextTelling() : nativeTelling(clientView(service.exposureOf)),
      from: 0,
      format: format === 'text/plain' ? 'text' : format === 'application/x-ndjson' ? 'ndjson' : 'sse',
      headers: { location: `${service.options.basePath ?? ''}/runs/${started.run}` },
    });
  }
  const come = await settled(service, started.run, request.signal);
  return statusReply(call, principal, started.run, come ? 200 : 202);
}

export interface Beginning {
  agent: string;
  input: RunInput;
  options: Pick<SubmitOptions, 'sessionId' | 'metadata' | 'maxTurns'>;
  /** Absent: nobody who reads it is waited for. */
  onDisconnect?: OnDisconnect;
}

/** Submits a run, once for each `Idempotency-Key` of a principal. @throws HttpError IDEMPOTENCY_MISMATCH, LIMIT_REACHED, SHUTTING_DOWN, and what `submit` throws */
export async function begin({ service, request }: Call, principal: Principal, asked: Beginning): Promise<StartedRun> {
  const { runtime, options } = service;
  if (service.stopping.aborted) throw shuttingDown();
  // Who may not read it does not begin it.
  if (asked.onDisconnect !== undefined) service.streams.check(principal.id);
  await service.ready;
  const key = idempotencyKey(request);
  const named = key === undefined ? {} : { runId: `run_${sha256(JSON.stringify([principal.id, key])).slice(0, 32)}` };
  const traceparent = request.headers.get('traceparent');
  const local = options.context ? { context: await options.context(request, principal) } : {};
  try {
    const wanted = {
      ...asked.options,
      ...named,
      principal: principal.id,
      ...(asked.onDisconnect !== undefined && { onDisconnect: asked.onDisconnect }),
      ...(traceparent !== null && { traceparent }),
    };
    const { id } = await service.runCap.admit(principal.id, named.runId, async () =>
      runtime.submit(asked.agent, asked.input, wanted, local),
    );
    return await startedOf(service, id);
  } catch (error) {
    if (named.runId === undefined || !isAgentsError(error) || error.code !== 'RUN_EXISTS') throw error;
    const started = await startedOf(service, named.runId);
    if (started.principal === principal.id && sameAs(started, asked)) return started;
    throw new HttpError('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key was used for another request.');
  }
}

async function startedOf({ runtime }: Service, id: string): Promise<StartedRun> {
  const [started] = await runtime.store.read(id, 0, 1);
  if (started?.type === 'run.started') return started;
  throw new HttpError('NOT_FOUND', 'There is no such run.');
}

function sameAs(started: StartedRun, { agent, input, options }: Beginning): boolean {
  const told = [started.registered, started.sessionId, started.metadata ?? null, started.maxTurns];
  const asked = [agent, options.sessionId, options.metadata ?? null, options.maxTurns ?? DEFAULTS.maxTurns];
  const wanted = typeof input === 'string' || Array.isArray(input) ? input : null;
  return JSON.stringify(told) === JSON.stringify(asked) && JSON.stringify(started.input) === JSON.stringify(wanted);
}

function idempotencyKey(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null) return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new HttpError('BODY_INVALID', 'An Idempotency-Key has 1 to 255 visible ASCII characters.');
}

/** The name of the agent, where there is but one. @throws HttpError BODY_INVALID */
export function onlyAgent({ runtime }: Pick<Service, 'runtime'>): string {
  const [name, ...others] = runtime.agents.keys();
  if (name !== undefined && others.length === 0) return name;
  throw new HttpError('BODY_INVALID', `'agent' must name the agent that is to run.`);
}
