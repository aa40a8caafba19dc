/** Attempts whose text is void. */
import type { RunEvent } from './run-event.ts';
import type { StepAttempt, StepRef } from './step-events.ts';

/** One attempt of a step, as a name. */
export function attemptName({ step, attempt }: StepRef): string {
  return `${step}/${attempt}`;
}

/** The attempt that another one takes the place of. */
export function supersededBy({ step, supersedes }: StepAttempt): string {
  return attemptName({ step, attempt: supersedes });
}

/** Attempts of a log that is taken up where it ends: those that were superseded, and a model's that is still open, because whoever made it is gone. */
export function voidAttempts(events: Iterable<RunEvent>): Set<string> {
  const names = new Set<string>();
  let open: string | undefined;
  for (const event of events) {
    if (event.scope) continue;
    if (event.type === 'step.attempt') names.add(supersededBy(event));
    else if (event.type === 'model.called') open = attemptName(event);
    else if (event.type === 'model.returned') open = undefined;
  }
  return open === undefined ? names : names.add(open);
}
