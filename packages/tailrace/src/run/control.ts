/**
 * How a run is asked to stop. One signal goes up into the loop (R1); everything a run waits for is waited for together with it.
 */
import { AbortScope } from '../base/abort.ts';
import { RunCancelledError } from '../event/errors.ts';
import type { CancelMode } from '../event/run-event.ts';

export interface CancelOptions {
  /** `immediate` (default) stops now; `after_turn` lets the turn's model and tools finish first. */
  mode?: CancelMode;
  /** Why; becomes the `cause` of the RunCancelledError, and as text the log's reason. */
  reason?: unknown;
}

export interface CancelRequest {
  mode: CancelMode;
  reason: unknown;
  error: RunCancelledError;
}

export class RunControl implements Disposable {
  readonly runId: string;
  readonly #scope: AbortScope = new AbortScope();
  readonly #link: Disposable | undefined;
  readonly #onRequest: (request: CancelRequest) => void;
  #afterTurn: CancelRequest | undefined;
  #immediate: CancelRequest | undefined;

  /** `caller` is the signal that the run's caller gave: its abort is an immediate cancel. */
  constructor(
    runId: string,
    caller: AbortSignal | undefined,
    onRequest: (request: CancelRequest) => void = () => undefined,
  ) {
    this.runId = runId;
    this.#onRequest = onRequest;
    if (caller) this.#link = linkTo(caller, () => this.cancel({ reason: caller.reason as unknown }));
  }

  /** Aborts when the run has to stop now; its reason is the error that the run ends with. */
  get signal(): AbortScope {
    return this.#scope;
  }

  /** The cancel that the run ends with when this turn is over. */
  get afterTurn(): CancelRequest | undefined {
    return this.#afterTurn;
  }

  /** The cancel that stops the run now. */
  get immediate(): CancelRequest | undefined {
    return this.#immediate;
  }

  /** Idempotent: the first request of a mode counts, and immediate wins over after_turn. */
  cancel({ mode = 'immediate', reason }: CancelOptions = {}): void {
    const request = { mode, reason, error: cancelledError(this.runId, reason) };
    if (this.signal.aborted || (mode === 'after_turn' && this.#afterTurn)) return;
    this.#onRequest(request);
    if (mode === 'after_turn') this.#afterTurn = request;
    else {
      this.#immediate = request;
      this.#scope.abort(request.error);
    }
  }

  /** Stops the run now with an error of its own: a deadline, a lost claim, a failed store. */
  fail(error: unknown): void {
    this.#scope.abort(error);
  }

  [Symbol.dispose](): void {
    this.#link?.[Symbol.dispose]();
    this.#scope[Symbol.dispose]();
  }
}

function linkTo(signal: AbortSignal, callback: () => void): Disposable {
  if (signal.aborted) callback();
  else signal.addEventListener('abort', callback, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', callback) };
}

function cancelledError(runId: string, reason: unknown): RunCancelledError {
  return new RunCancelledError(`Run ${runId} was cancelled: ${reasonText(reason)}.`, { runId, cause: reason });
}

/** A cancel's reason as the log keeps it: one line, no objects. */
export function reasonText(reason: unknown): string {
  if (reason === undefined || reason === null) return 'no reason given';
  if (reason instanceof Error) return reason.name === 'AbortError' ? 'aborted by the caller' : reason.name;
  return typeof reason === 'string' ? reason.slice(0, 200) : typeof reason;
}
