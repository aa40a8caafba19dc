/** The input guardrails of a run's first turn: those before the model, and those beside it. */
import type { AnyAgent } from '../agent/agent.ts';
import type { InputGuardrail } from '../agent/guardrail.ts';
import { inputChecks, RunningChecks } from './guardrails.ts';
import { withoutVerdict } from './recorded-verdicts.ts';
import type { RunScope, Steps } from './scope.ts';

/** Runs the blocking ones to their end. @throws the first trip or failure */
export async function* passBlocking(
  run: RunScope,
  agent: AnyAgent,
  guardrails: readonly InputGuardrail[],
): Steps<void> {
  const blocking = pending(run, guardrails).filter(({ runInParallel }) => runInParallel === false);
  if (blocking.length === 0) return;
  using checks = new RunningChecks(run, agent, inputChecks(run, agent, blocking), run.control.signal);
  yield* checks.settle();
}

/** Starts the others. Undefined when there are none. */
export function runParallel(
  run: RunScope,
  agent: AnyAgent,
  guardrails: readonly InputGuardrail[],
): RunningChecks | undefined {
  const parallel = pending(run, guardrails).filter(({ runInParallel }) => runInParallel !== false);
  if (parallel.length === 0) return undefined;
  return new RunningChecks(run, agent, inputChecks(run, agent, parallel), run.control.signal);
}

// A verdict that the log has is not asked for again.
function pending(run: RunScope, guardrails: readonly InputGuardrail[]): readonly InputGuardrail[] {
  return withoutVerdict(guardrails, 'input', run.folded?.verdicts);
}
