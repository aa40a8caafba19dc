/** Events as the JSON text that a store keeps. */
import { jsonProblem, tryStringify } from '../base/json.ts';
import { SystemError } from '../event/errors.ts';
import type { RunEvent } from '../event/run-event.ts';

/** @throws {SystemError} naming the first event that is not JSON, and where in it. */
export function jsonOf(run: string, events: readonly RunEvent[]): string {
  const text = tryStringify(events);
  if (text !== undefined) return text;
  const [event, problem] = firstProblem(events);
  throw new SystemError(`Event ${event} of run '${run}' cannot be stored, because it is not JSON: ${problem}.`, {
    runId: run,
  });
}

function firstProblem(events: readonly RunEvent[]): [event: string, problem: string] {
  for (const event of events) {
    if (tryStringify(event) === undefined)
      return [`${event.seq} (${event.type})`, jsonProblem(event) ?? 'it is too deep'];
  }
  return ['?', 'it changes while it is written'];
}
