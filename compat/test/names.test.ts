import { expect, it } from 'vitest';
import { absentNames, absentTestingNames, type AbsentNames } from '../src/names.ts';
import { reference, tailrace } from '../src/sides.ts';

function namesOf(table: readonly AbsentNames[]): string[] {
  return table.flatMap(({ names }) => names).toSorted();
}

function absent(theirs: object, ours: object): string[] {
  return Object.keys(theirs)
    .filter((name) => !(name in ours))
    .toSorted();
}

it('every name of @openai/agents is there, or its absence is explained', async () => {
  const [theirs, ours] = [await reference(), await tailrace()];
  expect(absent(theirs.sdk, ours.sdk)).toEqual(namesOf(absentNames));
  expect(absent(theirs.testing, ours.testing)).toEqual(namesOf(absentTestingNames));
});

it('a name that both have is the same kind of thing', async () => {
  const [theirs, ours] = [await reference(), await tailrace()];
  const shared = Object.entries(theirs.sdk).filter(([name]) => name in ours.sdk);
  const kinds = (value: unknown) => (typeof value === 'function' ? isClass(value) : typeof value);
  const different = shared.filter(
    ([name, value]) => kinds(value) !== kinds((ours.sdk as unknown as Record<string, unknown>)[name]),
  );
  expect(different.map(([name]) => name)).toEqual([]);
});

function isClass(value: object): string {
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function';
}
