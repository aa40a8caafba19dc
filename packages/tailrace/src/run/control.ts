/**
 * How a run is asked to stop. One signal goes up into the loop (R1); everything a run waits for is waited for together with it.
 */
import { checkKinds } from '../agent/option.ts';
import { AbortScope } from '../base/abort.ts';
import { inspectable } from '../base/error-text.ts';
import { type AgentsError, RunCancelledError, SystemError, UserError } from '../event/errors.ts';
import type { CancelMode } from '../event/run-event.ts';

export interface CancelOptions {
  /** `immediate` (default) stops now; `after_turn` lets the turn's model and tools finish first. */
  mode?: CancelMode;
  /** Why; becomes the `cause` of the RunCancelledError, and as text the log's reason. */
  reason?: unknown;
}

const MODES: Readonly<Record<CancelMode, true>> = { immediate: true, after_turn: true };

/** @throws UserError OPTION_UNKNOWN, OPTION_TYPE */
export function checkCancelOptions(options: CancelOptions): void {
  checkKinds('cancel()', options, { mode: 'text', reason: 'other' });
  const { mode } = options;
  if (mode === undefined || Object.hasOwn(MODES, mode)) return;
  const known = Object.keys(MODES).join(', ');
  throw new UserError(`cancel(): '${String(mode)}' is no mode. Known are: ${known}.`, { code: 'OPTION_TYPE' });
}

export interface CancelRequest {
  mode: CancelMode;
  reason: unknown;
  error: RunCancelledError;
}

/** Thrown in a run that somebody else goes on with: its log stays open. */
export class RunLeft extends SystemError {
  constructor(runId: string) {
    super(`Run ${runId} goes on elsewhere: this process has left it.`, { code: 'RUN_LEFT', runId });
  }
}

export class RunControl implements Disposable {
  readonly runId: string;
  readonly #scope: AbortScope = new AbortScope();
  readonly #link: Disposable | undefined;
  readonly #onRequest: (request: CancelRequest, mail?: number) => void;
  readonly #parent: RunControl | undefined;
  #afterTurn: CancelRequest | undefined;
  #immediate: CancelRequest | undefined;
  #leaving: AgentsError | undefined;

  /** `caller` is the signal that the run's caller gave: its abort is an immediate cancel. `parent`: of the run that a nested agent's run is part of. */
  constructor(
    runId: string,
    caller: AbortSignal | undefined,
    onRequest: (request: CancelRequest, mail?: number) => void = () => undefined,
    parent?: RunControl,
  ) {
    this.#parent = parent;
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
    return this.#immediate ?? this.#parent?.immediate;
  }

  /** Set when this process is to leave the run to another one, or to its own next try: what the loop throws at the next step boundary. */
  get leaving(): AgentsError | undefined {
    return this.#leaving ?? this.#parent?.leaving;
  }

  /** Asks the loop to stop at the next step boundary without ending the run; `why` is what it throws then. */
  leave(why?: AgentsError): void {
    this.#leaving ??= why ?? new RunLeft(this.runId);
  }

  /** Stops now without ending the run. The log must be closed before: what was under way must look as if the process had died. */
  abandon(): void {
    this.leave();
    this.#scope.abort(this.#leaving);
  }

  /** @throws RunLeft at a step boundary, when the run is to go on elsewhere */
  boundary(): void {
    if (this.#leaving) throw this.#leaving;
  }

  /** Idempotent: the first request of a mode counts, and immediate wins over after_turn. False when it changed nothing. `mail`: the message that asks for it. */
  cancel({ mode = 'immediate', reason: given }: CancelOptions = {}, mail?: number): boolean {
    const reason = inspectable(given);
    const request = { mode, reason, error: cancelledError(this.runId, reason) };
    if (this.signal.aborted || (mode === 'after_turn' && this.#afterTurn)) return false;
    this.#onRequest(request, mail);
    if (mode === 'after_turn') this.#afterTurn = request;
    else {
      this.#immediate = request;
      this.#scope.abort(request.error);
    }
    return true;
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
