/** A run as its own events: the stream that our client reads. It stays open while the run waits, and can begin anywhere. */
import type { RunEvent } from '../event/run-event.ts';
import type { Telling } from './telling.ts';

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Asks proxies not to hold frames back.
  'x-accel-buffering': 'no',
} as const;

/** `view` leaves out what the reader may not see: undefined for a whole event. */
export function nativeTelling(view: (event: RunEvent) => object | undefined): Telling {
  return {
    tell: (event) => {
      const shown = view(event);
      return shown === undefined ? [] : [{ event: event.type, data: JSON.stringify(shown) }];
    },
    isLast: () => false,
    failed: () => [{ event: 'error', data: JSON.stringify({ type: 'error', code: 'INTERNAL' }) }],
    headers: STREAM_HEADERS,
    folds: false,
  };
}
