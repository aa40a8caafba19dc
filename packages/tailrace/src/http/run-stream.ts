/** Opens a stream of a run, in whichever way it is told. */
import { sseText, type Frame } from './frame.ts';
import type { Action, Principal } from './options.ts';
import type { StreamReply } from './reply.ts';
import { RunBody } from './run-body.ts';
import { keptRequest } from './node-request.ts';
import type { Service } from './service.ts';
import type { StartedRun } from './access.ts';
import type { Telling } from './telling.ts';

export type StreamFormat = 'sse' | 'ndjson' | 'text';

export interface StreamRequest {
  service: Service;
  request: Request;
  principal: Principal;
  action: Action;
  started: StartedRun;
  telling: Telling;
  /** The first event that the reader has not seen. */
  from: number;
  /** `sse` by default. */
  format?: StreamFormat;
  opening?: string;
  once?: boolean;
  headers?: Record<string, string>;
}

/** When readers that a server sends away are to come back. */
const RETRY_MS = 1_000;
const NDJSON = 'application/x-ndjson; charset=utf-8';

/** @throws HttpError LIMIT_REACHED */
export function openStream(asked: StreamRequest): StreamReply {
  const { service, principal, action, telling, from, format = 'sse' } = asked;
  // Not the event itself: its input may be long, and the stream is open for long.
  const { run, onDisconnect } = asked.started;
  const request = keptRequest(asked.request);
  service.streams.check(principal.id);
  let left: ((early: boolean) => void) | undefined;
  const over = (how: 'complete' | 'left'): void => {
    closed();
    left?.(how === 'left');
  };
  const body = new RunBody({
    reader: service.runtime.attach(run, { from: telling.folds ? 0 : from }),
    telling,
    write: WRITERS[format],
    sendFrom: from,
    ...(asked.opening !== undefined && { opening: asked.opening }),
    ...(format === 'sse' && { farewell: `retry: ${RETRY_MS}\n\n` }),
    // Nothing that is sent in a text is no text.
    ...(format !== 'text' && { ping: format === 'sse' ? ': ping\n\n' : '\n' }),
    chunkChars: service.limits.bufferedBytes >> 2,
    ...(asked.once !== undefined && { once: asked.once }),
    onBegin: () => (left = service.readership.enter(run, onDisconnect)),
    onEnd: over,
    onError: (error) => reportError(service, error, request()),
  });
  const target = { action, runId: run };
  const closed = service.streams.add(principal.id, body, async () =>
    service.access.standing(request(), target, principal),
  );
  const type = format === 'ndjson' ? { 'content-type': NDJSON } : {};
  return { status: 200, headers: { ...telling.headers, ...type, ...asked.headers }, stream: body };
}

const WRITERS: Readonly<Record<StreamFormat, (frame: Frame) => string>> = {
  sse: sseText,
  ndjson: ndjsonText,
  text: ({ data }) => data,
};

/** A line for each frame: the data, with the position where the frame has one. */
function ndjsonText({ data, id }: Frame): string {
  if (id === undefined) return `${data}\n`;
  return `${data.slice(0, -1)}${data.length > 2 ? ',' : ''}"id":${JSON.stringify(id)}}\n`;
}

export function reportError({ report }: Service, error: unknown, request: Request): void {
  report(error, request);
}
