import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { LogStore, RunEvent } from '../../src/index.ts';

/** How a first life is run, and what becomes of the append that it dies at. */
export const WAYS: readonly { stream: boolean; stored: boolean; how: string }[] = [false, true].flatMap((stream) =>
  [true, false].map((stored) => ({
    stream,
    stored,
    how: `${stream ? 'streamed' : 'whole'}, append ${stored ? 'stored' : 'lost'}`,
  })),
);

interface World {
  readonly store: LogStore;
}

export interface Lives<W extends World> {
  fresh: () => W;
  /** Begins `run_1` and runs it to its end. A streamed result may be given as it is: its end is waited for. What fails before the writer is dead fails the test. */
  live: (world: W, store: LogStore) => Promise<unknown>;
  /** Whether the append that the writer dies at is stored. */
  stored: boolean;
  /** More appends than this, a life makes. */
  moreThan: number;
  uncut?: (world: W) => unknown;
  close?: (world: W) => unknown;
}

export interface Death<W extends World> {
  world: W;
  /** What the log has when the writer is dead. */
  before: readonly RunEvent[];
  label: string;
}

const ENDS = new Set<RunEvent['type']>(['run.completed', 'run.failed', 'run.cancelled']);

/** The worlds in which the writer has died, once at each append that a life makes, and somebody has to go on. */
export async function* deaths<W extends World>(lives: Lives<W>): AsyncGenerator<Death<W>, void, undefined> {
  const { fresh, stored, close = () => undefined } = lives;
  const whole = fresh();
  const appends = await appendsOf(whole, lives);
  expect(appends).toBeGreaterThan(lives.moreThan);
  await lives.uncut?.(whole);
  await close(whole);
  for (let dies = 1; dies <= appends; dies++) {
    const world = fresh();
    try {
      const { store, dead } = dying(world.store, dies, stored);
      // How many appends a life makes is a matter of time, too: it may end before it was to die.
      await Promise.race([dead, ended(lives.live(world, store))]);
      await sleep(0);
      const before = await world.store.read('run_1', 0, 10_000);
      const last = before.at(-1);
      if (last && !ENDS.has(last.type))
        yield { world, before, label: `death at append ${dies}, ${stored ? 'stored' : 'lost'}` };
    } finally {
      await close(world);
    }
  }
}

async function ended(life: Promise<unknown>): Promise<void> {
  const result = await life;
  if (typeof result === 'object' && result !== null && 'completed' in result) await result.completed;
}

async function appendsOf<W extends World>(world: W, { live }: Lives<W>): Promise<number> {
  let appends = 0;
  const counting = appending(world.store, (...args) => {
    appends += 1;
    return world.store.append(...args);
  });
  await ended(live(world, counting));
  return appends;
}

/** A store whose writer dies at its n-th append: that append is stored or not, and never answered. */
function dying(store: LogStore, dies: number, stored: boolean): { store: LogStore; dead: Promise<void> } {
  const { promise: dead, resolve } = Promise.withResolvers<void>();
  const never = new Promise<never>(() => undefined);
  let count = 0;
  const mortal = appending(store, (...args) => {
    count += 1;
    if (count > dies) return never;
    if (count < dies) return store.append(...args);
    const written = stored ? store.append(...args) : undefined;
    if (written) void written.then(resolve);
    else resolve();
    return never;
  });
  return { store: mortal, dead };
}

function appending(store: LogStore, append: LogStore['append']): LogStore {
  return new Proxy(store, {
    get(target, key) {
      if (key === 'append') return append;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
