/**
 * A process that drives runs, and is killed. It is told what to do by lines of JSON on its input, and says `ready` before the first and what came of each.
 * When its input ends, because whoever started it is gone, it ends, too.
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRuntime, type Runtime, setTraceProcessors, type SpanRecord, type TraceRecord } from '../../src/index.ts';
import { OpenAIResponsesModel } from '../../src/model/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { scriptedAgent } from './agents.ts';
import type { WorkerAnswer, WorkerCommand, WorkerWorld } from './children.ts';
import { shiftClock } from './shifted-clock.ts';
import { suicidal } from './suicidal-store.ts';

let runtime: Runtime | undefined;
let writes: (() => number) | undefined;

function open({ db, url, effects, traces, leaseMs, dies, pollMs = 25 }: WorkerWorld): Runtime {
  const note = (what: string, { traceId }: { traceId: string }, span = ''): void =>
    appendFileSync(traces, `${what} ${traceId} ${span} ${process.pid}\n`);
  setTraceProcessors([
    {
      onTraceStart: (trace: TraceRecord) => note('trace.start', trace),
      onTraceEnd: (trace: TraceRecord) => note('trace.end', trace),
      onSpanStart: (span: SpanRecord) => note('span.start', span, span.spanId),
      onSpanEnd: (span: SpanRecord) => note('span.end', span, span.spanId),
      shutdown: () => Promise.resolve(),
      forceFlush: () => Promise.resolve(),
    },
  ]);
  const client = { baseURL: url, apiKey: 'none', defaultHeaders: { 'x-worker': `${process.pid}` } };
  const agent = scriptedAgent(new OpenAIResponsesModel(client, 'scripted'), effects);
  const { store, count } = suicidal(sqlite(db, { pollMs }), dies);
  writes = count;
  return createRuntime({
    store,
    agents: { first: agent },
    leaseMs,
    maxTakeovers: 1_000,
    onDriveError: (error) => say({ driveError: String(error) }),
  });
}

async function perform(command: WorkerCommand): Promise<unknown> {
  if (command.do === 'open') {
    runtime = open(command.world);
    return undefined;
  }
  if (command.do === 'shift') return shiftClock(command.ms);
  if (command.do === 'writes') return writes?.();
  if (!runtime) throw new Error('open first');
  switch (command.do) {
    case 'start':
      return runtime.start();
    case 'submit':
      return runtime.submit('first', command.input, { runId: command.run, sessionId: command.session });
    case 'approve':
      return runtime.approve(command.run, command.call, { by: `${process.pid}` });
    case 'reject':
      return runtime.reject(command.run, command.call, { by: `${process.pid}` });
    case 'stop':
      return runtime.stop({ graceMs: command.graceMs });
  }
}

function say(answer: WorkerAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function obey(line: string): Promise<void> {
  const command = JSON.parse(line) as WorkerCommand & { id: number };
  try {
    const value = (await perform(command)) ?? null;
    say({ id: command.id, value });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    say({ id: command.id, error: { code: code ?? 'NONE', message } });
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(line))
  .on('close', () => process.exit(0));
say({ ready: true });
