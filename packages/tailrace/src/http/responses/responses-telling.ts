/**
 * A run as the stream of the OpenAI Responses API (platform.openai.com/docs/api-reference/responses-streaming).
 *
 * W1 `sequence_number` counts the frames, from 0, the same for every reader; what was void before a reader came is counted, and not sent. W2 An executed call is shown together with its output, never alone: a lone one would ask
 * the client to run it. W3 Text that was said and is taken back by a new attempt ends the stream with ATTEMPT_SUPERSEDED: this protocol cannot take anything back.
 * W4 A run that waits for decisions ends as completed, with one `mcp_approval_request` for each call; the client answers with the request that follows.
 */
import { isAssistantMessage } from '../../event/item.ts';
import type { AssistantMessageItem, FunctionCallItem, FunctionCallResultItem } from '../../event/item.ts';
import type { ItemAdded, RunEvent } from '../../event/run-event.ts';
import type { StepRef } from '../../event/step-events.ts';
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
  type WireResponse,
} from './response-object.ts';

interface OpenMessage {
  id: string;
  index: number;
  text: string;
}

export interface ResponsesTellingOptions {
  /** Which stretch between two waits is told, from 0. */
  segment?: number;
  /** The first frame that is sent: the reader has those before. */
  from?: number;
  /** Attempts that were void when the reader came. */
  dead?: DeadAttempts;
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
  readonly #calls: Map<string, FunctionCallItem> = new Map();

  constructor(
    facts: ResponseFacts,
    exposureOf: ExposureOf,
    { segment = 0, from = 0, dead = new Map() }: ResponsesTellingOptions = {},
  ) {
    this.#from = from;
    this.#dead = dead;
    this.#facts = facts;
    this.#segment = segment;
    this.#exposureOf = exposureOf;
    this.response = responseObject(facts, [], 'in_progress');
  }

  tell(event: RunEvent): Frame[] {
    this.#frames = [];
    if (event.scope || this.response.status !== 'in_progress') return this.#frames;
    if (this.#at === this.#segment) this.#show(event);
    else if (event.type === 'run.suspended') this.#pass();
    else if (event.type === 'item.added' && event.item.type === 'function_call')
      this.#calls.set(event.item.callId, event.item);
    else if (event.type === 'item.added' && event.item.type === 'function_call_result')
      this.#calls.delete(event.item.callId);
    return this.#frames;
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
      case 'step.attempt':
        if (event.of === 'model' && this.#open) this.#takenBack();
        return;
      case 'item.added':
        return this.#item(event);
      case 'approval.requested': {
        const args = this.#exposureOf(event.tool).arguments ? event.arguments : '{}';
        this.#whole({
          type: 'mcp_approval_request',
          id: event.callId,
          name: event.tool,
          server_label: event.agent,
          arguments: args,
        });
        return;
      }
      case 'run.suspended':
        return this.#end('response.completed', { ...responseObject(this.#facts, this.response.output, 'completed') });
      case 'run.completed':
      case 'run.cancelled':
      case 'run.failed': {
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

  #executed(result: FunctionCallResultItem): void {
    const { callId, name } = result;
    const call = this.#calls.get(callId);
    if (!call) return;
    this.#calls.delete(callId);
    const exposed = this.#exposureOf(name);
    const args = exposed.arguments ? call.arguments : '{}';
    const id = call.id ?? `fc_${callId}`;
    const shown = { type: 'function_call', id, call_id: callId, name, arguments: args, status: 'completed' };
    const output_index = this.response.output.length;
    this.#send('response.output_item.added', {
      output_index,
      item: { ...shown, arguments: '', status: 'in_progress' },
    });
    this.#send('response.function_call_arguments.delta', { output_index, item_id: id, delta: args });
    this.#send('response.function_call_arguments.done', { output_index, item_id: id, name, arguments: args });
    this.#done(shown);
    const output = exposed.output ? outputText(result.output) : '';
    this.#whole({ type: 'function_call_output', id: `fco_${callId}`, call_id: callId, output, status: 'completed' });
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

  #beginMessage(given?: string): OpenMessage {
    const id = given ?? `msg_${this.#facts.id}_${this.#messages}`;
    this.#messages += 1;
    const index = this.response.output.length;
    const item = { type: 'message', id, role: 'assistant', status: 'in_progress', content: [] };
    this.#send('response.output_item.added', { output_index: index, item });
    const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    this.#send('response.content_part.added', { item_id: id, output_index: index, content_index: 0, part });
    return { id, index, text: '' };
  }

  #message(item: AssistantMessageItem): void {
    const text = item.content
      .map((part) => (part.type === 'output_text' ? part.text : part.type === 'refusal' ? part.refusal : ''))
      .join('');
    const open = (this.#open ??= this.#beginMessage(item.id));
    // What was streamed may be less than the whole, and a response that was not streamed is told in one piece.
    if (text.length > open.text.length && text.startsWith(open.text)) this.#delta(text.slice(open.text.length));
    this.#open = undefined;
    const at = { item_id: open.id, output_index: open.index, content_index: 0 };
    const part = { type: 'output_text', text, annotations: [], logprobs: [] };
    this.#send('response.output_text.done', { ...at, text, logprobs: [] });
    this.#send('response.content_part.done', { ...at, part });
    this.#done({ type: 'message', id: open.id, role: 'assistant', status: 'completed', content: [part] });
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
    this.response = { ...this.response, output: [...this.response.output, item] };
    this.#send('response.output_item.done', { output_index, item });
  }

  #end(type: string, response: WireResponse): void {
    this.response = response;
    this.#send(type, { response });
  }

  #send(type: string, body: object): void {
    const sequence_number = this.#sequence++;
    if (sequence_number < this.#from || this.#voidFrom !== undefined) return;
    this.#frames.push({ event: type, data: JSON.stringify({ type, sequence_number, ...body }) });
  }
}
