import type { StreamEvent, StreamEventResponseCompleted } from '../event/stream-event.ts';
import { Usage } from '../event/usage.ts';
import type { Model, ModelRequest, ModelResponse } from '../port/model.ts';
import type { Endpoint, EndpointPath } from './endpoint.ts';
import type { EventFold } from './event-fold.ts';
import { badResponse, transportFailure, type FailureContext } from './failure.ts';
import type { ProviderObject } from './provider-object.ts';
import { textOfOutput } from './responses-fold.ts';
import { StreamedAnswer, StreamedEvents } from './streamed-answer.ts';
import { TransportFault } from './transport-fault.ts';

/** What tells one wire format from the other. */
export interface Wire {
  readonly path: EndpointPath;
  body(request: ModelRequest, model: string, stream: boolean): string;
  fold(context: FailureContext, request: ModelRequest): EventFold;
  /** The event that an answer in one piece stands for, undefined when it is no answer. */
  wholeEvent(body: unknown): ProviderObject | undefined;
}

/** A model behind one of the wires: one attempt per call, nothing open afterwards. */
export class OpenAIModel implements Model {
  readonly name: string;
  #endpoint: Endpoint;
  #wire: Wire;

  constructor(endpoint: Endpoint, name: string, wire: Wire) {
    this.name = name;
    this.#endpoint = endpoint;
    this.#wire = wire;
  }

  /** One answer, whole. Throws the errors of the run, and the signal's reason after an abort. */
  async getResponse(request: ModelRequest): Promise<ModelResponse> {
    const { path } = this.#wire;
    request.signal?.throwIfAborted();
    const context = this.#context(request);
    const body = this.#wire.body(request, this.name, false);
    const answer = await this.#endpoint.json(path, body, context, request.signal);
    const out: StreamEvent[] = [];
    this.#foldWhole(answer, this.#wire.fold(context, request), context, out);
    return responseOf(out.find((event) => event.type === 'response_done') as StreamEventResponseCompleted);
  }

  /** One answer, event by event. The request is sent at the first `next()`; leaving closes the connection. */
  getStreamedResponse(request: ModelRequest): AsyncIterableIterator<StreamEvent> {
    return new StreamedEvents(this.#streamed(request));
  }

  /** The same in the batches in which it arrived. */
  getStreamedBatches(request: ModelRequest): AsyncIterableIterator<readonly StreamEvent[]> {
    return this.#streamed(request);
  }

  #context({ traceparent, conversationId }: ModelRequest): FailureContext {
    const context = this.#endpoint.context(this.#wire.path, this.name);
    if (traceparent !== undefined) context.traceparent = traceparent;
    // The conversation would have the input twice.
    if (conversationId !== undefined) context.once = true;
    return context;
  }

  #streamed(request: ModelRequest): StreamedAnswer {
    const { path } = this.#wire;
    const context = this.#context(request);
    const fold = this.#wire.fold(context, request);
    return new StreamedAnswer(
      {
        fold,
        open: (signal) => this.#endpoint.stream(path, this.#wire.body(request, this.name, true), context, signal),
        foldWhole: (answer, out) => this.#foldStreamedWhole(answer, fold, context, out),
        malformed: (text) => badResponse('an event that is not JSON', 200, streamHeader, text, context),
        failure: (error) =>
          error instanceof TransportFault && error.kind === 'cut'
            ? fold.truncated(error)
            : transportFailure(error, context),
      },
      request.signal,
    );
  }

  #foldWhole(answer: unknown, fold: EventFold, context: FailureContext, out: StreamEvent[]): void {
    const event = this.#wire.wholeEvent(answer);
    if (event === undefined) {
      throw badResponse('JSON that is not a model answer', 200, jsonHeader, JSON.stringify(answer) ?? '', context);
    }
    fold.take(event, undefined, out);
    if (!fold.isOver) fold.done(out);
  }

  /** A provider that ignores `stream: true`: its text becomes one delta. */
  #foldStreamedWhole(answer: unknown, fold: EventFold, context: FailureContext, out: StreamEvent[]): void {
    this.#foldWhole(answer, fold, context, out);
    const at = out.findIndex((event) => event.type === 'response_done');
    const done = out[at];
    if (done?.type !== 'response_done' || out.some((event) => event.type === 'output_text_delta')) return;
    const delta = textOfOutput(done.response.output);
    if (delta !== '') out.splice(at, 0, { type: 'output_text_delta', delta });
  }
}

function responseOf({ response }: StreamEventResponseCompleted): ModelResponse {
  const { id, output, usage, requestId, rawUsage, providerData } = response;
  return {
    usage: new Usage(usage),
    output,
    ...(id === '' ? {} : { responseId: id }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(rawUsage === undefined ? {} : { rawUsage }),
    ...(providerData === undefined ? {} : { providerData }),
  };
}

const streamHeader = (name: string): string | undefined => (name === 'content-type' ? 'text/event-stream' : undefined);
const jsonHeader = (name: string): string | undefined => (name === 'content-type' ? 'application/json' : undefined);
