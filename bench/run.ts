/**
 * `npm run bench`: what Tailrace costs beside the floor (no SDK at all) and the published @openai/agents.
 *
 * Every figure is a median over fresh processes, the subjects by turns. It is CPU time of the process, where nothing else is said, because the machine may be
 * busy with other things. `--quick` takes one round; `--only <case>` one case; `--rounds <n>`; `--no-build` measures `dist` as it is; `--write` puts
 * the tables into RESULTS.md. Nothing here fails because something was slow.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Figures } from './cases/case.ts';
import { importOnce, installedSize } from './imports.ts';
import { measure, startModelServer } from './processes.ts';
import { medians, type Results, tables, writeResults } from './results.ts';

const ALL = ['raw', 'raw-http', 'tailrace', '@openai/agents'];
const SDKS = ['tailrace', '@openai/agents'];

const CASES: Readonly<Record<string, readonly string[]>> = {
  deltas16: ALL,
  deltas1: ALL,
  deltasInProcess: ['raw', 'tailrace', '@openai/agents'],
  shortRun: ALL,
  toolTurns: ALL,
  parallelCalls: ALL,
  spans: SDKS,
  retention: SDKS,
};

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    build: { type: 'boolean', default: true },
    write: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const { quick, only } = options;
const rounds = Number(options.rounds ?? (quick ? 1 : 3));
const root = join(import.meta.dirname, '..');
const began = performance.now();

if (options.build) execFileSync(process.execPath, [join(root, 'scripts', 'build.ts')], { stdio: 'inherit' });

const runs: Record<string, Record<string, Figures[]>> = {};
const note = (name: string, subject: string, figures: Figures): void => {
  ((runs[name] ??= {})[subject] ??= []).push(figures);
};

{
  using server = await startModelServer();
  for (let round = 0; round < rounds; round++) {
    for (const [name, subjects] of Object.entries(CASES)) {
      if (only !== undefined && !name.startsWith(only)) continue;
      // Memory does not vary as time does.
      if (name === 'retention' && round > 0) continue;
      for (const subject of subjects) note(name, subject, await measure(name, subject, { server: server.url, quick }));
    }
    console.log(`round ${round + 1} of ${rounds}, ${Math.round((performance.now() - began) / 1_000)} s`);
  }
}

if (only === undefined || only === 'import') {
  for (let time = 0; time < (quick ? 3 : 9); time++) {
    note('import', 'bare', await importOnce(undefined));
    for (const sdk of SDKS) note('import', sdk, await importOnce(sdk));
  }
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: join(root, 'packages', 'tailrace'),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as { unpackedSize: number }[];
  note('installed', 'tailrace', installedSize('tailrace', packed[0]?.unpackedSize));
  note('installed', '@openai/agents', installedSize('@openai/agents'));
}

const results: Results = medians(runs);
const text = tables(results, rounds);
console.log(`\n${text}`);
if (options.write) writeResults(text);
console.log(`${Math.round((performance.now() - began) / 1_000)} s`);
