/**
 * `npm run bench:durable`: what it costs that a run outlives its process.
 *
 * Medians over fresh processes, by turns. `--quick` takes one short round; `--rounds <n>`; `--no-build` measures `dist` as it is; `--write` puts the table into
 * RESULTS-DURABLE.md. Nothing here fails because something was slow.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Figures } from './cases/case.ts';
import type { DurableOptions } from './durable-child.ts';
import { node, startModelServer } from './processes.ts';
import { medians } from './results.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    build: { type: 'boolean', default: true },
    write: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const { quick } = options;
const rounds = Number(options.rounds ?? (quick ? 1 : 3));
const root = join(import.meta.dirname, '..');
if (options.build) execFileSync(process.execPath, [join(root, 'scripts', 'build.ts')], { stdio: 'inherit' });

const directory = mkdtempSync(join(tmpdir(), 'bench-durable-'));
const memoryDisk = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/bench-durable-') : undefined;
let files = 0;
const runs: Record<string, Figures[]> = {};

async function measure(part: string, given: DurableOptions): Promise<Figures> {
  const output = await node([join(import.meta.dirname, 'durable-child.ts'), part, JSON.stringify(given)]);
  return JSON.parse(output) as Figures;
}

const note = (part: string, figures: Figures): unknown => (runs[part] ??= []).push(figures);

try {
  using server = await startModelServer();
  const fresh = (): DurableOptions => ({ server: server.url, path: join(directory, `${files++}.db`), quick });
  for (let round = 0; round < rounds; round++) {
    for (const part of ['none', 'memory', 'sqlite', 'append', 'stream']) note(part, await measure(part, fresh()));
    // The same code on a disk that has nothing to sync: what is left of the cost is ours.
    if (memoryDisk !== undefined)
      note('synced to nothing', await measure('sqlite', { ...fresh(), path: join(memoryDisk, `${files}.db`) }));
    const shared = fresh();
    const [, figures] = await Promise.all([measure('speak', shared), measure('tail', shared)]);
    note('tail', figures);
    console.log(`round ${round + 1} of ${rounds}`);
  }
} finally {
  for (const made of [directory, memoryDisk]) if (made !== undefined) rmSync(made, { recursive: true });
}

const all = medians({ durable: runs })['durable'] ?? {};
const of = (part: string, figure: string): number => all[part]?.[figure] ?? Number.NaN;
const base = of('none', 'cpuMsPerTurn');

type Row = [says: string, figure: string, goal: string, met: boolean | undefined];
const rows: Row[] = [
  ['a turn of 20 deltas and a tool call, in memory, CPU ms', base.toFixed(3), '', undefined],
  ['the same with a store in memory, × that', (of('memory', 'cpuMsPerTurn') / base).toFixed(2), '', undefined],
  [
    'the same on SQLite, × that',
    (of('sqlite', 'cpuMsPerTurn') / base).toFixed(2),
    '≤ 1.5',
    of('sqlite', 'cpuMsPerTurn') / base <= 1.5,
  ],
  [
    'the same where the disk is memory, so that a sync costs nothing, × that',
    (of('synced to nothing', 'cpuMsPerTurn') / base).toFixed(2),
    '',
    undefined,
  ],
  [
    'wall time a turn, in memory and on SQLite, ms',
    `${of('none', 'wallMsPerTurn').toFixed(2)}, ${of('sqlite', 'wallMsPerTurn').toFixed(2)}`,
    '',
    undefined,
  ],
  [
    'deltas appended in groups of 32 by one writer, a second',
    of('append', 'perSecond').toFixed(0),
    '≥ 100000',
    of('append', 'perSecond') >= 100_000,
  ],
  ['the same, CPU µs a delta', of('append', 'cpuµs').toFixed(2), '', undefined],
  ['deltas through a run on SQLite, model in process, a second', of('stream', 'perSecond').toFixed(0), '', undefined],
  [
    'a live tail in another process, from the model to the reader, p50 ms',
    of('tail', 'p50').toFixed(1),
    '< 10',
    of('tail', 'p50') < 10,
  ],
  ['the same, p90 and p99 ms', `${of('tail', 'p90').toFixed(1)}, ${of('tail', 'p99').toFixed(1)}`, '', undefined],
  ['CPU of that reader, of one core', `${(of('tail', 'readerCpuShare') * 100).toFixed(1)} %`, '', undefined],
];

const WHY = `What limits a run on SQLite is the disk: \`tool.called\` is synced before the run goes on, one sync a turn, and what the kernel does for
a sync is CPU of the process. The row with the disk in memory is the same code where a sync costs nothing.`;

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${process.platform}, Node ${process.versions.node}`;
const table = [
  `${machine}; medians of ${rounds} ${rounds === 1 ? 'process' : 'processes'} each, by turns.`,
  '',
  '| | figure | goal | |',
  '|---|---:|---|---|',
  ...rows.map(
    ([says, figure, goal, met]) =>
      `| ${says} | ${figure} | ${goal} | ${met === undefined ? '' : met ? 'met' : 'missed'} |`,
  ),
  '',
].join('\n');
console.log(`\n${table}`);
if (options.write) {
  const head =
    '# What durable runs cost\n\n`npm run bench:durable` measures; `npm run bench:durable -- --write` writes this file.';
  writeFileSync(join(import.meta.dirname, 'RESULTS-DURABLE.md'), `${head}\n\n${WHY}\n\n${table}`);
}
