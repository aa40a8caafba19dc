/**
 * Folds the chunks of Chat Completions.
 *
 * C1 The answer is complete once a `finish_reason` or `[DONE]` has come; an end before is a truncated stream.
 * C2 Only choice 0 counts; `choices` may be missing or null. The response's id is the first chunk's.
 * C3 Of several usage reports the last one wins; it may come after the last choice.
 * C4 Every chunk goes out raw and unchanged, before what it means.
 */
import type { AgentOutputItem } from '../event/item.ts';
import type { StreamEvent, StreamEventResponseCompleted } from '../event/stream-event.ts';
import { Usage } from '../event/usage.ts';
import { ChatCalls } from './chat-calls.ts';
import type { EventFold } from './event-fold.ts';
import { eventFailure, incompleteFailure, truncatedFailure, type FailureContext } from './failure.ts';
import { isObject, listOr, objectOr, textOr, type ProviderObject } from './provider-object.ts';
import { usageData, usageIn } from './usage-data.ts';

/** What marks the raw events of this wire. Shared by all of them, so frozen. */
export const CHAT_EVENT_SOURCE: Readonly<{ rawModelEventSource: string }> = Object.freeze({
  rawModelEventSource: 'openai-chat-completions',
});
const ENDPOINT = 'chat.completions.create';

export class ChatFold implements EventFold {
  #context: FailureContext;
  #keepRawUsage: boolean;
  #id: string | undefined;
  #rest: ProviderObject = {};
  #usage: ProviderObject | undefined;
  #text = '';
  #refusal = '';
  #reasoning = '';
  #reasoningField: string | undefined;
  #annotations: unknown[] = [];
  #calls = new ChatCalls();
  #finish: string | undefined;
  #marked = false;
  #started = false;
  #count = 0;
  isOver = false;

  constructor(context: FailureContext, keepRawUsage: boolean) {
    this.#context = context;
    this.#keepRawUsage = keepRawUsage;
  }

  get isComplete(): boolean {
    return this.#finish !== undefined || this.#marked;
  }

