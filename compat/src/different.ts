import type { Json, Observation } from './program.ts';

/**
 * One row of "what is different, and why": for the programs it applies to, what Tailrace shows in place of what the
 * reference shows. A row says the whole new value, so that it cannot hide a second difference.
 */
export interface Difference {
  readonly id: string;
  readonly aspect: string;
  readonly reference: string;
  readonly tailrace: string;
  readonly why: string;
  applies(program: string, seen: Observation): boolean;
  ours(value: Json | undefined, seen: Observation): Json | undefined;
}

/** The rows, in the order of the published table. */
export const differences: readonly Difference[] = [
  {
    id: 'trace-ends-on-failure',
    aspect: 'endings',
    reference:
      'A run that is not streamed and fails, or is aborted, never ends its trace; nor does a `withTrace` whose function throws.',
    tailrace: 'Every trace ends once, on every exit.',
    why: 'An exporter that waits for the end of a trace would otherwise never see the runs that matter most.',
    applies: (program, seen) =>
      (seen['error'] !== undefined && seen['events'] === undefined) || program === 'spans without a run',
    ours: (value) => mapTraces(value, (trace) => ({ ...trace, trace: endedOnce(trace['trace']) })),
  },
  {
    id: 'cancelled-says-so',
    aspect: 'ending',
    reference: 'A cancelled stream has no `error`: it cannot be told from a run that was never started.',
    tailrace:
      'A cancelled stream ends without throwing, `cancelled` is true, and `error` is a `RunCancelledError` (name `AbortError`).',
    why: 'Abort must not look like success.',
    applies: (_program, seen) => isObject(seen['ending']) && seen['ending']['cancelled'] === true,
    ours: (value) => (isObject(value) ? { ...value, error: 'AbortError' } : value),
  },
  {
    id: 'read-again',
    aspect: 'second',
    reference: 'A second iteration of a stream yields nothing.',
    tailrace: 'Each iteration is a reader of its own, from the first event.',
    why: 'The events are in a log; a reader has a place in it and takes nothing away.',
    applies: (program) => program === 'a stream read twice',
    ours: (_value, seen) => seen['first'],
  },
  {
    id: 'events-before-a-failure',
    aspect: 'seen',
    reference: 'When a run fails, the events that were not read yet are lost.',
    tailrace: 'All events that happened are delivered, then the error is thrown.',
    why: 'The last events before a failure are the ones that explain it.',
    applies: (program) => program === 'events before a failure, read slowly',
    ours: () => 20,
  },
  {
    id: 'trace-before-the-end',
    aspect: 'order',
    reference: 'Iteration ends before the trace has ended.',
    tailrace: 'The trace ends before readers see the end.',
    why: 'What comes after the run, a flush or the end of the process, finds a whole trace.',
    applies: (program) => program === 'whether the trace has ended when the stream has',
    ours: () => ['trace starts', 'last event', 'trace ends', 'iteration ends', 'completed'],
  },
  {
    id: 'processors-cannot-fail-a-run',
    aspect: 'outcome',
    reference: 'A trace processor that throws at the start of a trace makes the run reject.',
    tailrace: 'A processor cannot fail or delay a run.',
    why: 'Whoever looks on has no say in the outcome.',
    applies: (program) => program === 'a trace processor that throws',
    ours: () => 'resolved',
  },
  {
    id: 'hooks-cannot-fail-a-run-error',
    aspect: 'error',
    reference: 'A lifecycle hook that throws makes the run fail.',
    tailrace: 'The run goes on.',
    why: 'Hooks are observers: they look, they do not hold the wheel.',
    applies: (program) => program.startsWith('a hook that throws'),
    ours: () => null,
  },
  {
    id: 'hooks-cannot-fail-a-run-output',
    aspect: 'finalOutput',
    reference: 'A run whose hook threw has no final output.',
    tailrace: 'It has one.',
    why: 'As above.',
    applies: (program) => program.startsWith('a hook that throws'),
    ours: () => 'Unharmed.',
  },
];

/** Programs that need something Tailrace does not have yet. It must refuse them by an error, not run them half. */
export interface NotYet {
  /** How the names of the programs begin. */
  readonly programs: string;
  readonly what: string;
  /** The name of the error with which Tailrace refuses. */
  readonly error: string;
}

export const notYet: readonly NotYet[] = [
  { programs: 'call model input filter', what: '`callModelInputFilter`.', error: 'UserError' },
  { programs: 'max turns handled', what: '`errorHandlers`.', error: 'UserError' },
  { programs: 'tool that needs no approval', what: 'Approvals (`needsApproval`).', error: 'TypeError' },
  { programs: 'tool guardrails that allow', what: 'Guardrails on single tools.', error: 'UserError' },
  { programs: 'tool input guardrail that raises', what: 'Guardrails on single tools.', error: 'UserError' },
];

/** The row of `notYet` for a program, if it is not to be compared. */
export function missingFor(program: string): NotYet | undefined {
  return notYet.find((row) => program.startsWith(row.programs));
}

/** What Tailrace has to show, given what the reference showed; `used` collects the rows that changed something. */
export function expectedOf(program: string, seen: Observation, used: Set<string>): Observation {
  const expected: Observation = { ...seen };
  for (const row of differences) {
    if (!row.applies(program, seen)) continue;
    const before = JSON.stringify(expected[row.aspect]);
    const value = row.ours(expected[row.aspect], seen);
    if (value === undefined) delete expected[row.aspect];
    else expected[row.aspect] = value;
    if (JSON.stringify(value) !== before) used.add(row.id);
  }
  return expected;
}

/** The table as the page `docs/different.md`. */
export function renderDifferences(): string {
  const rows = differences.map((row) => `| ${row.reference} | ${row.tailrace} | ${row.why} |`);
  return [
    '# What is different, and why',
    '',
    'Tailrace has the names, the shapes and the behaviour of `@openai/agents` 0.20.0. Where it differs it does so on purpose, and every',
    'difference is a row here. The rows are code (`compat/src/different.ts`): the compatibility suite runs the same programs on both',
    'packages, and everything that is not a row must be equal. This page is written by `node compat/src/render.ts`.',
    '',
    'Texts of errors are our own words and are not compared; their classes are.',
    '',
    '| `@openai/agents` | Tailrace | Why |',
    '|---|---|---|',
    ...rows,
    '',
    '## Not there yet',
    '',
    'Tailrace refuses these with an error that says so; it never runs them half.',
    '',
    ...new Set(notYet.map((row) => `- ${row.what}`)),
    '',
  ].join('\n');
}

function mapTraces(value: Json | undefined, change: (trace: { [key: string]: Json }) => Json): Json | undefined {
  return Array.isArray(value) ? value.map((trace) => (isObject(trace) ? change(trace) : trace)) : value;
}

function endedOnce(count: Json | undefined): Json {
  return typeof count === 'string' ? count.replace(/: 0$/, ': 1') : null;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
