import type { StreamEvent, StreamEventResponseCompleted } from '../../event/stream-event.ts';
import type { OutputText } from '../../event/item.ts';
import { Usage } from '../../event/usage.ts';
import { abortable } from '../../base/abort.ts';
import { UserError } from '../../event/errors.ts';
import type { Model, ModelRequest, ModelResponse } from '../../port/model.ts';
import { badResponse, type FailureContext } from '../failure.ts';
import { isObject, type ProviderObject } from '../provider-object.ts';
import { StreamedAnswer } from '../streamed-answer.ts';
import { AnswerFold } from './answer-fold.ts';
import { AnswerItems } from './answer-items.ts';
import { callOptions } from './call-options.ts';
import { thrownFailure } from './failure.ts';
import { type AiSdkSpecificationVersion, type LanguageModelCompatible, nameOf, versionOf } from './language-model.ts';
import { PartStream } from './part-stream.ts';

export interface AiSdkOutputTextTransformContext {
  request: ModelRequest;
  provider: string;
  modelId: string;
  specificationVersion: AiSdkSpecificationVersion;
  stream: boolean;
}

export type AiSdkOutputTextTransform = (
  text: string,
  context: AiSdkOutputTextTransformContext,
) => string | Promise<string>;

export interface AiSdkModelOptions {
  /** Changes the text of a finished answer, part by part. What was streamed before stays as it was. */
  transformOutputText?: AiSdkOutputTextTransform;
}

/**
 * A model of the AI SDK as a model of a run: one attempt per call, nothing open afterwards. What it throws becomes an error of the run, with a code; the run
 * retries, not the model.
 */
export class AiSdkModel implements Model {
  readonly name: string;
  readonly #model: LanguageModelCompatible;
  readonly #transform: AiSdkOutputTextTransform | undefined;

  /** @throws UserError OPTION_TYPE for what is no language model: a name, or a model for embeddings or images */
  constructor(model: LanguageModelCompatible, options: AiSdkModelOptions = {}) {
    checkModel(model);
    this.name = nameOf(model);
    this.#model = model;
    this.#transform = options.transformOutputText;
  }

  /** One answer, whole. Rejects with the signal's reason after an abort. */
  async getResponse(request: ModelRequest): Promise<ModelResponse> {
    const { signal } = request;
    signal?.throwIfAborted();
    const context = this.#context();
    const out: StreamEvent[] = [];
    try {
      const asked = this.#call('doGenerate', callOptions(request, this.#model, signal));
      const result = signal === undefined ? await asked : await abortable(asked, signal);
      if (!isObject(result)) throw notAnAnswer(context);
      this.#fold(context, request).foldWhole(result, out);
    } catch (error) {
      signal?.throwIfAborted();
      throw thrownFailure(error, context);
    }
    const done = out.find((event) => event.type === 'response_done') as StreamEventResponseCompleted;
    const { id, output, usage, rawUsage } = (await this.#transformed(done, request, false)).response;
    return {
      usage: new Usage(usage),
      output,
      ...(id !== '' && { responseId: id }),
      ...(rawUsage !== undefined && { rawUsage }),
    };
  }

  /** One answer, event by event. The request is sent at the first `next()`; leaving aborts it. */
  async *getStreamedResponse(request: ModelRequest): AsyncGenerator<StreamEvent, undefined> {
    for await (const batch of this.getStreamedBatches(request)) yield* batch;
  }

  /** The same, part by part. */
  getStreamedBatches(request: ModelRequest): AsyncIterableIterator<readonly StreamEvent[], undefined> {
    const answer = this.#streamed(request);
    return this.#transform === undefined ? answer : this.#transforming(answer, request);
  }

  #streamed(request: ModelRequest): StreamedAnswer {
    const context = this.#context();
    const fold = this.#fold(context, request);
    return new StreamedAnswer(
      {
        fold,
        open: async (signal) => {
          try {
            const asked = this.#call('doStream', callOptions(request, this.#model, signal));
            const result = await abortable(asked, signal);
            if (!isObject(result) || typeof result['stream'] !== 'object') throw notAnAnswer(context);
            return { stream: new PartStream(result['stream'], context, signal) };
          } catch (error) {
            throw thrownFailure(error, context);
          }
        },
        foldWhole: (answer, out) => fold.foldWhole(answer as ProviderObject, out),
        malformed: () => notAnAnswer(context),
        failure: (error) => error as Error,
      },
      request.signal,
    );
  }

  #transforming(
    answer: StreamedAnswer,
    request: ModelRequest,
  ): AsyncIterableIterator<readonly StreamEvent[], undefined> {
    const change = async (event: StreamEvent): Promise<StreamEvent> =>
      event.type === 'response_done' ? this.#transformed(event, request, true) : event;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        const next = await answer.next();
        return next.done === true ? next : { done: false, value: await Promise.all(next.value.map(change)) };
      },
      async return() {
        await answer.return();
        return { done: true, value: undefined };
      },
    };
  }

  async #transformed(
    done: StreamEventResponseCompleted,
    request: ModelRequest,
    stream: boolean,
  ): Promise<StreamEventResponseCompleted> {
    const transform = this.#transform;
    if (transform === undefined) return done;
    const { provider, modelId } = this.#model;
    const about = { request, provider, modelId, specificationVersion: versionOf(this.#model), stream };
    const changed = async (part: OutputText): Promise<OutputText> => ({
      ...part,
      text: await transform(part.text, about),
    });
    const output = await Promise.all(
      done.response.output.map(async (item) => {
        if (item.type !== 'message' || item.role !== 'assistant') return item;
        const content = await Promise.all(
          item.content.map(async (part) => (part.type === 'output_text' ? changed(part) : part)),
        );
        return { ...item, content };
      }),
    );
    return { ...done, response: { ...done.response, output } };
  }

  #fold(context: FailureContext, { modelSettings }: ModelRequest): AnswerFold {
    return new AnswerFold(context, new AnswerItems(this.#model), modelSettings.preserveRawUsage === true);
  }

  #context(): FailureContext {
    return { url: `ai-sdk:${this.#model.provider}`, model: this.name, apiKey: undefined };
  }

  /** What a model throws before it gives a promise is no other kind of failure. */
  async #call(method: 'doGenerate' | 'doStream', options: ProviderObject): Promise<unknown> {
    return await this.#model[method](options as never);
  }
}

function checkModel(model: unknown): void {
  if (isObject(model) && typeof model['doGenerate'] === 'function' && typeof model['doStream'] === 'function') return;
  const got =
    typeof model === 'string'
      ? `the text ${JSON.stringify(model.slice(0, 40))}`
      : isObject(model)
        ? 'an object without them'
        : typeof model;
  throw new UserError(
    `aisdk() takes a language model of the AI SDK, which has doGenerate and doStream; got ${got}. Make one with a provider's package: aisdk(anthropic('claude-…')).`,
    { code: 'OPTION_TYPE' },
  );
}

function notAnAnswer(context: FailureContext): Error {
  return badResponse('something that is no answer of a language model', 200, () => undefined, '', context);
}

/** A model of the AI SDK, version v2, v3 or v4 of its specification, for an agent: `new Agent({ model: aisdk(anthropic('claude-…')) })`. */
export function aisdk(model: LanguageModelCompatible, options?: AiSdkModelOptions): AiSdkModel {
  return new AiSdkModel(model, options);
}
