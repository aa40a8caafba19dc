/** Where a reader of a folded stream goes on. */
import { parsePosition } from '../log/position.ts';
import { HttpError } from './http-error.ts';
import type { Call } from './route.ts';

/**
 * The event after the position that the reader has. The beginning, where what it has is not in the log any more: these streams begin by saying what they are.
 *
 * @throws UserError OFFSET_INVALID. HttpError OFFSET_FUTURE, OFFSET_PRUNED
 */
export async function placeAfter({ service }: Call, run: string, position: string): Promise<Place> {
  const { seq, epoch } = parsePosition(position);
  const { store } = service.runtime;
  const head = await store.head(run);
  if (!head || epoch > head.epoch || (seq >= head.next && epoch === head.epoch))
    throw new HttpError('OFFSET_FUTURE', `The next event of this run will be ${head?.next ?? 0}.`, {
      data: { next: head?.next ?? 0 },
    });
  const [event] = seq < head.next ? await store.read(run, seq, 1) : [];
  if (event?.type === 'log.pruned')
    throw new HttpError('OFFSET_PRUNED', 'The events from there on were pruned. Begin anew.');
  return { from: event?.epoch === epoch ? seq + 1 : 0, next: head.next };
}

export interface Place {
  from: number;
  /** The sequence number that the run's next event gets. */
  next: number;
}

/** The position that a request comes back with: `Last-Event-ID`, or `?after=`. */
export function givenPosition({ request, url }: Pick<Call, 'request' | 'url'>): string | undefined {
  const given = request.headers.get('last-event-id') ?? url.searchParams.get('after');
  return given === null || given === '' ? undefined : given;
}
