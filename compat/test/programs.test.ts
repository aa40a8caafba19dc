import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compare } from '../src/compare.ts';
import { additions, differences, expectedOf, withoutAdditions } from '../src/different.ts';
import { renderPage } from '../src/page.ts';
import { programs } from '../src/programs/index.ts';
import { reference, tailrace, type Side } from '../src/sides.ts';

let theirs: Side;
let ours: Side;
const used = new Set<string>();
const named = new Set<string>();

/** The same module, noting the names that programs take from it. */
function watched<T extends object>(module: T): T {
  return new Proxy(module, {
    get(target, name): unknown {
      named.add(String(name));
      return Reflect.get(target, name);
    },
  });
}

beforeAll(async () => {
  // Both sides warn when a result is read before its end, which the programs do on purpose.
  for (const method of ['warn', 'error'] as const) vi.spyOn(console, method).mockImplementation(() => {});
  theirs = await reference();
  const { sdk, testing } = await tailrace();
  ours = { sdk: watched(sdk), testing: watched(testing) };
});

afterAll(() => {
  theirs.sdk.setTraceProcessors([]);
  ours.sdk.setTraceProcessors([]);
});

describe('the same program on the published package and on Tailrace', () => {
  it.each(Object.entries(programs))('%s', async (name, program) => {
    const expected = expectedOf(name, await program(theirs.sdk, theirs.testing), used);
    const got = withoutAdditions(await program(ours.sdk, ours.testing), used);
    expect(compare(expected, got)).toEqual([]);
  });

  it('has a program for every name that both packages have', () => {
    const both = [theirs.sdk, theirs.testing].flatMap((module, index) => {
      const other = [ours.sdk, ours.testing][index]!;
      return Object.keys(module).filter((name) => name in other);
    });
    expect(both.length).toBeGreaterThan(150);
    expect(both.filter((name) => !named.has(name)).toSorted()).toEqual([]);
  });

  it('needs every row of the table of differences', () => {
    expect([...differences, ...additions].map((row) => row.id).filter((id) => !used.has(id))).toEqual([]);
  });
});

describe('the page of differences', () => {
  it('is what the table says', () => {
    expect(readFileSync(new URL('../../docs/different.md', import.meta.url), 'utf8')).toBe(renderPage());
  });
});
