/** What a throw out of the loop makes of a run. */
import { isAgentsError, serializeError, StaleEpoch } from '../event/errors.ts';
import type { SpanError } from '../event/span-data.ts';
import { reasonText } from './control.ts';
import { type Ending, type RunScope, spanError } from './scope.ts';

/** Every thrown value ends a run: a cancel as cancelled, everything else as failed. */
export function endingFor(run: RunScope, thrown: unknown): Ending {
  const { signal, leaving } = run.control;
  const left = thrown instanceof StaleEpoch ? thrown : leaving;
  // Nothing is said in the log: whoever goes on with the run ends it.
  if (left && (thrown === left || signal.reason === left)) return { event: undefined, error: left };
  // Once the run was stopped, what foreign code throws is how it takes being stopped.
  const error: unknown = signal.aborted && !isAgentsError(thrown) ? signal.reason : thrown;
  const usage = run.context.usage.toData();
  const { immediate, afterTurn } = run.control;
  const cancel = [immediate, afterTurn].find((request) => request?.error === error);
  if (cancel)
    return { event: { type: 'run.cancelled', reason: reasonText(cancel.reason), mode: cancel.mode, usage }, error };
  return { event: { type: 'run.failed', error: serializeError(error, run.plan.runId), usage }, error };
}

/** What the spans that are still open say: nothing for a run that ended as it was asked to. */
export function openSpansError(run: RunScope, ending: Ending): SpanError | undefined {
  return ending.event?.type === 'run.failed' ? failureInSpans(run, ending.error) : undefined;
}

/** What spans say of the failure of the run, or the nested run, that they are of. */
export function failureInSpans(run: RunScope, error: unknown): SpanError | undefined {
  if (isAgentsError(error) && error.code === 'MAX_TURNS')
    return { message: 'Max turns exceeded', data: { ...error.data } };
  // A tool's is that of a call, and its spans say so.
  if (isAgentsError(error) && error.code.endsWith('PUT_GUARDRAIL_TRIPPED')) {
    return { message: 'Guardrail tripwire triggered', data: { ...error.data } };
  }
  return spanError(run, 'Error in agent run', error);
}
