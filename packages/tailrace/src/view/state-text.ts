/**
 * A run's state as text: the log itself. One line says what it is; then come the events as they are, with their sequence numbers, without the deltas of completed steps.
 *
 * X1 Whoever reads one trusts nothing in it: what it does not know, it refuses. X2 Nothing of a model, a tool or a trace's key is in it.
 */
import type { Json } from '../base/json.ts';
import { jsonProblem } from '../base/json.ts';
import { sha256 } from '../base/hash.ts';
import type { ErrorCode } from '../event/error-codes.ts';
import { UserError } from '../event/errors.ts';
import { type FoldedRun, foldRun } from '../event/fold.ts';
import type { RunEvent } from '../event/run-event.ts';
import { lastSeq } from '../port/pruned-range.ts';
import type { Said, StateHome } from './state-home.ts';

const FORMAT = 'tailrace-run-state';
/** In characters. */
export const MAX_STATE_LENGTH: number = 64 * 1024 * 1024;

export interface StateText {
  events: RunEvent[];
  folded: FoldedRun;
  runId: string;
  said: Said[];
  /** The caller's context object, where JSON could carry it. */
  context: Json | undefined;
}

interface Header {
  format: typeof FORMAT;
  version: 1;
  run: string;
  /** Of the lines below. */
  sha256: string;
  said?: Said[];
  context?: Json;
}

const HEADER_KEYS: ReadonlySet<string> = new Set(['format', 'version', 'run', 'sha256', 'said', 'context']);

/** One line of what it is, and one an event. */
export function stateText(home: StateHome, context: unknown): string {
  const { header, lines } = written(home, context);
  return [JSON.stringify(header), ...lines].join('\n');
}

/** The same as one object. */
export function stateData(home: StateHome, context: unknown): Record<string, unknown> {
  const { header, events } = written(home, context);
  return { ...header, events };
}

function written(
  { events: kept, runId, said, staged }: StateHome,
  context: unknown,
): { header: Header; lines: string[]; events: RunEvent[] } {
  const events = dense(kept);
  const lines = events.map((event) => JSON.stringify(event));
  const told = [...said.keys(), ...(staged.length > 0 ? [{ input: staged }] : [])];
  const header: Header = {
    format: FORMAT,
    version: 1,
    run: runId,
    sha256: sha256(lines.join('\n')),
    ...(told.length > 0 && { said: told }),
    ...(context !== undefined && jsonProblem(context) === undefined && { context: context as Json }),
  };
  return { header, lines, events };
}

/** With one record for each gap. */
function dense(events: readonly RunEvent[]): RunEvent[] {
  const all: RunEvent[] = [];
  let next = 0;
  for (const event of events) {
    const { seq, run, epoch, at } = event;
    if (seq > next) all.push({ type: 'log.pruned', from: next, to: seq - 1, run, seq: next, epoch, at });
    all.push(event);
    next = lastSeq(event) + 1;
  }
  return all;
}

/** @throws UserError STATE_INVALID, STATE_VERSION, STATE_TOO_LARGE */
export function readStateText(text: unknown): StateText {
  if (typeof text !== 'string') throw invalid(`it is ${text === null ? 'null' : typeof text}, not a text`);
  if (text.length > MAX_STATE_LENGTH)
    throw problem('STATE_TOO_LARGE', `it has ${text.length} characters, and may have ${MAX_STATE_LENGTH}`);
  try {
    return parsed(text);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // What a fold stumbles over, no run has written.
    throw invalid('its events do not fit each other');
  }
}

function parsed(text: string): StateText {
  const { header, lines } = partsOf(text);
  if (sha256(lines.join('\n')) !== header.sha256) throw invalid('its events are not those that were written');
  const events = lines.map((line, index) => eventOf(line, index + 1, header.run));
  let next = 0;
  for (const event of events) {
    if (event.seq !== next) throw invalid(`event ${next} is missing`);
    next = lastSeq(event) + 1;
  }
  const folded = foldRun(events);
  if (!folded || events[0]?.type !== 'run.started') throw invalid('it does not begin with the beginning of a run');
  // Each message that was taken has left an event.
  if (!(folded.mail <= events.length)) throw invalid('its mailbox is larger than its log');
  return { events, folded, runId: header.run, said: header.said ?? [], context: header.context };
}

/** As lines, or as one object: that of `toJSON`, however it was laid out. */
function partsOf(text: string): { header: Header; lines: string[] } {
  const [first = '', ...lines] = text.split('\n');
  const line = jsonObject(first);
  const { events, ...head } = line && !('events' in line) ? line : (jsonObject(text) ?? {});
  if (!Array.isArray(events)) return { header: headerOf(line), lines };
  return { header: headerOf(head), lines: events.map((event) => JSON.stringify(event)) };
}

function headerOf(header: Record<string, unknown> | undefined): Header {
  if (header?.['format'] !== FORMAT) throw invalid('its first line is not the one of a state');
  if (header['version'] !== 1) {
    const got = JSON.stringify(header['version'])?.slice(0, 40);
    throw problem('STATE_VERSION', `its version is ${got}, and this program knows 1`);
  }
  const extra = Object.keys(header).find((key) => !HEADER_KEYS.has(key));
  if (extra !== undefined)
    throw invalid(`its first line has a field that is not known, ${JSON.stringify(extra.slice(0, 40))}`);
  const { run, sha256: hash, said = [] } = header;
  if (typeof run !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(run)) throw invalid('its run has no usable id');
  if (typeof hash !== 'string' || !Array.isArray(said)) throw invalid('its first line is not whole');
  return header as unknown as Header;
}

const EVENT_TYPE = /^[a-z]+\.[a-z_]+$/;

function eventOf(line: string, number: number, run: string): RunEvent {
  const event = jsonObject(line);
  if (!event) throw invalid(`record ${number} is not an event`);
  const { type, seq, epoch, at } = event;
  const whole = [seq, epoch].every((value) => Number.isSafeInteger(value) && (value as number) >= 0);
  if (typeof type !== 'string' || !EVENT_TYPE.test(type) || !whole || typeof at !== 'number' || event['run'] !== run)
    throw invalid(`record ${number} is not an event of run ${run}`);
  return event as unknown as RunEvent;
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function invalid(why: string): UserError {
  return problem('STATE_INVALID', why);
}

function problem(code: ErrorCode, why: string): UserError {
  return new UserError(
    `This is no state that a run can go on from: ${why}. Use a text that state.toString() gave, unchanged.`,
    {
      code,
    },
  );
}
