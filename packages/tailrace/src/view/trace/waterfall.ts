import {
  isTerminal,
  type EventEnvelope,
  type RunEvent,
  type SpanEnded,
  type SpanStarted,
} from '../../event/run-event.ts';
import type { SpanData, SpanError } from '../../event/span-data.ts';
import { printable } from './printable.ts';
import { spanLabel } from './span-label.ts';

export interface WaterfallOptions {
  /** Columns. Default 100. */
  width?: number;
  /** ANSI colours. Default false. */
  color?: boolean;
}

interface Row {
  readonly parent: string | undefined;
  readonly start: number;
  readonly children: Row[];
  data: SpanData;
  end: number | undefined;
  error: SpanError | undefined;
}

interface Chart {
  readonly rows: Map<string, Row>;
  title: string;
  outcome: string;
  start: number | undefined;
  end: number;
}

/**
 * A run's trace as text, from its log alone: a line per span, indented under its parent, with when it ran and how long it took. A span
 * that failed is marked, with its error below. Names cannot write to the terminal: control characters are escaped.
 */
export function waterfall(events: Iterable<RunEvent>, options: WaterfallOptions = {}): string {
  const { width = 100, color = false } = options;
  const chart = chartOf(events);
  if (chart.start === undefined) return '';
  const rows = inOrder(chart.rows);
  const labels = rows.map(({ row, depth }) => `${'  '.repeat(Math.min(depth, 12))}${spanLabel(row.data)}`);
  const labelWidth = Math.min(Math.max(0, ...labels.map(columns)), Math.floor(width * 0.45));
  const barWidth = Math.max(8, width - labelWidth - DURATION_WIDTH - MARK_WIDTH - 2);
  const paint = color
    ? (code: number, text: string) => `\u001b[${code}m${text}\u001b[0m`
    : (_code: number, text: string) => text;

  const lines = [
    paint(1, fit(`${chart.title} · ${chart.outcome} · ${duration(chart.end - chart.start)}`, width).trimEnd()),
  ];
  for (const [index, { row }] of rows.entries()) {
    const took = row.end === undefined ? 'open' : duration(row.end - row.start);
    const bar = paint(row.error ? RED : (COLOR[row.data.type] ?? BLUE), barOf(row, chart, barWidth));
    lines.push(
      `${fit(labels[index] ?? '', labelWidth)} ${bar} ${took.padStart(DURATION_WIDTH)}${row.error ? ' ✗' : ''}`,
    );
    // What failed inside has been said there.
    if (row.error && !row.children.some((child) => child.error))
      lines.push(paint(RED, fit(`${' '.repeat(labelWidth)} ✗ ${printable(row.error.message)}`, width).trimEnd()));
  }
  return lines.join('\n');
}

const DURATION_WIDTH = 8;
const MARK_WIDTH = 2;
const RED = 31;
const BLUE = 34;
const COLOR: Readonly<Partial<Record<SpanData['type'], number>>> = {
  generation: 36,
  response: 36,
  function: 33,
  guardrail: 35,
};

function chartOf(events: Iterable<RunEvent>): Chart {
  const chart: Chart = { rows: new Map(), title: 'Run', outcome: 'running', start: undefined, end: 0 };
  for (const event of events) {
    chart.start ??= event.at;
    chart.end = Math.max(chart.end, event.at);
    if (event.type === 'span.started') open(chart, event);
    else if (event.type === 'span.ended') close(chart, event);
    else if (event.scope === undefined) describe(chart, event);
  }
  for (const row of chart.rows.values()) {
    const parent = row.parent === undefined ? undefined : chart.rows.get(row.parent);
    if (parent !== undefined) parent.children.push(row);
  }
  return chart;
}

function open(chart: Chart, { span, parent, data, at }: SpanStarted & EventEnvelope): void {
  chart.rows.set(span, { parent, data, start: at, end: undefined, error: undefined, children: [] });
}

function close(chart: Chart, { span, data, error, at }: SpanEnded & EventEnvelope): void {
  const row = chart.rows.get(span);
  if (row === undefined) return;
  row.end = Math.max(row.start, at);
  row.error = error;
  if (data !== undefined) row.data = data;
}

function describe(chart: Chart, event: RunEvent): void {
  if (event.type === 'run.started') chart.title = printable(event.workflowName);
  else if (event.type === 'run.suspended') chart.outcome = `waits for ${event.waitsFor}`;
  else if (event.type === 'run.resumed') chart.outcome = 'running';
  else if (isTerminal(event)) chart.outcome = event.type.slice('run.'.length);
}

/** Children below their parent, in the order of the log. A span whose parent is not in the log stands at the left. */
function inOrder(rows: Map<string, Row>): { row: Row; depth: number }[] {
  const shown = new Set<Row>();
  const ordered: { row: Row; depth: number }[] = [];
  const show = (root: Row): void => {
    const stack = [{ row: root, depth: 0 }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (shown.has(next.row)) continue;
      shown.add(next.row);
      ordered.push(next);
      const depth = next.depth + 1;
      stack.push(...next.row.children.toReversed().map((row) => ({ row, depth })));
    }
  };
  for (const row of rows.values()) if (row.parent === undefined || !rows.has(row.parent)) show(row);
  // A log that names parents in a circle has no root in it.
  for (const row of rows.values()) show(row);
  return ordered;
}

function barOf(row: Row, chart: Chart, width: number): string {
  const origin = chart.start ?? 0;
  const scale = width / Math.max(1, chart.end - origin);
  const from = clamp(Math.floor((row.start - origin) * scale), 0, width - 1);
  const to = clamp(Math.ceil(((row.end ?? chart.end) - origin) * scale), from + 1, width);
  const fill = row.end === undefined ? '░' : '█';
  return `${' '.repeat(from)}${fill.repeat(to - from)}${' '.repeat(width - to)}`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

function columns(text: string): number {
  return Array.from(text).length;
}

function fit(text: string, width: number): string {
  const marks = Array.from(text);
  if (marks.length <= width) return text + ' '.repeat(width - marks.length);
  return `${marks.slice(0, Math.max(0, width - 1)).join('')}…`;
}
