/**
 * A run as the stream of the OpenAI Responses API (platform.openai.com/docs/api-reference/responses-streaming).
 *
 * W1 `sequence_number` counts the frames, from 0, the same for every reader; what was void before a reader came is counted, and not sent. W2 An executed call is shown together with its output, never alone: a lone one would ask
 * the client to run it. W3 Text that was said and is taken back by a new attempt ends the stream with ATTEMPT_SUPERSEDED: this protocol cannot take anything back.
 * W4 A run that waits ends as completed, with one `mcp_approval_request` for each call to decide about, and one `function_call` for each that the client is to answer; it does
 * so with the request that follows.
 */
import { isAssistantMessage } from '../../event/item.ts';
import type { AssistantMessageItem, FunctionCallItem, FunctionCallResultItem } from '../../event/item.ts';
import type { ApprovalRequested, WaitStarted } from '../../event/mail-events.ts';
import type { ItemAdded, RunEvent } from '../../event/run-event.ts';
import type { ModelStopped, StepRef } from '../../event/step-events.ts';
import { attemptName } from '../../event/superseded.ts';
import type { ExposureOf } from '../client-view.ts';
import type { DeadAttempts } from '../dead-attempts.ts';
import type { Frame } from '../frame.ts';
import { STREAM_HEADERS } from '../native.ts';
import { outputText } from '../output-text.ts';
import type { Telling } from '../telling.ts';
import {
  endedResponse,
  failedResponse,
  type ResponseFacts,
  responseObject,
  type ResponsesTellingOptions,
  type WireResponse,
} from './response-object.ts';

interface OpenMessage {
  id: string;
  index: number;
  text: string;
  /** How many parts were begun: the text, or nothing. */
  parts: 0 | 1;
}

export class ResponsesTelling implements Telling {
  readonly headers: Record<string, string> = STREAM_HEADERS;
  readonly folds: boolean = true;
  readonly #facts: ResponseFacts;
  readonly #exposureOf: ExposureOf;
  /** What the stream has come to: the object that a reader of the whole is given. */
  response: WireResponse;
  /** Which stretch between two waits it tells, and which it is at. */
  readonly #segment: number;
  readonly #from: number;
  readonly #dead: DeadAttempts;
  #at = 0;
  #sequence = 0;
  /** The first frame of a void attempt's text, while that is gone through. */
  #voidFrom: number | undefined;
  #frames: Frame[] = [];
  #open: OpenMessage | undefined;
  #messages = 0;
  #stopped: ModelStopped['partial'];
  readonly #calls: Map<string, FunctionCallItem> = new Map();
  readonly #decides: boolean;

  constructor(
    facts: ResponseFacts,
    exposureOf: ExposureOf,
    { segment = 0, from = 0, dead = new Map(), decides = false }: ResponsesTellingOptions = {},
  ) {
    this.#decides = decides;
    this.#from = from;
    this.#dead = dead;
    this.#facts = facts;
    this.#segment = segment;
    this.#exposureOf = exposureOf;
    this.response = responseObject(facts, [], 'in_progress');
  }

  tell(event: RunEvent): Frame[] {
    this.#frames = [];
    if (this.response.status !== 'in_progress') return this.#frames;
    if (event.scope) {
      if (this.#at === this.#segment) this.#nested(event);
    } else if (this.#at === this.#segment) this.#show(event);
    else this.#unseen(event);
    return this.#frames;
  }

  /** Of a stretch before the one that is told. */
  #unseen(event: RunEvent): void {
    if (event.type === 'run.suspended') return this.#pass();
    if (event.type === 'wait.started' && event.for === 'input') this.#calls.delete(event.callId);
    if (event.type !== 'item.added') return;
    const { item } = event;
    if (item.type === 'function_call') this.#calls.set(item.callId, item);
    else if (item.type === 'function_call_result') this.#calls.delete(item.callId);
  }

  /** What a nested agent waits for, the run waits for: under its step's name, because an id may be that of another call, too. */
  #nested(event: RunEvent): void {
    if (event.type === 'approval.requested') this.#ask(event, event.step);
    else if (event.type === 'wait.started' && event.for === 'input') this.#question(event, event.step, '{}');
  }