  take(chunk: ProviderObject, name: string | undefined, out: StreamEvent[]): void {
    this.#count++;
    if (!this.#started) {
      this.#started = true;
      out.push({ type: 'response_started' });
    }
    out.push({ type: 'model', event: chunk, providerData: CHAT_EVENT_SOURCE });
    const choice = listOr(chunk['choices']).find((each) => isObject(each) && (each['index'] ?? 0) === 0) as
      | ProviderObject
      | undefined;
    const problem =
      chunk['error'] ??
      choice?.['error'] ??
      (name === 'error' || choice?.['finish_reason'] === 'error' ? chunk : undefined);
    if (problem != null && problem !== '') {
      this.isOver = true;
      throw eventFailure(problem === chunk ? chunk : { error: problem }, this.#context);
    }
    if (this.#id === undefined) {
      const { id, choices: _choices, usage: _usage, ...rest } = chunk;
      this.#id = textOr(id, undefined);
      if (this.#id !== undefined) this.#rest = rest;
    }
    this.#usage = usageIn(chunk) ?? (choice === undefined ? undefined : usageIn(choice)) ?? this.#usage;
    if (choice === undefined) return;
    this.#takeDelta(objectOr(choice['delta'] ?? choice['message']), out);
    this.#finish = textOr(choice['finish_reason'], undefined) ?? this.#finish;
  }

  done(out: StreamEvent[]): void {
    this.#marked = true;
    this.end(out);
  }

  end(out: StreamEvent[]): void {
    if (this.isOver) return;
    if (!this.isComplete) throw this.truncated();
    this.isOver = true;
    const response = this.#response();
    const reason = this.#finish === 'length' ? 'max_output_tokens' : this.#finish;
    if (reason === 'max_output_tokens' || (reason === 'content_filter' && this.#refusal === '')) {
      const partial = { output: response.output, responseId: response.id, usage: new Usage(response.usage) };
      throw incompleteFailure(reason, partial, this.#context);
    }
    out.push({ type: 'response_done', response });
  }

  truncated(cause?: unknown): Error {
    return truncatedFailure(this.#count, this.#count === 0 ? undefined : 'chat.completion.chunk', this.#context, cause);
  }

  #takeDelta(delta: ProviderObject, out: StreamEvent[]): void {
    const reasoning = textOr(delta['reasoning_content'], undefined);
    if (reasoning !== undefined) this.#think(reasoning, 'reasoning_content');
    else if (typeof delta['reasoning'] === 'string') this.#think(delta['reasoning'], 'reasoning');
    const content = delta['content'];
    if (typeof content === 'string') this.#say(content, out);
    else if (Array.isArray(content)) for (const part of content) this.#takePart(part, out);
    if (typeof delta['refusal'] === 'string') this.#refusal += delta['refusal'];
    if (Array.isArray(delta['annotations'])) this.#annotations.push(...(delta['annotations'] as unknown[]));
    const calls = delta['tool_calls'];
    if (Array.isArray(calls)) for (const fragment of calls) this.#calls.take(fragment);
    // The form that tool calls replaced: one call, without an id.
    if (isObject(delta['function_call']))
      this.#calls.take({ index: 'function_call', function: delta['function_call'] });
  }

  #takePart(part: unknown, out: StreamEvent[]): void {
    if (typeof part === 'string') this.#say(part, out);
    if (!isObject(part)) return;
    if (typeof part['text'] === 'string') this.#say(part['text'], out);
    const thinking = part['thinking'];
    if (typeof thinking === 'string') this.#think(thinking, 'reasoning');
    for (const piece of listOr(thinking)) this.#think(textOr(objectOr(piece)['text'], ''), 'reasoning');
  }

  #say(text: string, out: StreamEvent[]): void {
    if (text === '') return;
    this.#text += text;
    out.push(
      this.#id === undefined
        ? { type: 'output_text_delta', delta: text }
        : { type: 'output_text_delta', delta: text, itemId: this.#id },
    );
  }

  #think(text: string, field: string): void {
    if (text === '') return;
    this.#reasoning += text;
    this.#reasoningField ??= field;
  }

  #response(): StreamEventResponseCompleted['response'] {
    const { requestId } = this.#context;
    const id = this.#id ?? '';
    return {
      id,
      output: this.#output(id),
      usage: usageData(this.#usage, ENDPOINT),
      ...(requestId === undefined ? {} : { requestId }),
      ...(this.#keepRawUsage && this.#usage !== undefined ? { rawUsage: this.#usage } : {}),
      providerData: this.#rest,
    };
  }

  #output(responseId: string): AgentOutputItem[] {
    const id = responseId === '' ? {} : { id: responseId };
    const output: AgentOutputItem[] = [];
    if (this.#reasoning !== '') {
      // The field is kept because some providers want the reasoning back under the name they gave it.
      const field =
        this.#reasoningField === 'reasoning_content' ? { providerData: { field: 'reasoning_content' } } : {};
      output.push({
        type: 'reasoning',
        content: [],
        rawContent: [{ type: 'reasoning_text', text: this.#reasoning }],
        ...field,
      });
    }
    const content = [
      ...(this.#text === ''
        ? []
        : [{ type: 'output_text' as const, text: this.#text, providerData: { annotations: this.#annotations } }]),
      ...(this.#refusal === '' ? [] : [{ type: 'refusal' as const, refusal: this.#refusal }]),
    ];
    if (content.length > 0) output.push({ ...id, type: 'message', role: 'assistant', content, status: 'completed' });
    output.push(...this.#calls.items(responseId));
    return output;
  }
}

/** The one chunk that an answer in one piece stands for; undefined when it is none. */
export function wholeChatChunk(body: unknown): ProviderObject | undefined {
  if (!isObject(body)) return Array.isArray(body) ? { error: body } : undefined;
  if (body['error'] != null) return body;
  const choice = listOr(body['choices']).find((each) => isObject(each) && isObject(each['message']));
  return choice === undefined ? undefined : body;
}
