// Chance that can be had again: each round's seed is printed when it fails, and TAILRACE_SEED sets it.

export const long: boolean = process.env['TAILRACE_ROUNDS'] === 'long';

/** The seeds of so many rounds. With TAILRACE_SEED there is one round, that one. */
export function seeds(count: number): number[] {
  const given = process.env['TAILRACE_SEED'];
  if (given !== undefined) return [Number(given)];
  const first = Math.floor(Math.random() * 2 ** 31);
  return Array.from({ length: count }, (_, index) => first + index * 7919);
}

/** Does the work for each seed, some at a time: most of a round is waiting. The first that fails ends it. */
export async function inLanes(
  all: readonly number[],
  lanes: number,
  work: (seed: number, lane: number) => Promise<void>,
): Promise<void> {
  const left = all.slice();
  let failed = false;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let seed = left.shift(); seed !== undefined && !failed; seed = left.shift()) {
        try {
          await work(seed, lane);
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    }),
  );
}

export interface Chance {
  /** From 0 (inclusive) to `below`, whole. */
  upTo(below: number): number;
  /** True so often of 1. */
  maybe(share: number): boolean;
  of<T>(choices: readonly T[]): T;
}

/** Mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    upTo: (below) => Math.floor(next() * below),
    maybe: (share) => next() < share,
    of: (choices) => choices[Math.floor(next() * choices.length)] as (typeof choices)[number],
  };
}
