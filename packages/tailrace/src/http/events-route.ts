/** `GET runs/:id/events`: the run's events from any place on, live, as SSE, NDJSON, or one page (long-poll). */
import { AbortScope } from '../base/abort.ts';
import { systemClock } from '../base/clock.ts';
import type { ClientSnapshot } from '../client/client-snapshot.ts';
import { positionOf, resolvePosition } from '../log/position.ts';
import { readRun } from '../log/read-run.ts';
import { type RunSnapshot, snapshot } from '../log/snapshot.ts';
import { preferred } from './accept.ts';
import type { StartedRun } from './access.ts';
import { clientView } from './client-view.ts';
import { waitsOf } from './conversation.ts';
import { deadAttempts, withoutDead } from './dead-attempts.ts';
import { type Frame, sseText } from './frame.ts';
import { queryNumber, queryText } from './fields.ts';
import { HttpError } from './http-error.ts';
import { nativeTelling } from './native.ts';
import { empty, json, type Reply } from './reply.ts';
import type { Call } from './route.ts';
import { openStream, type StreamRequest } from './run-stream.ts';
import type { Service } from './service.ts';
import { snapshotFor } from './snapshot-view.ts';
import { TextTelling } from './text-telling.ts';

const FORMATS = ['text/event-stream', 'application/x-ndjson', 'application/json', 'text/plain'] as const;
const POLL_MS = 30_000;

export async function getEvents(call: Call): Promise<Reply> {
  const { service, request, params } = call;
  const full = queryText(call, 'view') === 'full';
  const action = full ? 'inspect' : 'read';
  const { principal, started } = await service.access.run(request, action, params['id'] ?? '');
  const format = preferred(request.headers.get('accept'), FORMATS);
  if (format === undefined) throw new HttpError('NOT_ACCEPTABLE', `Accept one of: ${FORMATS.join(', ')}.`);
  const place = await placeOf(call, started.run);
  const head = await service.runtime.store.head(started.run);
  if (head?.ended === true && place.from >= head.next && !place.reset) return empty(204);
  if (format === 'text/plain')
    return textReply({ service, request, principal, action, started, from: place.reset ? 0 : place.from });
  const view = full ? (event: object) => event : clientView(service.exposureOf);
  if (format === 'application/json') {
    using _held = service.streams.hold(principal.id);
    return await page(call, started, place, view);
  }
  const opening = place.reset && resetFrame(await resetOf(call, place.reset));
  return openStream({
    service,
    request,
    principal,
    action,
    started,
    telling: nativeTelling(view),
    from: place.from,
    format: format === 'text/event-stream' ? 'sse' : 'ndjson',
    ...(opening !== undefined && { opening: format === 'text/event-stream' ? sseText(opening) : `${opening.data}\n` }),
  });
}

/** The text of the answers, up to where the run ends, or waits. */
async function textReply(asked: Omit<StreamRequest, 'telling' | 'format'>): Promise<Reply> {
  const { service, started, from } = asked;
  const { store } = service.runtime;
  const { waits, suspended } = waitsOf(await readRun((at, limit) => store.read(started.run, at, limit)));
  const telling = new TextTelling(suspended ? waits - 1 : waits);
  const dead = await deadAttempts(store, started.run);
  return openStream({ ...asked, telling: withoutDead(telling, dead, from), format: 'text' });
}

interface Place {
  from: number;
  reset?: RunSnapshot;
}

/** Where to begin: after `Last-Event-ID` or `?after=`, at `?from=`, or at the beginning. @throws HttpError OFFSET_PRUNED */
async function placeOf(call: Call, run: string): Promise<Place> {
  const { service, request } = call;
  const { store } = service.runtime;
  const after = request.headers.get('last-event-id') ?? queryText(call, 'after');
  if (after !== undefined && after !== '') {
    const place = await resolvePosition(store, run, after);
    if (place.reset) return { from: place.from, reset: place.reset };
    return notPruned(call, run, place.from);
  }
  return notPruned(call, run, queryNumber(call, 'from') ?? 0);
}

async function notPruned(call: Call, run: string, from: number): Promise<Place> {
  const { store } = call.service.runtime;
  const head = await store.head(run);
  if (head && from > head.next)
    throw new HttpError('OFFSET_FUTURE', `The next event of this run will be ${head.next}.`, {
      data: { next: head.next },
    });
  const [event] = await store.read(run, from, 1);
  if (event?.type !== 'log.pruned' || from === 0) return { from };
  const told = await snapshot(store, run, from);
  throw new HttpError('OFFSET_PRUNED', 'The events from there on were pruned. Go on from the snapshot.', {
    data: { snapshot: await resetOf(call, told) },
  });
}

async function resetOf(call: Call, told: RunSnapshot): Promise<ClientSnapshot> {
  const { runtime, exposureOf } = call.service;
  return snapshotFor(runtime.store, told, queryText(call, 'view') === 'full' ? 'full' : exposureOf);
}

function resetFrame(snapshot: ClientSnapshot): Frame {
  const { type: event, position: id } = snapshot;
  return { event, data: JSON.stringify(snapshot), ...(id !== undefined && { id }) };
}

/** Events that are there, or else the first that comes within `?waitMs=`, up to 30 s. Where to go on is in `position`. */
async function page(
  call: Call,
  started: StartedRun,
  place: Place,
  view: (event: never) => object | undefined,
): Promise<Reply> {
  const { service, request } = call;
  const { run } = started;
  const waitMs = request.method === 'HEAD' ? 0 : (queryNumber(call, 'waitMs') ?? POLL_MS);
  using over = new AbortScope(request.signal, service.stopping);
  using _timer = systemClock.timer(waitMs, () => over.abort(undefined));
  using _presence = polling(service, started);
  await using reader = service.runtime.attach(run, { from: place.from, signal: over.signal });
  const events: object[] = [];
  let position: string | undefined;
  try {
    while (events.length === 0) {
      const batch = await reader.nextBatch();
      if (batch === undefined) break;
      for (const event of batch) {
        const shown = view(event as never);
        if (shown) events.push(shown);
        position = positionOf(event);
      }
    }
  } catch (error) {
    if (!over.aborted) throw error;
  }
  return json(200, {
    ...(place.reset && {
      snapshot: await resetOf(call, place.reset),
    }),
    events,
    next: reader.position,
    ...(position !== undefined && { position }),
  });
}

/** Whoever polls reads on: after each page the time begins anew in which they may come back. Where none was declared, they are no readers. */
function polling({ readership }: Service, { run, onDisconnect }: StartedRun): Disposable {
  const leave = readership.enter(run, typeof onDisconnect === 'object' ? onDisconnect : undefined);
  return { [Symbol.dispose]: () => leave(true) };
}
