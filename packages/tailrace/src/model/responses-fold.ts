/**
 * Folds the events of the Responses API.
 *
 * F1 Only the first terminal event counts (`response.completed | incomplete | failed`, or an error); an end without
 *    one is a truncated stream.
 * F2 Finished items win over deltas; the terminal event's output wins when it is not empty.
 * F3 Every event goes out raw and unchanged; an unknown one is only that.
 */
import type { AgentOutputItem } from '../event/item.ts';
import type { StreamEvent, StreamEventResponseCompleted } from '../event/stream-event.ts';
import { Usage } from '../event/usage.ts';
import type { EventFold } from './event-fold.ts';
import { eventFailure, incompleteFailure, truncatedFailure, type FailureContext } from './failure.ts';
import { isObject, listOr, objectOr, textOr, type ProviderObject } from './provider-object.ts';
import { outputItems } from './responses-output.ts';
import { usageData, usageIn } from './usage-data.ts';

/** What marks the raw events of this wire. Shared by all of them, so frozen. */
export const RESPONSES_EVENT_SOURCE: Readonly<{ rawModelEventSource: string }> = Object.freeze({
  rawModelEventSource: 'openai-responses',
});
const ENDPOINT = 'responses.create';

export interface ResponsesFoldOptions {
  readonly keepRawUsage: boolean;
}

/** An output item while it is being written. */
interface Draft {
  added: ProviderObject | undefined;
  done: ProviderObject | undefined;
  text: string;
  refusal: string;
  args: string;
}

export class ResponsesFold implements EventFold {
  #context: FailureContext;
  #options: ResponsesFoldOptions;
  #drafts = new Map<number, Draft>();
  #lastIndex = -1;
  #id: string | undefined;
  #usage: ProviderObject | undefined;
  #started = false;
  #count = 0;
  #lastType: string | undefined;
  isOver = false;
  readonly isComplete = false;

  constructor(context: FailureContext, options: ResponsesFoldOptions) {
    this.#context = context;
    this.#options = options;
  }

  take(event: ProviderObject, name: string | undefined, out: StreamEvent[]): void {
    const type = textOr(event['type'], name) ?? '';
    this.#count++;
    this.#lastType = type;
    if (!this.#started) {
      this.#started = true;
      out.push({ type: 'response_started' });
    }
    switch (type) {
      case 'response.output_text.delta':
        this.#takeText(event, out);
        break;
      case 'response.refusal.delta':
        this.#draft(event).refusal += textOr(event['delta'], '');
        break;
      case 'response.function_call_arguments.delta':
        this.#draft(event).args += textOr(event['delta'], '');
        break;
      case 'response.output_item.added':
        this.#draft(event).added = objectOr(event['item']);
        break;
      case 'response.output_item.done':
        this.#draft(event).done = objectOr(event['item']);
        break;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        this.#finish(event, type, out);
        return;
      case 'error':
        this.#fail(event, out);
        return;
      default:
        if (event['error'] != null) this.#fail(event, out);
        else this.#note(event);
    }
    out.push({ type: 'model', event, providerData: RESPONSES_EVENT_SOURCE });
  }

  /** Not part of this wire; gateways add it all the same. */
  done(): void {
    this.#lastType = '[DONE]';
  }

  end(): void {
    if (!this.isOver) throw this.truncated();
  }

  truncated(cause?: unknown): Error {
    return truncatedFailure(this.#count, this.#lastType, this.#context, cause);
  }

  #takeText(event: ProviderObject, out: StreamEvent[]): void {
    const delta = event['delta'];
    if (typeof delta !== 'string' || delta === '') return;
    this.#draft(event).text += delta;
    const itemId = event['item_id'];
    out.push(
      typeof itemId === 'string' ? { type: 'output_text_delta', delta, itemId } : { type: 'output_text_delta', delta },
    );
  }

