export type InvalidScriptedModelStepReason =
  | 'invalid_input'
  | 'unknown_step_type'
  | 'missing_response'
  | 'invalid_response'
  | 'missing_error'
  | 'missing_responder'
  | 'invalid_stream'
  | 'incompatible_call';

/** The model was called once more than its script has steps. */
export class UnexpectedModelCallError extends Error {
  /** The place of the call in `ScriptedModel.calls`, from 0. */
  readonly callIndex: number;
  readonly streamed: boolean;

  constructor(call: { readonly index: number; readonly streamed: boolean }) {
    const kind = call.streamed ? 'streamed' : 'non-streamed';
    super(
      `The script has no step left for ${kind} call ${call.index}. Add a step, or look why the model is called again.`,
    );
    this.name = 'UnexpectedModelCallError';
    this.callIndex = call.index;
    this.streamed = call.streamed;
  }
}

/** A test ended with steps that no call has used. */
export class UnconsumedModelStepsError extends Error {
  readonly remainingSteps: number;

  constructor(remainingSteps: number) {
    super(`${remainingSteps} steps of the script were not used: the model was called less often than expected.`);
    this.name = 'UnconsumedModelStepsError';
    this.remainingSteps = remainingSteps;
  }
}

export interface InvalidScriptedModelStepOptions {
  reason: InvalidScriptedModelStepReason;
  message: string;
  inputIndex?: number;
  callIndex?: number;
  stepType?: string;
}

/** A step is not one, or does not fit the call that reached it. */
export class InvalidScriptedModelStepError extends Error {
  readonly reason: InvalidScriptedModelStepReason;
  /** The place of the step among the inputs of the constructor or `enqueue()`, from 0. */
  declare readonly inputIndex?: number;
  /** The place of the call in `ScriptedModel.calls`, from 0. */
  declare readonly callIndex?: number;
  declare readonly stepType?: string;

  constructor(options: InvalidScriptedModelStepOptions) {
    super(options.message);
    this.name = 'InvalidScriptedModelStepError';
    this.reason = options.reason;
    if (options.inputIndex !== undefined) this.inputIndex = options.inputIndex;
    if (options.callIndex !== undefined) this.callIndex = options.callIndex;
    if (options.stepType !== undefined) this.stepType = options.stepType;
  }
}

/** The request's signal aborted. Its `name` is `AbortError`; it has no `callIndex` when the signal had aborted before the call. */
export class ScriptedModelRequestAbortedError extends Error {
  declare readonly callIndex?: number;

  constructor(callIndex?: number) {
    super('The signal of the scripted model request has aborted.');
    this.name = 'AbortError';
    if (callIndex !== undefined) this.callIndex = callIndex;
  }
}
