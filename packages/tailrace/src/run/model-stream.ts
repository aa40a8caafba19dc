/**
 * One streamed attempt, as a flow of log events. Pulls the model's stream, watches that it does not fall silent, and keeps what it has come to.
 */
import type { AbortScope } from '../base/abort.ts';
import { ModelBehaviorError, ModelProviderError } from '../event/errors.ts';
import type { StepRef } from '../event/run-event.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import type { Model, ModelRequest, ModelResponse } from '../port/model.ts';
import { encodeBatch } from './encode-part.ts';
import { responseOf, returnedStream } from './model-returned.ts';
import { PartSource } from './part-source.ts';
import type { Batch, Flow, RunScope } from './scope.ts';
import { Watchdog } from './watchdog.ts';

/** What an attempt has come to so far, for the record of one that is stopped. */
export interface Progress {
  text: string;
  delivered: boolean;
}

// A provider's own last event may follow the response. It is kept, but the run does not depend on it.
const TAIL_MS = 1_000;

export class ModelStream implements Flow, Disposable {
  readonly #run: RunScope;
  readonly #ref: StepRef;
  readonly #progress: Progress;
  readonly #watchdog: Watchdog;
  readonly #source: PartSource;
  #begun = false;
  #response: ModelResponse | undefined;
  #failure: { error: unknown } | undefined;

  constructor(run: RunScope, model: Model, request: ModelRequest, scope: AbortScope, ref: StepRef, progress: Progress) {
    this.#run = run;
    this.#ref = ref;
    this.#progress = progress;
    this.#source = new PartSource(model, request, scope.signal);
    this.#watchdog = new Watchdog(run.clock, run.plan.timeouts.firstTokenMs, (ms) =>
      scope.abort(streamIdle(progress, ms)),
    );
  }

  next(): Promise<Batch | undefined> {
    return this.#source.next().then(this.#take, this.#fail);
  }

  /** Once there are no batches left. @throws what the stream failed with, or that it ended without a response */
  get response(): ModelResponse {
    if (this.#failure) throw this.#failure.error;
    if (this.#response) return this.#response;
    throw new ModelBehaviorError('Model did not produce a final response!', {
      code: 'MODEL_STREAM_TRUNCATED',
      runId: this.#run.plan.runId,
    });
  }

  [Symbol.dispose](): void {
    this.#watchdog[Symbol.dispose]();
    this.#source.close();
  }

  readonly #take = (parts: readonly StreamEvent[] | undefined): Batch | undefined => {
    if (!parts) return undefined;
    const batch = encodeBatch(parts, this.#ref);
    if (this.#response) return batch.bodies.concat(batch.after);
    if (this.#begun) this.#watchdog.progress();
    else this.#watchdog.limit(this.#run.plan.timeouts.idleMs);
    this.#begun = true;
    this.#progress.text += batch.text;
    this.#progress.delivered ||= batch.delivered;
    if (!batch.done) return batch.bodies;
    this.#response = responseOf(batch.done);
    this.#watchdog.limit(TAIL_MS);
    // Counted before it is seen: who reads of the response finds its usage in the context.
    this.#run.context.usage.add(this.#response.usage);
    return [...batch.bodies, returnedStream(this.#ref, this.#response, batch.done), ...batch.after];
  };

  // The response was complete: what goes wrong behind it, an abort included, is seen by the next thing the run does.
  readonly #fail = (error: unknown): undefined => {
    if (!this.#response) this.#failure = { error };
  };
}

function streamIdle(progress: Progress, ms: number): ModelProviderError {
  const message = `The model's stream was silent for ${ms} ms after ${progress.text.length} characters. Raise timeouts.idleMs (or firstTokenMs) if the model is only slow.`;
  return new ModelProviderError(message, { code: 'MODEL_STREAM_IDLE', data: { idleMs: ms } });
}
