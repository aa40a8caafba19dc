import {
  type Agent,
  isAgentsError,
  type LeaseStore,
  type RunEvent,
  type Runner,
  type Session,
  type StreamedRunResult,
  waterfall,
} from 'tailrace';
import { HeldRun } from './lease.ts';
import type { Output } from './output.ts';
import { renderer } from './render.ts';
import { paintFor } from './terminal-text.ts';

export interface TurnOptions {
  readonly runner: Runner;
  readonly agent: Agent;
  readonly session: Session;
  /** Of the store that the run is in. */
  readonly leases: LeaseStore;
  readonly output: Output;
  readonly json: boolean;
  /** Aborts to cancel the run. */
  readonly signal: AbortSignal;
}

export interface TurnEnd {
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Who speaks next. */
  readonly agent: Agent;
}

export const LOG_PATH = '.tailrace/tailrace.db';

/** One run: its events as they come, then its trace, its id, and where its log lies. */
export async function takeTurn(question: string, options: TurnOptions): Promise<TurnEnd> {
  const { runner, agent, session, leases, signal } = options;
  const result = await runner.run(agent, question, { stream: true, session, signal });
  await using _held = await HeldRun.take(leases, result.runId);
  return await showTurn(result, false, options);
}

/** Goes on with a stored run. What it did before is shown first. Undefined when another process has it. */
export async function resumeTurn(run: string, options: TurnOptions): Promise<TurnEnd | undefined> {
  const { runner, agent, session, leases, output, signal } = options;
  await using held = await HeldRun.take(leases, run, () =>
    output.note('Looking whether its process is still alive …\n'),
  );
  if (!held) return undefined;
  const resumed = await runner.resume(agent, run, { stream: true, session, signal });
  return await showTurn(resumed as StreamedRunResult<unknown, Agent>, true, options);
}

async function showTurn(
  result: StreamedRunResult<unknown, Agent>,
  input: boolean,
  { agent, output, json }: TurnOptions,
): Promise<TurnEnd> {
  const render = renderer({ color: output.color, columns: output.columns, input });
  const events: RunEvent[] = [];
  const reader = result.events();
  for (let batch = await reader.nextBatch(); batch; batch = await reader.nextBatch()) {
    for (const event of batch) {
      events.push(event);
      output.out(json ? `${JSON.stringify(event)}\n` : render(event));
    }
  }
  // How a run failed is in its log, and has been shown; what is not the run's own failure goes up.
  await result.completed.catch((error: unknown) => {
    if (!isAgentsError(error) && result.status !== 'failed') throw error;
  });
  output.note(epilogue(events, result.runId, output));
  const status = result.status === 'running' || result.status === 'suspended' ? 'failed' : result.status;
  return { status, agent: result.lastAgent ?? agent };
}

/** The trace of a run and where it is kept. */
export function epilogue(events: readonly RunEvent[], runId: string, { color, columns }: Output): string {
  const paint = paintFor(color);
  const trace = waterfall(events, { color, width: Math.min(columns, 120) });
  return `\n${trace}\n${paint.dim(`run ${runId} · log ${LOG_PATH} · again: npm start -- --show ${runId}`)}\n`;
}
