/**
 * One streamed attempt, as a flow of log events. Pulls the model's stream, watches that it does not fall silent, and keeps what it has come to.
 */
import type { AbortScope } from '../base/abort.ts';
import { ModelBehaviorError, ModelProviderError } from '../event/errors.ts';
import type { ModelReturned, StepRef } from '../event/step-events.ts';
import type { StreamEvent, StreamEventResponseCompleted } from '../event/stream-event.ts';
import type { Model, ModelRequest, ModelResponse } from '../port/model.ts';
import { encodeBatch, type PartEncoding, type Progress } from './encode-part.ts';
import { responseOf, returnedStream } from './model-returned.ts';
import { PartSource } from './part-source.ts';
import type { Batch, Flow, RunScope } from './scope.ts';
import { Watchdog } from './watchdog.ts';

// A provider's own last event may follow the response. It is kept, but the run does not depend on it.
const TAIL_MS = 1_000;

export class ModelStream implements Flow, Disposable {
  readonly #run: RunScope;
  readonly #encoding: PartEncoding;
  readonly #watchdog: Watchdog;
  readonly #source: PartSource<Batch>;
  #begun = false;
  #response: ModelResponse | undefined;

  constructor(run: RunScope, model: Model, request: ModelRequest, scope: AbortScope, ref: StepRef, progress: Progress) {
    this.#run = run;
    this.#encoding = { ref, progress, complete: (done) => this.#complete(model, done) };
    this.#source = new PartSource(model, request, scope, (parts) => this.#take(parts));
    this.#watchdog = new Watchdog(run.clock, run.plan.timeouts.firstTokenMs, (ms) =>
      scope.abort(streamIdle(progress, ms)),
    );
  }

  next(): Promise<Batch | undefined> {
    return this.#source.next();
  }

  /** Once there are no batches left. @throws what the stream failed with, or that it ended without a response */
  get response(): ModelResponse {
    // The response was complete: what goes wrong behind it, an abort included, is seen by the next thing the run does.
    if (this.#response) return this.#response;
    if (this.#source.failure) throw this.#source.failure.error;
    throw new ModelBehaviorError('Model did not produce a final response!', {
      code: 'MODEL_STREAM_TRUNCATED',
      runId: this.#run.plan.runId,
    });
  }

  [Symbol.dispose](): void {
    this.#watchdog[Symbol.dispose]();
    this.#source.close();
  }

  #take(parts: readonly StreamEvent[]): Batch {
    if (!this.#response) {
      if (this.#begun) this.#watchdog.progress();
      else this.#watchdog.limit(this.#run.plan.timeouts.idleMs);
      this.#begun = true;
    }
    return encodeBatch(parts, this.#encoding);
  }

  #complete(model: Model, done: StreamEventResponseCompleted): ModelReturned {
    this.#response = responseOf(model, done);
    this.#watchdog.limit(TAIL_MS);
    // Counted before it is seen: who reads of the response finds its usage in the context.
    this.#run.context.usage.add(this.#response.usage);
    return returnedStream(this.#encoding.ref, this.#response, done);
  }
}

function streamIdle(progress: Progress, ms: number): ModelProviderError {
  const message = `The model's stream was silent for ${ms} ms after ${progress.text.length} characters. Raise timeouts.idleMs (or firstTokenMs) if the model is only slow.`;
  return new ModelProviderError(message, { code: 'MODEL_STREAM_IDLE', data: { idleMs: ms } });
}
