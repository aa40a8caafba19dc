/**
 * What a model gives, looked at once where it comes in: the mistake of a custom model is said with its name, and is no TypeError of ours later.
 * Pieces of a stream are not looked at: there are ten thousand.
 */
import { ModelBehaviorError } from '../event/errors.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import { isSoundUsage, Usage } from '../event/usage.ts';
import type { Model, ModelRequest, ModelResponse } from '../port/model.ts';

/** The response, with usage that can be summed. @throws ModelBehaviorError */
export function checkedResponse(model: Model, given: unknown): ModelResponse {
  if (!isObject(given)) throw malformed(model, `a response that is ${kindOf(given)}, not an object`);
  const { output, usage } = given as { output?: unknown; usage?: unknown };
  checkOutput(model, output);
  const response = given as unknown as ModelResponse;
  return usage instanceof Usage && isSoundUsage(usage) ? response : { ...response, usage: usageOf(usage) };
}

/** What the model says that it used: it was asked once, even when it says nothing. */
export function usageOf(given: unknown): Usage {
  return new Usage(isObject(given) ? given : {});
}

/** @throws ModelBehaviorError */
export function checkOutput(model: Model, output: unknown): void {
  if (!Array.isArray(output))
    throw malformed(model, `a response whose output is ${kindOf(output)}, not a list of items`);
  for (const [index, item] of (output as unknown[]).entries()) {
    const place = `output[${index}]`;
    if (!isObject(item)) throw malformed(model, `a response whose ${place} is ${kindOf(item)}, not an item`);
    const { type, role, content, name } = item as Record<string, unknown>;
    if (role === 'assistant' && (type === undefined || type === 'message')) checkContent(model, place, content);
    if (type === 'function_call' && typeof name !== 'string') {
      throw malformed(model, `a response whose ${place}, a function_call, has ${kindOf(name)} for a name`);
    }
  }
}

function checkContent(model: Model, place: string, content: unknown): void {
  if (!Array.isArray(content)) {
    throw malformed(model, `a response whose ${place}.content is ${kindOf(content)}, not a list of parts`);
  }
  const wrong = (content as unknown[]).findIndex((part) => !isObject(part));
  if (wrong === -1) return;
  throw malformed(model, `a response whose ${place}.content[${wrong}] is ${kindOf(content[wrong])}, not a part`);
}

/** The model's stream, and whether it comes in batches. @throws ModelBehaviorError for what cannot be read */
export function openStream(
  model: Model,
  request: ModelRequest,
): { iterator: AsyncIterator<StreamEvent | readonly StreamEvent[]>; batched: boolean } {
  const batched = model.getStreamedBatches !== undefined;
  const stream: unknown = model.getStreamedBatches?.(request) ?? model.getStreamedResponse(request);
  if (!isObject(stream) || typeof (stream as Partial<AsyncIterable<never>>)[Symbol.asyncIterator] !== 'function') {
    throw malformed(model, `a stream that is ${kindOf(stream)}, not an async iterable`);
  }
  return { iterator: (stream as unknown as AsyncIterable<StreamEvent>)[Symbol.asyncIterator](), batched };
}

/** The error of a model that gave what a model does not give. */
export function malformed(model: Model, what: string): ModelBehaviorError {
  return new ModelBehaviorError(`${nameOf(model)} gave ${what}.`, {
    publicMessage: 'The model gave something that is no response.',
  });
}

function nameOf(model: Model): string {
  if (model.name !== undefined) return `Model '${model.name}'`;
  const { constructor: made } = model as { constructor?: unknown };
  return typeof made === 'function' && made !== Object && made.name !== '' ? `Model ${made.name}` : 'The model';
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
