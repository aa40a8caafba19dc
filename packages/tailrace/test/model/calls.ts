import { getEventListeners } from 'node:events';
import { expect } from 'vitest';
import type { StreamEvent } from '../../src/event/stream-event.ts';
import { OpenAIChatCompletionsModel, OpenAIResponsesModel, type OpenAIClientOptions } from '../../src/model/index.ts';
import type { ModelRequest } from '../../src/port/model.ts';
import type { ModelProviderError } from '../../src/event/errors.ts';

export type WireName = 'responses' | 'chat';
export const WIRES: readonly WireName[] = ['responses', 'chat'];
export const KEY = 'sk-test-CANARY-1234567890abcd';

export type OpenAIModel = OpenAIResponsesModel | OpenAIChatCompletionsModel;

export function modelOn(wire: WireName, url: string, options: Partial<OpenAIClientOptions> = {}): OpenAIModel {
  const Model = wire === 'responses' ? OpenAIResponsesModel : OpenAIChatCompletionsModel;
  return new Model({ baseURL: url, apiKey: KEY, ...options }, 'test-model');
}

export function request(fields: Partial<ModelRequest> = {}): ModelRequest {
  return { input: 'hi', modelSettings: {}, tools: [], handoffs: [], outputType: 'text', tracing: false, ...fields };
}

/** All events, and what was thrown after them. */
export async function collect(
  model: OpenAIModel,
  fields: Partial<ModelRequest> = {},
): Promise<{ events: StreamEvent[]; error: ModelProviderError | undefined }> {
  const events: StreamEvent[] = [];
  let error: unknown;
  try {
    for await (const event of model.getStreamedResponse(request(fields))) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  return { events, error: error as ModelProviderError | undefined };
}

/** What a rejected call rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<ModelProviderError> {
  try {
    await work;
  } catch (error) {
    return error as ModelProviderError;
  }
  throw new Error('The call was expected to fail, and it succeeded');
}

/** The error of the streamed and of the plain call, which must agree. */
export async function bothFailures(
  model: OpenAIModel,
  fields: Partial<ModelRequest> = {},
): Promise<ModelProviderError> {
  const plain = await failureOf(model.getResponse(request(fields)));
  const { error } = await collect(model, fields);
  expect([error?.constructor, error?.code]).toEqual([plain.constructor, plain.code]);
  return plain;
}

export function doneOf(events: readonly StreamEvent[]): Extract<StreamEvent, { type: 'response_done' }>['response'] {
  const done = events.filter((event) => event.type === 'response_done');
  expect(done).toHaveLength(1);
  return done[0]!.response;
}

export function textOf(events: readonly StreamEvent[]): string {
  return events.map((event) => (event.type === 'output_text_delta' ? event.delta : '')).join('');
}

export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

/** A fetch that answers with these bytes in these pieces. */
export function fetchOf(pieces: readonly Uint8Array[], contentType: string = 'text/event-stream'): typeof fetch {
  return () => {
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces[at++];
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    });
    return Promise.resolve(new Response(body, { headers: { 'content-type': contentType } }));
  };
}

/** Server-sent events of these values. */
export function sse(values: readonly unknown[], options: { done?: boolean; ending?: string } = {}): Uint8Array {
  const frames = values.map((value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`);
  if (options.done === true) frames.push('data: [DONE]\n\n');
  return new TextEncoder().encode(frames.join('').replaceAll('\n', options.ending ?? '\n'));
}

/** The events of a model whose stream is these values. */
export function answered(
  wire: WireName,
  values: readonly unknown[],
  done: boolean = wire === 'chat',
): ReturnType<typeof collect> {
  return collect(modelOn(wire, 'http://model.test/v1', { fetch: fetchOf([sse(values, { done })]) }));
}
