/** The figures as the table of RESULTS-SERVE.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Results } from '../results.ts';

interface Row {
  label: string;
  part: string;
  figure: string;
  digits: number;
  goal?: string;
  met?: (mine: number, raw: number) => boolean;
}

const ROWS: readonly Row[] = [
  {
    label: '500 streams, a word every 40 ms each, CPU µs a word',
    part: 'load',
    figure: 'µs',
    digits: 1,
    goal: '≤ 1.0 × raw',
    met: (mine, raw) => mine <= raw,
  },
  { label: 'the same, words a second (offered: 12,500)', part: 'load', figure: 'perSecond', digits: 0 },
  { label: 'the same, from the request to the first word, p50 ms', part: 'load', figure: 'firstMs', digits: 0 },
  { label: 'the same, p99 ms', part: 'load', figure: 'first99Ms', digits: 0 },
  { label: '500 streams as fast as they go, CPU µs a word', part: 'burst', figure: 'µs', digits: 1 },
  { label: 'the same, words a second', part: 'burst', figure: 'perSecond', digits: 0 },
  {
    label: 'heap of an idle stream, KiB',
    part: 'idle',
    figure: 'heapKiB',
    digits: 1,
    goal: '≤ 30',
    met: (mine) => mine <= 30,
  },
  { label: 'resident memory of an idle stream, KiB', part: 'idle', figure: 'rssKiB', digits: 0 },
  {
    label: '200 clients leave: requests to the model closed within 250 ms',
    part: 'leave',
    figure: 'closed',
    digits: 0,
    goal: '200',
    met: (mine) => mine === 200,
  },
  { label: 'the last one closed after, ms', part: 'leave', figure: 'lastMs', digits: 0 },
  { label: 'never closed', part: 'leave', figure: 'never', digits: 0 },
  { label: 'open spans after it', part: 'leave', figure: 'openSpans', digits: 0, goal: '0', met: (mine) => mine === 0 },
  {
    label: 'heap more than before, MiB',
    part: 'leave',
    figure: 'leftMiB',
    digits: 2,
    goal: '≤ 1',
    met: (mine) => mine <= 1,
  },
];

const COLUMNS = ['raw', 'raw-http', 'tailrace', '@openai/agents'];

export function serveTable(results: Results, rounds: number): string {
  const lines = [`| | ${COLUMNS.join(' | ')} | goal | |`, `|---|${'---:|'.repeat(COLUMNS.length)}---|---|`];
  for (const { label, part, figure, digits, goal = '', met } of ROWS) {
    const of = (subject: string): number | undefined => results[part]?.[subject]?.[figure];
    if (results[part] === undefined) continue;
    const mine = of('tailrace');
    const verdict = met && mine !== undefined ? (met(mine, of('raw') ?? Number.NaN) ? 'met' : 'missed') : '';
    const cells = COLUMNS.map((subject) => of(subject)?.toFixed(digits) ?? '–');
    lines.push(`| ${[label, ...cells, goal, verdict].join(' | ')} |`);
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${process.platform}, Node ${process.versions.node}`;
  const how = `${machine}; medians of ${rounds} ${rounds === 1 ? 'server' : 'servers'} each, by turns, at a load of ${loadavg()[2]?.toFixed(1)} (15 minutes).`;
  return `${how} Nothing was lost, and there were no errors, or there would be no table.\n\n${lines.join('\n')}\n`;
}

const BEGIN = '<!-- figures: npm run bench:serve -- --write -->';
const END = '<!-- end of figures -->';

/** Replaces what stands between the marks in RESULTS-SERVE.md. */
export function writeServeResults(text: string): void {
  const path = join(import.meta.dirname, '..', 'RESULTS-SERVE.md');
  const before = readFileSync(path, 'utf8');
  const begin = before.indexOf(BEGIN) + BEGIN.length;
  const end = before.indexOf(END);
  if (begin < BEGIN.length || end < begin)
    throw new Error(`RESULTS-SERVE.md has no place for the figures: '${BEGIN}' to '${END}'`);
  writeFileSync(path, `${before.slice(0, begin)}\n\n${text}\n${before.slice(end)}`);
}
