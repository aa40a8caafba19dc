import { AgentsError } from '../event/errors.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { ModelDelta, ModelPart } from '../event/step-events.ts';
import { attemptName, supersededBy } from '../event/superseded.ts';

/**
 * From log events to the text of the answer. Text of an attempt that is known to be superseded is left out. Text that went out cannot be taken back: when another
 * attempt takes the place of one that this view gave out, it ends with ATTEMPT_SUPERSEDED.
 *
 * `superseded`: attempts that were void when this view began, by `attemptName`.
 */
export function textView(superseded: ReadonlySet<string> = new Set()): (events: readonly RunEvent[]) => string[] {
  const shown = new Set<string>();
  const dead = new Set(superseded);
  return (events) => {
    for (const event of events) if (event.type === 'step.attempt' && !event.scope) dead.add(supersededBy(event));
    const texts: string[] = [];
    for (const event of events) {
      if (event.scope) continue;
      if (event.type === 'step.attempt' && shown.has(supersededBy(event))) throw replaced(event.run);
      if (event.type !== 'model.delta' && event.type !== 'model.part') continue;
      const text = textOf(event);
      const attempt = attemptName(event);
      if (text === undefined || (dead.has(attempt) && !shown.has(attempt))) continue;
      shown.add(attempt);
      texts.push(text);
    }
    return texts;
  };
}

function textOf(event: ModelDelta | ModelPart): string | undefined {
  if (event.type === 'model.delta') return event.text === '' ? undefined : event.text;
  return event.part.type === 'output_text_delta' ? event.part.delta : undefined;
}

function replaced(runId: string): AgentsError {
  return new AgentsError(
    `Run ${runId} started an attempt that replaces text already sent. Read the run again from the start.`,
    {
      code: 'ATTEMPT_SUPERSEDED',
      runId,
    },
  );
}