  /** Items are kept by their place: their ids may differ between `added` and `done`. */
  #draft(event: ProviderObject): Draft {
    const given = event['output_index'];
    let index = typeof given === 'number' ? given : this.#lastIndex;
    if (typeof given !== 'number' && (event['type'] === 'response.output_item.added' || index < 0)) index++;
    this.#lastIndex = index;
    let draft = this.#drafts.get(index);
    if (draft === undefined) {
      draft = { added: undefined, done: undefined, text: '', refusal: '', args: '' };
      this.#drafts.set(index, draft);
    }
    return draft;
  }

  #note(event: ProviderObject): void {
    const response = event['response'];
    if (isObject(response)) {
      this.#id ??= textOr(response['id'], undefined);
      this.#usage = usageIn(response) ?? this.#usage;
    }
  }

  #finish(event: ProviderObject, type: string, out: StreamEvent[]): void {
    this.#note(event);
    this.isOver = true;
    const raw: StreamEvent = { type: 'model', event, providerData: RESPONSES_EVENT_SOURCE };
    const response = objectOr(event['response']);
    const done = this.#response(response);
    if (type === 'response.completed') {
      out.push({ type: 'response_done', response: done }, raw);
      return;
    }
    out.push(raw);
    if (type === 'response.incomplete') {
      const reason = textOr(objectOr(response['incomplete_details'])['reason'], 'no reason');
      const { output, id, usage } = done;
      throw incompleteFailure(reason, { output, responseId: id, usage: new Usage(usage) }, this.#context);
    }
    throw eventFailure(
      response['error'] == null ? { message: `the response ended as ${type}` } : { error: response['error'] },
      this.#context,
    );
  }

  #fail(event: ProviderObject, out: StreamEvent[]): never {
    this.isOver = true;
    out.push({ type: 'model', event, providerData: RESPONSES_EVENT_SOURCE });
    throw eventFailure(event, this.#context);
  }

  #response(response: ProviderObject): StreamEventResponseCompleted['response'] {
    const { id, output: given, usage, ...providerData } = response;
    const whole = listOr(given);
    const { requestId } = this.#context;
    return {
      id: textOr(id, this.#id) ?? '',
      output: outputItems(whole.length > 0 ? whole : this.#drafted()),
      usage: usageData(this.#usage, ENDPOINT),
      ...(requestId === undefined ? {} : { requestId }),
      ...(this.#options.keepRawUsage && isObject(usage) ? { rawUsage: usage } : {}),
      providerData,
    };
  }

  #drafted(): ProviderObject[] {
    return [...this.#drafts.entries()]
      .sort(([a], [b]) => a - b)
      .map(([, draft]) => draft.done ?? itemFromDeltas(draft))
      .filter((item) => item !== undefined);
  }
}

/** An item that was streamed but never reported as finished. */
function itemFromDeltas(draft: Draft): ProviderObject | undefined {
  const { added, text, refusal, args } = draft;
  if (added?.['type'] === 'function_call')
    return { ...added, arguments: args || added['arguments'], status: 'completed' };
  if (text === '' && refusal === '') return undefined;
  const content = [
    ...(text === '' ? [] : [{ type: 'output_text', text, annotations: [] }]),
    ...(refusal === '' ? [] : [{ type: 'refusal', refusal }]),
  ];
  return { ...added, type: 'message', role: 'assistant', status: 'completed', content };
}

/** The one event that an answer in one piece stands for. */
export function wholeResponseEvent(body: unknown): ProviderObject | undefined {
  if (!isObject(body)) return undefined;
  const { status, output } = body;
  if (body['error'] != null && !Array.isArray(output)) return { type: 'error', error: body['error'] };
  if (typeof status === 'string' && ['completed', 'incomplete', 'failed', 'cancelled'].includes(status)) {
    return { type: `response.${status}`, response: body };
  }
  return status === undefined && Array.isArray(output) ? { type: 'response.completed', response: body } : undefined;
}

/** The text that an answer in one piece would have streamed. */
export function textOfOutput(output: readonly AgentOutputItem[]): string {
  let text = '';
  for (const item of output) {
    if (item.type !== 'message' || item.role !== 'assistant') continue;
    for (const part of item.content) if (part.type === 'output_text') text += part.text;
  }
  return text;
}
