import { AgentsError } from '../event/errors.ts';
import type { RunEvent } from '../event/run-event.ts';

/**
 * From log events to the text of the answer. Text that went out cannot be taken back: when another attempt takes the place of one that
 * was shown, the view ends with ATTEMPT_SUPERSEDED.
 */
export function textView(): (events: readonly RunEvent[]) => string[] {
  const shown = new Set<string>();
  return (events) => {
    const texts: string[] = [];
    for (const event of events) {
      if (event.scope) continue;
      if (event.type === 'model.delta' && event.text !== undefined && event.text !== '') {
        shown.add(`${event.step}/${event.attempt}`);
        texts.push(event.text);
      } else if (event.type === 'model.part' && event.part.type === 'output_text_delta') {
        shown.add(`${event.step}/${event.attempt}`);
        texts.push(event.part.delta);
      } else if (event.type === 'step.attempt' && shown.has(`${event.step}/${event.supersedes}`))
        throw superseded(event.run);
    }
    return texts;
  };
}

function superseded(runId: string): AgentsError {
  return new AgentsError(
    `Run ${runId} started an attempt that replaces text already sent. Read the run again from the start.`,
    {
      code: 'ATTEMPT_SUPERSEDED',
      runId,
    },
  );
}
