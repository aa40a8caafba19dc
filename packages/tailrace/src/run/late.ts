import type { LateResult, RunConfig } from './options.ts';

/** Gives what came too late to whoever asked for it. That it throws is not the run's business any more. */
export function reportLate(config: Partial<RunConfig>, late: LateResult): void {
  try {
    const answer: unknown = config.onLateResult?.(late);
    if (answer instanceof Promise) answer.catch(() => undefined);
  } catch {
    // An observer.
  }
}
