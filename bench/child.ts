/** One case of one subject, in a process of its own: `child.ts <case> <subject> <options as JSON>` prints its figures as JSON. */
import type { Case, CaseOptions } from './cases/case.ts';
import { deltas1, deltas16, deltasInProcess } from './cases/deltas.ts';
import { parallelCalls } from './cases/parallel-calls.ts';
import { retention } from './cases/retention.ts';
import { shortRun } from './cases/short-run.ts';
import { spans } from './cases/spans.ts';
import { toolTurns } from './cases/tool-turns.ts';
import type { Subject } from './task.ts';

const cases: Readonly<Record<string, Case>> = {
  deltas16,
  deltas1,
  deltasInProcess,
  shortRun,
  toolTurns,
  parallelCalls,
  spans,
  retention,
};

const subjects: Readonly<Record<string, () => Promise<{ subject: Subject }>>> = {
  raw: () => import('./subjects/raw.ts'),
  'raw-http': () => import('./subjects/raw-http.ts'),
  tailrace: () => import('./subjects/tailrace.ts'),
  '@openai/agents': () => import('./subjects/openai-agents.ts'),
};

const [caseName = '', subjectName = '', options = '{}'] = process.argv.slice(2);
const run = cases[caseName];
const load = subjects[subjectName];
if (!run || !load) throw new Error(`No case '${caseName}' of '${subjectName}'`);
const { subject } = await load();
const figures = await run(subject, JSON.parse(options) as CaseOptions);
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit());
