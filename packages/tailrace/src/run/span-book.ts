/**
 * The spans of one run, as events. Owns which are open; writes nothing itself.
 *
 * S1 Every span that started ends. S2 A span ends after the spans below it. S3 Ending twice does nothing.
 */
import { newSpanId } from '../base/id.ts';
import { tracingIds } from '../base/tracing-ids.ts';
import type { RunEventBody, SpanEnded, SpanStarted } from '../event/run-event.ts';
import type { SpanData, SpanError } from '../event/span-data.ts';
import type { SpanEventBody } from '../port/trace-scope.ts';

interface OpenSpan {
  parent: string | undefined;
  openChildren: number;
  /** What the span has come to say since it started; told at its end, however it ends. */
  data: GrownData | undefined;
}

export interface StartedSpan {
  /** Undefined when tracing is off. */
  readonly id: string | undefined;
  readonly events: readonly RunEventBody[];
}

/** Data as they are, or how to come by them when the span ends. */
export type GrownData = SpanData | (() => SpanData);

export interface SpanEnd {
  data?: SpanData;
  error?: SpanError | undefined;
}

const OFF: StartedSpan = { id: undefined, events: [] };

export class SpanBook {
  readonly enabled: boolean;
  readonly #open = new Map<string, OpenSpan>();

  constructor(enabled: boolean) {
    this.enabled = enabled;
  }

  start(data: SpanData, parent: string | undefined): StartedSpan {
    if (!this.enabled) return OFF;
    // Two spans of one id would be one that never ends.
    const made = tracingIds.generateSpanId();
    const span = this.#open.has(made) ? newSpanId() : made;
    const event: SpanStarted = { type: 'span.started', span, data, ...(parent !== undefined && { parent }) };
    this.#enter(event);
    return { id: span, events: [event] };
  }

  /** Takes spans that another writer of the run has left open. */
  restore(events: Iterable<SpanStarted>): void {
    for (const event of events) this.#enter(event);
  }

  has(span: string): boolean {
    return this.#open.has(span);
  }

  /** What the span is to say at its end, however that comes. */
  grow(span: string | undefined, data: GrownData): void {
    const open = span === undefined ? undefined : this.#open.get(span);
    if (open) open.data = data;
  }

  /** The events that end the span and what is still open below it, children first. */
  end(span: string | undefined, end: SpanEnd = {}): SpanEnded[] {
    const open = span === undefined ? undefined : this.#open.get(span);
    if (span === undefined || !open) return [];
    const below = open.openChildren > 0 ? this.#endBelow(span, end.error) : [];
    return [...below, this.#leave(span, open, end)];
  }

  /** Ends all that is open, children first. */
  endAll(error: SpanError | undefined): SpanEnded[] {
    // A child starts after its parent, so the reverse of the order of starting ends children first.
    return [...this.#open].reverse().map(([span, open]) => this.#leave(span, open, { error }));
  }

  /** Takes back what a log that was full did not take: its spans have not started, or not ended. */
  refused(events: readonly RunEventBody[]): void {
    for (const event of [...events].reverse()) {
      if (event.type === 'span.started') this.#forget(event.span, this.#open.get(event.span));
      else if (event.type === 'span.ended')
        this.#open.set(event.span, { parent: undefined, openChildren: 0, data: event.data });
    }
  }

  /** Takes a span event of user code. False when it is to be dropped: a span that has already ended. */
  admit(event: SpanEventBody): boolean {
    if (event.type === 'span.started') {
      this.#enter(event);
      return true;
    }
    const open = this.#open.get(event.span);
    if (!open) return false;
    this.#forget(event.span, open);
    return true;
  }

  #enter(event: SpanStarted): void {
    const parent = event.parent === undefined ? undefined : this.#open.get(event.parent);
    if (parent) parent.openChildren += 1;
    this.#open.set(event.span, { parent: event.parent, openChildren: 0, data: undefined });
  }

  #endBelow(span: string, error: SpanError | undefined): SpanEnded[] {
    const below = [...this.#open].filter(([id]) => this.#isBelow(id, span));
    return below.reverse().map(([id, open]) => this.#leave(id, open, { error }));
  }

  #isBelow(id: string, ancestor: string): boolean {
    for (let at = this.#open.get(id)?.parent; at !== undefined; at = this.#open.get(at)?.parent)
      if (at === ancestor) return true;
    return false;
  }

  #leave(span: string, open: OpenSpan, end: SpanEnd): SpanEnded {
    this.#forget(span, open);
    const data = end.data ?? (typeof open.data === 'function' ? open.data() : open.data);
    const event: SpanEnded = { type: 'span.ended', span };
    if (data) event.data = data;
    if (end.error) event.error = end.error;
    return event;
  }

  #forget(span: string, open: OpenSpan | undefined): void {
    this.#open.delete(span);
    const parent = open?.parent === undefined ? undefined : this.#open.get(open.parent);
    if (parent) parent.openChildren -= 1;
  }
}
