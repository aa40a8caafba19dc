/** A model's stream events as log events: each stored once, and the order in which the model gave them kept. */
import type { EventEnvelope, RunEventBody } from '../event/run-event.ts';
import type { ModelDelta, ModelReturned, StepRef } from '../event/step-events.ts';
import type {
  StreamEvent,
  StreamEventGenericItem,
  StreamEventResponseCompleted,
  StreamEventTextStream,
} from '../event/stream-event.ts';

/** What an attempt has come to so far. */
export interface Progress {
  text: string;
  /** Whether a reader has seen a piece of the answer. */
  delivered: boolean;
  /** Whether the response is complete: what follows is kept unless it is text, and means nothing. */
  completed: boolean;
}

export interface PartEncoding {
  readonly ref: StepRef;
  readonly progress: Progress;
  /** Makes the record of the completed response. Called once. */
  readonly complete: (done: StreamEventResponseCompleted) => ModelReturned;
}

/** The log events of a batch, in the model's order. */
export function encodeBatch(parts: readonly StreamEvent[], encoding: PartEncoding): RunEventBody[] {
  const [only] = parts;
  // Without a push, which makes room for many: most models give one event at a time.
  if (parts.length === 1 && only) return isSaid(only, encoding.progress) ? [encodeOne(only, encoding)] : [];
  const bodies: RunEventBody[] = [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (!part || !isSaid(part, encoding.progress)) continue;
    const after = parts[index + 1];
    const next = after && isSaid(after, encoding.progress) ? after : undefined;
    if (next && part.type === 'model' && repeats(next, part)) {
      bodies.push(pair(part, next, 'after', encoding));
      index += 1;
    } else if (next && next.type === 'model' && repeats(part, next)) {
      bodies.push(pair(next, part, 'before', encoding));
      index += 1;
    } else bodies.push(encodeOne(part, encoding));
  }
  return bodies;
}

/** False for text behind the complete response, which says all of it, and for a delta without text. */
function isSaid(part: StreamEvent, { completed }: Progress): boolean {
  return part.type !== 'output_text_delta' || (!completed && typeof part.delta === 'string');
}

function encodeOne(part: StreamEvent, { ref, progress, complete }: PartEncoding): RunEventBody {
  switch (part.type) {
    case 'output_text_delta':
      take(progress, part);
      if (part.providerData) break;
      return textDelta(part, ref);
    case 'response_done':
      if (progress.completed) break;
      progress.completed = true;
      return complete(part);
    case 'model': {
      progress.delivered ||= !OPENING.has(typeOf(part.event));
      const source = sourceOf(part);
      if (source === null) break;
      const event: ModelDelta = { type: 'model.delta', step: ref.step, attempt: ref.attempt, raw: part.event };
      if (source !== undefined) event.source = source;
      return event;
    }
    default:
  }
  return { type: 'model.part', step: ref.step, attempt: ref.attempt, part };
}

function textDelta({ delta: text, itemId }: StreamEventTextStream, { step, attempt }: StepRef): ModelDelta {
  const event: Delta = { type: 'model.delta', step, attempt, text, run: '', seq: 0, epoch: 0, at: 0 };
  if (itemId !== undefined) event.itemId = itemId;
  return event;
}

/**
 * A delta with room for what the log will say of it: fields that an object did not begin with are kept apart, and of deltas there are ten thousand.
 */
type Delta = ModelDelta & EventEnvelope;

// Only these provider events come before anything of the answer.
const OPENING: ReadonlySet<unknown> = new Set(['response.created', 'response.queued', 'response.in_progress']);

function take(progress: Progress, part: StreamEventTextStream): void {
  progress.text += part.delta;
  progress.delivered = true;
}

function pair(
  raw: StreamEventGenericItem,
  text: StreamEventTextStream,
  echo: 'before' | 'after',
  { ref, progress }: PartEncoding,
): ModelDelta {
  take(progress, text);
  const { step, attempt } = ref;
  const event: Delta = {
    type: 'model.delta',
    step,
    attempt,
    text: text.delta,
    raw: raw.event,
    echo,
    run: '',
    seq: 0,
    epoch: 0,
    at: 0,
  };
  if (text.itemId !== undefined) event.itemId = text.itemId;
  const source = sourceOf(raw);
  if (source) event.source = source;
  return event;
}

/** True for a plain text delta that says nothing beyond the provider's event beside it. */
function repeats(text: StreamEvent, raw: StreamEventGenericItem): text is StreamEventTextStream {
  return (
    text.type === 'output_text_delta' && !text.providerData && sourceOf(raw) !== null && typeOf(raw.event) !== undefined
  );
}

/** The wire that an event was read from; undefined when it does not say; null when it says more than that, and is kept whole. */
function sourceOf({ providerData }: StreamEventGenericItem): string | undefined | null {
  if (!providerData) return undefined;
  for (const key in providerData) if (key !== 'rawModelEventSource') return null;
  const source = providerData['rawModelEventSource'];
  return typeof source === 'string' ? source : null;
}

function typeOf(event: unknown): unknown {
  return typeof event === 'object' && event !== null ? ((event as { type?: unknown }).type ?? 'chunk') : undefined;
}
