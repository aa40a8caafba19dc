// Everything that must hold, in the order in which a failure is cheapest to meet.
// `node scripts/check.ts` runs all steps, `node scripts/check.ts lint types` only those.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command, root } from './command.ts';

const minute = 60_000;

interface Step {
  readonly name: string;
  readonly holds: string;
  readonly run: readonly [file: string, ...args: string[]];
  readonly limitMs?: number;
}

const steps: readonly Step[] = [
  { name: 'format', holds: 'every file is formatted', run: ['oxfmt', '--check', '.'] },
  { name: 'lint', holds: 'type-aware rules, no import cycles, no warnings', run: ['npm', 'run', '-s', 'lint'] },
  { name: 'types', holds: 'everything type-checks against the sources', run: ['npm', 'run', '-s', 'types'] },
  {
    name: 'fences',
    holds: 'code in the documents is the code in examples/',
    run: ['node', 'scripts/fences.ts', 'check'],
  },
  {
    name: 'tests',
    holds: 'unit, property, compatibility, architecture and public-API tests',
    run: ['vitest', 'run', '--reporter=default', '--reporter=json', '--outputFile.json=.check/vitest.json'],
    limitMs: 20 * minute,
  },
  { name: 'build', holds: 'one file a door and chunks, one .d.ts per source file', run: ['node', 'scripts/build.ts'] },
  { name: 'publint', holds: 'package.json says what is packed', run: ['npm', 'run', '-s', 'publint'] },
  { name: 'attw', holds: 'types resolve for every consumer of ES modules', run: ['npm', 'run', '-s', 'attw'] },
  { name: 'knip', holds: 'no unused file, export or dependency', run: ['npm', 'run', '-s', 'knip'] },
  { name: 'size', holds: 'the package stays within its size budget', run: ['node', 'scripts/size.ts'] },
  { name: 'floor', holds: 'the packed tarball works on the oldest Node', run: ['node', 'scripts/floor/run.ts'] },
  { name: 'examples', holds: 'every example ends well within its time limit', run: ['node', 'scripts/examples.ts'] },
  { name: 'shell', holds: 'shell lines marked `run` in the documents work', run: ['node', 'scripts/fences.ts', 'run'] },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`No step ${unknown.join(', ')}. Steps: ${steps.map((step) => step.name).join(' ')}`);
  process.exit(2);
}

const chosen = steps.filter((step) => wanted.length === 0 || wanted.includes(step.name));
const records = join(root, '.check');
rmSync(records, { recursive: true, force: true });
mkdirSync(records, { recursive: true });

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
const began = performance.now();
const times: string[] = [];
for (const step of chosen) {
  console.log(`\n== ${step.name}: ${step.holds}`);
  const stepBegan = performance.now();
  const [file, ...args] = step.run;
  const result = await command(file, args, { limitMs: step.limitMs ?? 3 * minute, live: true });
  const time = `${step.name} ${seconds(stepBegan)} s`;
  times.push(time);
  if (!result.ok) {
    console.log(`\nFAILED ${time}, ${result.ending}. Again alone: npm run check -- ${step.name}`);
    process.exit(1);
  }
  console.log(`ok ${time}`);
}
console.log(`\n${times.join(', ')}`);
console.log(`check: all ${chosen.length} steps passed in ${seconds(began)} s on Node ${process.versions.node}`);
