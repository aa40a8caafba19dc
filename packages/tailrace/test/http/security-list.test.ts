// The threats that serving has an answer to, each named by the tests that hold it: a test's name begins with `S1`, `S2`, …
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const THREATS: Readonly<Record<string, string>> = {
  S1: 'a run of somebody else, and a token that was taken back',
  S2: 'ids that are paths, or no ids',
  S3: 'pages of other sites, names that lead here, forms',
  S5: 'text that passes for an event of a stream',
  S7: 'secrets in what clients are told',
  S8: 'names of Object.prototype',
  S9: 'texts that regular expressions take long over',
  S10: 'bodies that are too large, too deep, torn, packed or no text',
  S11: 'clients that take their time, and many that wait',
  S12: 'names with line ends in lines',
  S13: 'SQL in ids and filters',
  S14: 'decisions that are forged, repeated, late, or somebody else’s to make',
  S18: 'positions and states from outside',
  S19: 'runs that hear of one another',
  S21: 'more of everything than there is',
};

const names = globSync('*.test.ts', { cwd: import.meta.dirname })
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  .flatMap((text) =>
    Array.from(text.matchAll(/\b(?:it|test)(?:\.each\([^]*?\))?\(\s*['"`](S\d+)\b/g), ([, name = '']) => name),
  );

it.each(Object.entries(THREATS))('%s: %s', (threat) => {
  expect(names.filter((name) => name === threat).length).toBeGreaterThan(0);
});

it('no test names another one', () => {
  expect([...new Set(names)].filter((name) => !(name in THREATS))).toEqual([]);
});
