import { tellObserver } from '../base/observer.ts';
import type { LateResult } from './options.ts';
import type { RunScope } from './scope.ts';

/** Counts what came too late, and gives it to whoever asked for it. That it throws is not the run's business any more. */
export function reportLate(run: RunScope, late: LateResult): void {
  run.lateResults += 1;
  tellObserver(() => run.plan.config.onLateResult?.(late));
}
