/** `GET runs/:id/trace`: the spans of a run, as its log has them. */
import type { EventEnvelope, RunEvent, SpanStarted } from '../event/run-event.ts';
import type { SpanData, SpanError } from '../event/span-data.ts';
import { readRun } from '../log/read-run.ts';
import { json, type Reply } from './reply.ts';
import type { Call } from './route.ts';

interface TracedSpan {
  id: string;
  data: object;
  /** Wall clock, milliseconds since the epoch. */
  startedAt: number;
  endedAt?: number;
  error?: SpanError;
  children: TracedSpan[];
}

export async function getTrace({ service, request, params }: Call): Promise<Reply> {
  const { started } = await service.access.run(request, 'inspect', params['id'] ?? '');
  const { store } = service.runtime;
  const events = await readRun((from, limit) => store.read(started.run, from, limit));
  const { run, traceId } = started;
  return json(200, { run, ...(traceId !== undefined && { traceId }), spans: spanTree(events) });
}

/** Spans under their parents, in the order in which they began. One whose parent is not there stands at the top. */
export function spanTree(events: readonly RunEvent[]): TracedSpan[] {
  const top: TracedSpan[] = [];
  const spans = new Map<string, TracedSpan>();
  for (const event of events) {
    if (event.type === 'span.started') {
      const span = spanOf(event);
      const parent = event.parent === undefined ? undefined : spans.get(event.parent);
      spans.set(event.span, span);
      (parent?.children ?? top).push(span);
    } else if (event.type === 'span.ended') {
      const span = spans.get(event.span);
      if (!span) continue;
      span.endedAt = event.at;
      if (event.data) span.data = shownData(event.data);
      if (event.error) span.error = event.error;
    }
  }
  return top;
}

function spanOf({ span, data, at }: SpanStarted & EventEnvelope): TracedSpan {
  return { id: span, data: shownData(data), startedAt: at, children: [] };
}

/** Without what is the process's own. */
function shownData(data: SpanData): object {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !name.startsWith('_')));
}