  /** How many frames it has come to, sent or not. */
  get count(): number {
    return this.#sequence;
  }

  isLast(): boolean {
    return this.response.status !== 'in_progress';
  }

  #pass(): void {
    this.#at += 1;
    if (this.#at === this.#segment) this.#begun();
  }

  #begun(): void {
    this.#send('response.created', { response: this.response });
    this.#send('response.in_progress', { response: this.response });
  }

  failed(): Frame[] {
    this.#frames = [];
    this.#end('response.failed', failedResponse(this.#facts, this.response.output, 'INTERNAL'));
    return this.#frames;
  }

  #show(event: RunEvent): void {
    switch (event.type) {
      case 'run.started':
        return this.#begun();
      case 'model.delta':
        if (event.text !== undefined) this.#said(event, event.text, event.itemId);
        return;
      case 'model.part':
        if (event.part.type === 'output_text_delta') this.#said(event, event.part.delta);
        return;
      case 'model.stopped':
        this.#stopped = event.partial;
        return;
      case 'step.attempt':
        this.#stopped = undefined;
        if (event.of === 'model' && this.#open) this.#takenBack();
        return;
      case 'item.added':
        return this.#item(event);
      case 'approval.requested':
        return this.#ask(event, event.callId);
      case 'wait.started':
        return event.for === 'input' ? this.#asked(event) : undefined;
      case 'run.suspended':
        return this.#end('response.completed', { ...responseObject(this.#facts, this.response.output, 'completed') });
      case 'run.completed':
      case 'run.cancelled':
      case 'run.failed': {
        if (event.type === 'run.cancelled') this.#cut();
        const ended = endedResponse(this.#facts, this.response.output, event);
        // The protocol has no event of its own for a response that was cancelled.
        return this.#end(`response.${ended.status === 'cancelled' ? 'incomplete' : ended.status}`, ended);
      }
      default:
    }
  }

  #item({ item }: ItemAdded): void {
    if (isAssistantMessage(item)) this.#message(item);
    else if (item.type === 'function_call') this.#calls.set(item.callId, item);
    else if (item.type === 'function_call_result') this.#executed(item);
  }

  #ask({ tool: name, agent: server_label, arguments: args }: ApprovalRequested, id: string): void {
    const shown = this.#decides || this.#exposureOf(name).arguments ? args : '{}';
    this.#whole({ type: 'mcp_approval_request', id, name, server_label, arguments: shown });
  }

  /** The one call that stands alone: the client is to say what it gives. */
  #asked(wait: WaitStarted): void {
    const call = this.#calls.get(wait.callId);
    // What the client gives is not told back to it.
    this.#calls.delete(wait.callId);
    this.#question(wait, wait.callId, (this.#exposureOf(wait.tool).arguments && call?.arguments) || '{}');
  }

  #question({ tool: name, prompt }: WaitStarted, call_id: string, args: string): void {
    const item = { type: 'function_call', id: `fc_${call_id}`, call_id, name, arguments: args, status: 'completed' };
    this.#call({ ...item, ...(prompt !== undefined && { prompt }) });
  }

  #executed(result: FunctionCallResultItem): void {
    const { callId, name } = result;
    const call = this.#calls.get(callId);
    if (!call) return;
    this.#calls.delete(callId);
    const exposed = this.#exposureOf(name);
    const args = exposed.arguments ? call.arguments : '{}';
    const id = call.id ?? `fc_${callId}`;
    const shown = { type: 'function_call', id, call_id: callId, name, arguments: args, status: 'completed' };
    this.#call(shown);
    const output = exposed.output ? outputText(result.output) : '';
    this.#whole({ type: 'function_call_output', id: `fco_${callId}`, call_id: callId, output, status: 'completed' });
  }

  #call(item: { id: string; name: string; arguments: string }): void {
    const at = { output_index: this.response.output.length, item_id: item.id };
    const added = { ...item, arguments: '', status: 'in_progress' };
    this.#send('response.output_item.added', { output_index: at.output_index, item: added });
    this.#send('response.function_call_arguments.delta', { ...at, delta: item.arguments });
    this.#send('response.function_call_arguments.done', { ...at, name: item.name, arguments: item.arguments });
    this.#done(item);
  }

  #said(attempt: StepRef, text: string, given?: string): void {
    if (!this.#open && this.#dead.has(attemptName(attempt))) this.#voidFrom = this.#sequence;
    this.#delta(text, given);
  }

  #delta(delta: string, given?: string): void {
    const open = (this.#open ??= this.#beginMessage(given));
    open.text += delta;
    const { id: item_id, index: output_index } = open;
    this.#send('response.output_text.delta', { item_id, output_index, content_index: 0, delta, logprobs: [] });
  }

  #beginMessage(given: string | undefined, withText: boolean = true): OpenMessage {
    const id = given ?? `msg_${this.#facts.id}_${this.#messages}`;
    this.#messages += 1;
    const index = this.response.output.length;
    const item = { type: 'message', id, role: 'assistant', status: 'in_progress', content: [] };
    this.#send('response.output_item.added', { output_index: index, item });
    const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    if (withText)
      this.#send('response.content_part.added', { item_id: id, output_index: index, content_index: 0, part });
    return { id, index, text: '', parts: withText ? 1 : 0 };
  }

  /** The answer stays as far as it came. Whoever stopped it may have died before it said so. */
  #cut(): void {
    const said = this.#open?.text;
    const content = this.#stopped?.content ?? (said ? [{ type: 'output_text' as const, text: said }] : undefined);
    if (content) this.#message({ content }, 'incomplete');
  }

  #message(item: Pick<AssistantMessageItem, 'id' | 'content'>, status: 'completed' | 'incomplete' = 'completed'): void {
    const text = item.content.map((part) => (part.type === 'output_text' ? part.text : '')).join('');
    const refusals = item.content.flatMap((part) => (part.type === 'refusal' ? [part.refusal] : []));
    const open = (this.#open ??= this.#beginMessage(item.id, text !== '' || refusals.length === 0));
    // What was streamed may be less than the whole, and a response that was not streamed is told in one piece.
    if (text.length > open.text.length && text.startsWith(open.text)) this.#delta(text.slice(open.text.length));
    this.#open = undefined;
    const { id: item_id, index: output_index } = open;
    const content: object[] = [];
    if (open.parts > 0) {
      const at = { item_id, output_index, content_index: 0 };
      const part = { type: 'output_text', text, annotations: [], logprobs: [] };
      this.#send('response.output_text.done', { ...at, text, logprobs: [] });
      this.#send('response.content_part.done', { ...at, part });
      content.push(part);
    }
    for (const refusal of refusals) {
      const at = { item_id, output_index, content_index: content.length };
      const part = { type: 'refusal', refusal };
      this.#send('response.content_part.added', { ...at, part: { ...part, refusal: '' } });
      this.#send('response.refusal.delta', { ...at, delta: refusal });
      this.#send('response.refusal.done', { ...at, refusal });
      this.#send('response.content_part.done', { ...at, part });
      content.push(part);
    }
    this.#done({ type: 'message', id: item_id, role: 'assistant', status, content });
  }

  /** Whoever has some of the text is told; for all others there was none. */
  #takenBack(): void {
    const first = this.#voidFrom;
    this.#voidFrom = undefined;
    this.#open = undefined;
    if (first !== undefined && (this.#from <= first || this.#from > this.#sequence)) return;
    this.#end('response.failed', failedResponse(this.#facts, this.response.output, 'ATTEMPT_SUPERSEDED'));
  }

  #whole(item: object): void {
    this.#send('response.output_item.added', { output_index: this.response.output.length, item });
    this.#done(item);
  }

  #done(item: object): void {
    const output_index = this.response.output.length;
    // The array is this stream's own: a copy for each item would cost the square of a long run.
    this.response.output.push(item);
    this.#send('response.output_item.done', { output_index, item });
  }

  #end(type: string, response: WireResponse): void {
    this.response = response;
    this.#send(type, { response });
  }

  #send(type: string, body: object): void {
    const sequence_number = this.#sequence++;
    const spared = this.#voidFrom !== undefined && this.#from <= this.#voidFrom;
    if (sequence_number < this.#from || spared) return;
    this.#frames.push({ event: type, data: JSON.stringify({ type, sequence_number, ...body }) });
  }
}
