/**
 * What an event means in the process that wrote it: a tool's own return value beside its text, the parsed output beside the raw one.
 * Kept under a symbol, so JSON and every store leave it behind. A reader elsewhere works without it.
 */
const LIVE: unique symbol = Symbol('tailrace.live');

/** Puts `value` beside the event's data. Returns the event. */
export function withLive<T extends object>(event: T, value: unknown): T {
  Object.defineProperty(event, LIVE, { value, enumerable: false });
  return event;
}

/** What `withLive` put there, if this process wrote the event. */
export function liveOf(event: object): unknown {
  return (event as { [LIVE]?: unknown })[LIVE];
}
