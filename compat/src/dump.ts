// Prints what programs show: node src/dump.ts <reference|tailrace|both> [part of a name] [aspect]
// `both` prints only where Tailrace is not what the reference and the table of differences make expected.
import { compare } from './compare.ts';
import { expectedOf, withoutAdditions } from './different.ts';
import type { Observation, Program } from './program.ts';
import { programs } from './programs/index.ts';
import { reference, tailrace, type Side } from './sides.ts';

const [which = 'reference', part = '', aspect] = process.argv.slice(2);
const chosen = Object.entries(programs).filter(([name]) => name.includes(part));
if (which === 'both') await printMismatches(await reference(), await tailrace());
else await printObservations(which === 'tailrace' ? await tailrace() : await reference());

async function printObservations(side: Side): Promise<void> {
  for (const [name, program] of chosen) {
    console.log(`## ${name}`);
    for (const [key, value] of Object.entries(await show(program, side))) {
      if (aspect === undefined || aspect === key) console.log(`${key}: ${JSON.stringify(value)}`);
    }
  }
}

async function printMismatches(theirs: Side, ours: Side): Promise<void> {
  let equal = 0;
  for (const [name, program] of chosen) {
    const expected = expectedOf(name, await show(program, theirs), new Set());
    const mismatches = compare(expected, withoutAdditions(await show(program, ours), new Set()));
    if (mismatches.length === 0) equal += 1;
    else console.log(`## ${name}`);
    for (const { path, expected: want, got } of mismatches) {
      if (aspect !== undefined && !path.startsWith(aspect)) continue;
      console.log(`- ${path}\n    expected ${JSON.stringify(want)}\n    got      ${JSON.stringify(got)}`);
    }
  }
  console.log(`${equal} of ${chosen.length} programs are equal`);
}

async function show(program: Program, { sdk, testing }: Side): Promise<Observation> {
  const limit = new Promise<Observation>((resolve) => {
    setTimeout(() => resolve({ crashed: 'no end after 10 s' }), 10_000).unref();
  });
  const shown = (async () => program(sdk, testing))().catch((error: unknown) => ({
    crashed: String((error as Error)?.stack ?? error),
  }));
  return Promise.race([shown, limit]);
}
