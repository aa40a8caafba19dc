/** What an input filter made of the items that it was given: told apart by where they come from. */
import { canonical } from '../base/json.ts';
import type { AgentInputItem } from '../event/item.ts';

/** One call of an input filter. */
export interface FilterCall {
  /** The items as they were before. */
  before: readonly AgentInputItem[];
  /** The copies that it was given, which it may have changed. */
  given: readonly AgentInputItem[];
  gave: readonly AgentInputItem[];
}

/**
 * For each item that the filter gave, the place of the one that it was made of; undefined for what it added. An item is the same object, or is equal, or, where a
 * filter writes items anew, it is the next one in order: what it leaves out is, as a rule, the oldest.
 */
export function placesOf({ before, given, gave }: FilterCall): readonly (number | undefined)[] {
  const places = gave.map((): number | undefined => undefined);
  const left = new Set(before.keys());
  const take = (at: number, place: number | undefined): void => {
    if (place !== undefined && left.delete(place)) places[at] = place;
  };
  const objects = new Map(given.map((item, place) => [item, place]));
  for (const [at, item] of gave.entries()) take(at, objects.get(item));
  const equals = new Map<string, number[]>();
  for (const place of left) {
    const key = canonical(before[place]);
    equals.set(key, [...(equals.get(key) ?? []), place]);
  }
  for (let at = gave.length - 1; at >= 0; at--)
    if (places[at] === undefined) take(at, equals.get(canonical(gave[at]))?.pop());
  const anew = [...places.keys()].filter((at) => places[at] === undefined);
  const rest = [...left];
  const newest = rest.slice(Math.max(0, rest.length - anew.length));
  for (const [index, at] of anew.entries()) take(at, newest[index]);
  return places;
}

/** The places of items that are new, among those that a filter was given: of equal ones, the last. */
export function placesAmong(all: readonly AgentInputItem[], fresh: readonly AgentInputItem[]): ReadonlySet<number> {
  const wanted = new Map<string, number>();
  for (const item of fresh) {
    const key = canonical(item);
    wanted.set(key, (wanted.get(key) ?? 0) + 1);
  }
  const places = new Set<number>();
  for (let place = all.length - 1; place >= 0 && places.size < fresh.length; place--) {
    const key = canonical(all[place]);
    const count = wanted.get(key) ?? 0;
    if (count === 0) continue;
    wanted.set(key, count - 1);
    places.add(place);
  }
  return places;
}
