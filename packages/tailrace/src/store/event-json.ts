/** Events as the JSON text that a store keeps. */
import { jsonProblem, tryParse, tryStringify } from '../base/json.ts';
import { LimitError, SystemError } from '../event/errors.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';

// Well above what a model, a tool or an input may bring by default, and well below what one string, or one row, can hold.
const MAX_EVENT_CHARS = 64 * 1024 * 1024;

/** @throws {LimitError} `LOG_FULL` when they are too large to be written at once. @throws {SystemError} naming the first event that is not JSON, and where in it. */
export function jsonOf(run: string, events: readonly RunEvent[]): string {
  const text = tryStringify(events);
  if (text !== undefined) {
    if (text.length > MAX_EVENT_CHARS && !events.some(isTerminal)) throw tooLarge(run, events, text.length);
    return text;
  }
  const [event, problem] = firstProblem(events);
  throw new SystemError(`Event ${event} of run '${run}' cannot be stored, because it is not JSON: ${problem}.`, {
    runId: run,
  });
}

/**
 * The events of a row. Whoever can write to the file can write anything: what is no event is found here, and not somewhere in a fold.
 *
 * @throws {SystemError} `STORE_FAILED`
 */
export function eventsOf(path: string, run: string, body: string): RunEvent[] {
  const events = tryParse(body);
  if (Array.isArray(events) && events.every(isEvent)) return events;
  throw new SystemError(
    `The store ${path} holds ${body.length} characters for run '${run}' that are no list of events. Was the file damaged, or written by something else? Restore it, or delete the run.`,
    { code: 'STORE_FAILED', runId: run },
  );
}

function isEvent(value: unknown): value is RunEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, type, epoch, at } = value as Partial<Record<keyof RunEvent, unknown>>;
  return Number.isSafeInteger(seq) && typeof type === 'string' && typeof epoch === 'number' && typeof at === 'number';
}

function tooLarge(run: string, events: readonly RunEvent[], length: number): LimitError {
  const types = [...new Set(events.map(({ type }) => type))].join(', ');
  const message =
    `Event ${events[0]?.seq ?? 0} of run '${run}' (${types}) is ${length} characters of JSON, and one may have ${MAX_EVENT_CHARS}. ` +
    'Keep what is that large elsewhere, and say where it is.';
  return new LimitError(message, { code: 'LOG_FULL', runId: run, data: { length, limit: MAX_EVENT_CHARS } });
}

function firstProblem(events: readonly RunEvent[]): [event: string, problem: string] {
  for (const event of events) {
    if (tryStringify(event) === undefined)
      return [`${event.seq} (${event.type})`, jsonProblem(event) ?? 'it is too deep'];
  }
  return ['?', 'it changes while it is written'];
}
