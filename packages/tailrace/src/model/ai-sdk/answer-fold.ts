/**
 * Folds the parts of one answer, streamed or whole, into stream events.
 *
 * A1 Every part is delivered as it is, before what it means. A2 The output has texts, reasoning and calls in the order in which they began.
 * A3 A `finish` part, and nothing else, completes an answer; not one that was interrupted. Providers of older versions make one without reason and usage of a
 *    connection that broke.
 */
import type { AgentOutputItem } from '../../event/item.ts';
import type { StreamEvent } from '../../event/stream-event.ts';
import { Usage } from '../../event/usage.ts';
import type { EventFold } from '../event-fold.ts';
import { eventFailure, type FailureContext, incompleteFailure, truncatedFailure } from '../failure.ts';
import { isObject, objectOr, type ProviderObject, textOr } from '../provider-object.ts';
import { toldFailure } from './failure.ts';
import type { AnswerItems } from './answer-items.ts';
import { saysNothing, usageOf } from './usage.ts';

export class AnswerFold implements EventFold {
  readonly #context: FailureContext;
  readonly #items: AnswerItems;
  readonly #keepRawUsage: boolean;
  #id: string | undefined;
  #count = 0;
  #lastType: string | undefined;
  isOver = false;
  readonly isComplete = false;

  constructor(context: FailureContext, items: AnswerItems, keepRawUsage: boolean) {
    this.#context = context;
    this.#items = items;
    this.#keepRawUsage = keepRawUsage;
  }

  take(part: ProviderObject, _name: string | undefined, out: StreamEvent[]): void {
    const type = textOr(part['type'], '');
    if (this.#count === 0) out.push({ type: 'response_started' });
    this.#count += 1;
    this.#lastType = type;
    out.push({ type: 'model', event: plain(part) });
    switch (type) {
      case 'text-delta':
        return this.#text(part, out);
      case 'response-metadata':
        this.#id = textOr(part['id'], this.#id);
        return;
      case 'finish':
        return this.#finish(part, out);
      case 'error':
        this.isOver = true;
        throw toldFailure(part['error'], this.#context);
      default:
        this.#items.take(part);
    }
  }

  /** A whole answer, as the parts that it would have streamed. */
  foldWhole(result: ProviderObject, out: StreamEvent[]): void {
    this.#id = textOr(objectOr(result['response'])['id'], undefined);
    const content = Array.isArray(result['content']) ? (result['content'] as unknown[]) : [];
    for (const part of content) {
      if (!isObject(part)) continue;
      if (part['type'] === 'text') this.#items.whole(part);
      else this.#items.take(part);
    }
    this.#finish({ ...result, usage: result['usage'] }, out, true);
  }

  /** Not part of this wire. */
  done(): void {}

  end(): void {
    if (!this.isOver) throw this.truncated();
  }

  truncated(cause?: unknown): Error {
    return truncatedFailure(this.#count, this.#lastType, this.#context, cause);
  }

  #text(part: ProviderObject, out: StreamEvent[]): void {
    const delta = textOr(part['delta'], '');
    if (delta === '') return;
    const itemId = this.#items.text(delta, textOr(part['id'], undefined));
    out.push(
      itemId === undefined ? { type: 'output_text_delta', delta } : { type: 'output_text_delta', delta, itemId },
    );
  }

  #finish(part: ProviderObject, out: StreamEvent[], whole = false): void {
    this.isOver = true;
    const { reason, raw } = reasonOf(part['finishReason']);
    const given = objectOr(part['usage']);
    const unsaid = !whole && raw === undefined && (reason === 'other' || reason === 'unknown') && saysNothing(given);
    if (unsaid || reason === 'interrupted') throw this.truncated();
    const usage = usageOf(given);
    const output = this.#items.output(this.#id);
    if (reason === 'length' || reason === 'content-filter') throw this.#incomplete(reason, output, new Usage(usage));
    if (reason === 'error') {
      throw eventFailure({ message: `the answer finished as an error (${raw ?? 'no reason'})` }, this.#context);
    }
    const rawUsage = this.#keepRawUsage && isObject(part['usage']) ? { rawUsage: plain(given) } : {};
    out.push({ type: 'response_done', response: { id: this.#id ?? '', output, usage, ...rawUsage } });
  }

  #incomplete(reason: 'length' | 'content-filter', output: AgentOutputItem[], usage: Usage): Error {
    const told = reason === 'length' ? 'max_output_tokens' : 'content_filter';
    return incompleteFailure(
      told,
      { output, usage, ...(this.#id !== undefined && { responseId: this.#id }) },
      this.#context,
    );
  }
}

/** A text in version 2, an object since. */
function reasonOf(reason: unknown): { reason: string; raw: string | undefined } {
  if (typeof reason === 'string') return { reason, raw: undefined };
  const { unified, raw } = objectOr(reason);
  return { reason: textOr(unified, 'other'), raw: textOr(raw, undefined) };
}

/** The part as JSON can carry it: dates, errors, bytes and URLs are in some. */
export function plain(part: ProviderObject): ProviderObject {
  if (!Object.values(part).some((value) => typeof value === 'object' && value !== null)) return part;
  const seen = (_key: string, value: unknown): unknown => {
    if (value instanceof Error) return { name: value.name, message: value.message };
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  };
  try {
    return JSON.parse(JSON.stringify(part, seen)) as ProviderObject;
  } catch {
    return { type: part['type'] };
  }
}
