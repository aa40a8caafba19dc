/** The figures as the tables of RESULTS.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Figures } from './cases/case.ts';

/** Case → subject → figure. */
export type Results = Readonly<Record<string, Readonly<Record<string, Figures>>>>;

export function medians(runs: Readonly<Record<string, Readonly<Record<string, readonly Figures[]>>>>): Results {
  const each = <T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
  return each(runs, (subjects) =>
    each(subjects, (processes) =>
      Object.fromEntries(
        Object.keys(processes[0] ?? {}).map((key) => [
          key,
          median(processes.map((figures) => figures[key] ?? Number.NaN)),
        ]),
      ),
    ),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

interface Row {
  label: string;
  case: string;
  figure: string;
  digits?: number;
  target?: Target;
}

interface Target {
  says: string;
  /** Undefined when the row was not measured. */
  met(mine: number, raw: number | undefined): boolean | undefined;
}

const atMost = (limit: number, unit: string): Target => ({ says: `≤ ${limit} ${unit}`, met: (mine) => mine <= limit });
const ofRaw = (limit: number): Target => ({
  says: `≤ ${limit} × raw`,
  met: (mine, raw) => (raw === undefined ? undefined : mine <= limit * raw),
});

const ROWS: readonly Row[] = [
  {
    label: '10,000 deltas over HTTP, 16 events a write, µs a delta',
    case: 'deltas16',
    figure: 'µs',
    target: ofRaw(0.8),
  },
  {
    label: '10,000 deltas over HTTP, one event a write, µs a delta',
    case: 'deltas1',
    figure: 'µs',
    target: ofRaw(0.8),
  },
  {
    label: 'the same, the first run of a process, µs a delta',
    case: 'deltas1',
    figure: 'firstµs',
    target: ofRaw(0.8),
  },
  { label: 'the same, model in process, µs a delta', case: 'deltasInProcess', figure: 'µs', target: atMost(2, 'µs') },
  { label: 'short run over HTTP, ms', case: 'shortRun', figure: 'ms', target: ofRaw(0.6) },
  { label: 'tool turn, run of 50 turns, ms', case: 'toolTurns', figure: 'ms50', target: ofRaw(0.6) },
  { label: 'tool turn, run of 200 turns, ms', case: 'toolTurns', figure: 'ms200', target: ofRaw(0.6) },
  { label: 'its growth from 50 to 200 turns', case: 'toolTurns', figure: 'growth', target: atMost(1.15, '') },
  { label: '100 parallel calls of 20 ms, CPU ms', case: 'parallelCalls', figure: 'cpuMs', digits: 1 },
  {
    label: '100 parallel calls of 20 ms, wall ms',
    case: 'parallelCalls',
    figure: 'wallMs',
    digits: 1,
    target: atMost(30, 'ms'),
  },
  { label: 'a call of 100, µs', case: 'parallelCalls', figure: 'µsPerCall100', digits: 0, target: atMost(50, 'µs') },
  { label: 'a call of 400, µs', case: 'parallelCalls', figure: 'µsPerCall400', digits: 0, target: atMost(50, 'µs') },
  { label: 'tracing on, µs a span', case: 'spans', figure: 'µs', target: atMost(5, 'µs') },
  { label: 'import, ms over bare Node (CPU)', case: 'import', figure: 'cpuMs', digits: 0 },
  {
    label: 'import, ms over bare Node (wall)',
    case: 'import',
    figure: 'processMs',
    digits: 0,
    target: atMost(60, 'ms'),
  },
  {
    label: 'process listeners and handles left by the import',
    case: 'import',
    figure: 'left',
    digits: 0,
    target: atMost(0, ''),
  },
  { label: 'installed, MB', case: 'installed', figure: 'MB', digits: 1, target: atMost(5, 'MB') },
  { label: 'installed, packages', case: 'installed', figure: 'packages', digits: 0, target: atMost(4, '') },
  {
    label: 'heap a finished run leaves, bytes',
    case: 'retention',
    figure: 'bytesPerRun',
    digits: 0,
    target: atMost(64, 'bytes'),
  },
  {
    label: 'results reachable after their runs',
    case: 'retention',
    figure: 'reachable',
    digits: 0,
    target: atMost(0, ''),
  },
];

const COLUMNS = ['raw', 'raw-http', 'tailrace', '@openai/agents'];

export function tables(results: Results, rounds: number): string {
  const lines = [
    `| | ${COLUMNS.join(' | ')} | tailrace ÷ raw | tailrace ÷ agents | target | |`,
    `|---|${'---:|'.repeat(COLUMNS.length + 2)}---|---|`,
  ];
  for (const row of ROWS) {
    const of = (subject: string): number | undefined => figure(results, row, subject);
    const mine = of('tailrace');
    if (mine === undefined) continue;
    const cells = COLUMNS.map((subject) => format(of(subject), row.digits));
    const ratios = [ratio(row, mine, of('raw')), ratio(row, mine, of('@openai/agents'))];
    const met = row.target?.met(mine, of('raw'));
    const verdict = met === undefined ? '' : met ? 'met' : 'missed';
    lines.push(`| ${[row.label, ...cells, ...ratios, row.target?.says ?? '', verdict].join(' | ')} |`);
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${process.platform}, Node ${process.versions.node}`;
  const how = `${machine}; medians of ${rounds} ${rounds === 1 ? 'process' : 'processes'} each, by turns, at a load of ${loadavg()[2]?.toFixed(1)} (15 minutes). Responses wire format.`;
  return `${how}\n\n${lines.join('\n')}\n`;
}

function figure(results: Results, row: Row, subject: string): number | undefined {
  const figures = results[row.case]?.[subject];
  if (row.figure === 'left') return figures && (figures['listeners'] ?? 0) + (figures['handles'] ?? 0);
  const value = figures?.[row.figure];
  if (row.case !== 'import' || value === undefined) return value;
  return value - (results[row.case]?.['bare']?.[row.figure] ?? 0);
}

// Only costs have ratios that mean something.
function ratio(row: Row, mine: number, other: number | undefined): string {
  const cost = /µs|ms|MB/.test(row.label);
  return !cost || other === undefined ? '' : (mine / other).toFixed(2);
}

function format(value: number | undefined, digits = 2): string {
  return value === undefined ? '–' : value.toFixed(digits);
}

const BEGIN = '<!-- figures: npm run bench -- --write -->';
const END = '<!-- end of figures -->';

/** Replaces what stands between the marks in RESULTS.md. */
export function writeResults(text: string): void {
  const path = join(import.meta.dirname, 'RESULTS.md');
  const before = readFileSync(path, 'utf8');
  const begin = before.indexOf(BEGIN) + BEGIN.length;
  const end = before.indexOf(END);
  if (begin < BEGIN.length || end < begin)
    throw new Error(`RESULTS.md has no place for the figures: '${BEGIN}' to '${END}'`);
  writeFileSync(path, `${before.slice(0, begin)}\n\n${text}\n${before.slice(end)}`);
}
