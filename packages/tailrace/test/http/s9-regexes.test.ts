// S9: no regular expression takes longer than a text is long.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, run } from 'tailrace';
import { offlineModel } from 'tailrace/offline';
import { parseAst } from 'rolldown/parseAst';
import { expect, it } from 'vitest';

const library = join(import.meta.dirname, '..', '..', 'src');

/** All that are written out in the sources, but for those of the model for demos, which reads a bounded text. */
const found = globSync('**/*.{ts,tsx}', { cwd: library })
  .filter((path) => !path.startsWith('model/offline-'))
  .flatMap((path) => {
    const lang = path.endsWith('x') ? 'tsx' : 'ts';
    const text = readFileSync(join(library, path), 'utf8');
    return regexesOf(parseAst(text, { lang })).map((regex) => [path, regex] as const);
  });

function regexesOf(node: unknown): RegExp[] {
  if (Array.isArray(node)) return node.flatMap(regexesOf);
  if (typeof node !== 'object' || node === null) return [];
  const { regex } = node as { regex?: { pattern: string; flags: string } };
  if (regex) return [new RegExp(regex.pattern, regex.flags)];
  return Object.values(node).flatMap(regexesOf);
}

const LENGTH = 100_000;
const TEXTS = Array.from('a0 <-:.;"\\/={[\n\t%@A', (char) => char.repeat(LENGTH));
TEXTS.push(
  'a '.repeat(LENGTH / 2),
  'a:'.repeat(LENGTH / 2),
  '\\"'.repeat(LENGTH / 2),
  `${'0'.repeat(LENGTH)}x`,
  `${' '.repeat(LENGTH)}x`,
);

it('S9 the sources have regular expressions, and they were found', () => {
  expect(found.length).toBeGreaterThan(60);
});

// One that goes back and forth takes seconds.
const LIMIT_MS = 250;

it('S9 each of them is done with 100 kB in a quarter of a second', () => {
  const slow: string[] = [];
  for (const [path, regex] of found) {
    for (const text of TEXTS) {
      let least = Infinity;
      // Again, if it was slow: something else may have run.
      for (let attempt = 0; attempt < 5 && least >= LIMIT_MS; attempt++) {
        const start = performance.now();
        regex.lastIndex = 0;
        text.replace(regex, '');
        least = Math.min(least, performance.now() - start);
      }
      if (least >= LIMIT_MS)
        slow.push(`${path} ${String(regex)} on ${JSON.stringify(text.slice(0, 4))}…: ${Math.round(least)} ms`);
    }
  }
  expect(slow).toEqual([]);
}, 60_000);

it('S9 the model for demos is done with 100 kB, too', async () => {
  for (const char of ['a', '0', ' ', '<', '\n']) {
    const start = performance.now();
    const agent = new Agent({ name: 'Demo', model: offlineModel() });
    await run(agent, char.repeat(LENGTH));
    expect(performance.now() - start, JSON.stringify(char)).toBeLessThan(10_000);
  }
}, 60_000);
