import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../src/compare.ts';
import { differences, expectedOf, missingFor, renderDifferences } from '../src/different.ts';
import { programs } from '../src/programs/index.ts';
import { reference, tailrace, type Side } from '../src/sides.ts';

let theirs: Side;
let ours: Side;
const used = new Set<string>();

beforeAll(async () => {
  theirs = await reference();
  ours = await tailrace();
});

afterAll(() => {
  theirs.sdk.setTraceProcessors([]);
  ours.sdk.setTraceProcessors([]);
});

describe('the same program on the published package and on Tailrace', () => {
  it.each(Object.entries(programs).filter(([name]) => !missingFor(name)))('%s', async (name, program) => {
    const expected = expectedOf(name, await program(theirs.sdk, theirs.testing), used);
    const got = await program(ours.sdk, ours.testing);
    expect(compare(expected, got)).toEqual([]);
  });

  it.each(Object.entries(programs).filter(([name]) => missingFor(name)))(
    '%s: refused for now',
    async (name, program) => {
      await expect(program(ours.sdk, ours.testing)).rejects.toMatchObject({ name: missingFor(name)?.error });
    },
  );

  it('needs every row of the table of differences', () => {
    expect(differences.map((row) => row.id).filter((id) => !used.has(id))).toEqual([]);
  });
});

describe('the page of differences', () => {
  it('is what the table says', () => {
    expect(readFileSync(new URL('../../docs/different.md', import.meta.url), 'utf8')).toBe(renderDifferences());
  });
});
