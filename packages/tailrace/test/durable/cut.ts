// Logs cut short, as a process that was killed leaves them, in a store of their own.
import type { RunEvent } from '../../src/event/run-event.ts';
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import type { LogStore } from '../../src/port/log-store.ts';
import { lastSeq } from '../../src/port/pruned-range.ts';

/** Everything that the store has of the run. */
export async function eventsOf(store: LogStore, run: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let from = 0; ;) {
    const page = await store.read(run, from, 1_000);
    const last = page.at(-1);
    if (!last) return events;
    events.push(...page);
    from = lastSeq(last) + 1;
  }
}

/** A store that has these events of one run, as data: nothing live of the process that wrote them. */
export function storeWith(events: readonly RunEvent[]): MemoryLogStore {
  const store = new MemoryLogStore();
  fill(store, events);
  return store;
}

export function fill(store: LogStore, events: readonly RunEvent[]): void {
  const [first] = events;
  if (!first) return;
  let epoch = 0;
  let clientSeq = 0;
  for (const event of JSON.parse(JSON.stringify(events)) as RunEvent[]) {
    while (epoch < event.epoch) {
      void store.claim(first.run);
      epoch++;
      clientSeq = 0;
    }
    void store.append(first.run, epoch, ++clientSeq, [event], 'group');
  }
}

/** The log up to and with the n-th (from 1) event of a kind. */
export function upTo(events: readonly RunEvent[], type: RunEvent['type'], nth = 1): RunEvent[] {
  const places = events.flatMap((event, index) => (event.type === type ? [index] : []));
  const place = places[nth - 1];
  if (place === undefined) throw new Error(`The log has ${places.length} ${type}, not ${nth}.`);
  return events.slice(0, place + 1);
}
