/** A model's stream events as log events: each stored once, and the order in which the model gave them kept. */
import type { ModelDelta, ModelPart, RunEventBody, StepRef } from '../event/run-event.ts';
import type {
  StreamEvent,
  StreamEventGenericItem,
  StreamEventResponseCompleted,
  StreamEventTextStream,
} from '../event/stream-event.ts';

export interface EncodedBatch {
  bodies: RunEventBody[];
  /** The event that completed the response, and what came before and after it in this batch. */
  done: StreamEventResponseCompleted | undefined;
  after: RunEventBody[];
  text: string;
  /** Whether a reader that saw this batch has seen a piece of the answer. */
  delivered: boolean;
}

/** Encodes a batch up to the end of the response; what follows it in the batch goes into `after`. */
export function encodeBatch(parts: readonly StreamEvent[], ref: StepRef): EncodedBatch {
  const batch: EncodedBatch = { bodies: [], done: undefined, after: [], text: '', delivered: false };
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (!part) continue;
    const into = batch.done ? batch.after : batch.bodies;
    const next = parts[index + 1];
    if (part.type === 'response_done' && !batch.done) {
      batch.done = part;
    } else if (next && part.type === 'model' && repeats(next, part)) {
      into.push(pair(part, next, 'after', ref));
      take(batch, next);
      index += 1;
    } else if (next && next.type === 'model' && repeats(part, next)) {
      into.push(pair(next, part, 'before', ref));
      take(batch, part);
      index += 1;
    } else into.push(encodeOne(part, ref, batch));
  }
  return batch;
}

function encodeOne(part: StreamEvent, ref: StepRef, batch: EncodedBatch): ModelDelta | ModelPart {
  if (part.type === 'output_text_delta') {
    take(batch, part);
    if (!part.providerData) {
      return {
        type: 'model.delta',
        ...ref,
        text: part.delta,
        ...(part.itemId !== undefined && { itemId: part.itemId }),
      };
    }
  }
  if (part.type === 'model') {
    batch.delivered ||= !OPENING.has(typeOf(part.event));
    const source = sourceOf(part);
    if (source !== null)
      return { type: 'model.delta', ...ref, raw: part.event, ...(source !== undefined && { source }) };
  }
  return { type: 'model.part', ...ref, part };
}

// Only these provider events come before anything of the answer.
const OPENING: ReadonlySet<unknown> = new Set(['response.created', 'response.queued', 'response.in_progress']);

function take(batch: EncodedBatch, part: StreamEventTextStream): void {
  batch.text += part.delta;
  batch.delivered = true;
}

function pair(
  raw: StreamEventGenericItem,
  text: StreamEventTextStream,
  echo: 'before' | 'after',
  ref: StepRef,
): ModelDelta {
  const event: ModelDelta = { type: 'model.delta', ...ref, text: text.delta, raw: raw.event, echo };
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
