// A script, run once in a store of the caller's.
import {
  type IndividualRunOptions,
  type LogStore,
  type RunEvent,
  type RunResult,
  Runner,
  type StreamedRunResult,
} from '../../src/index.ts';
import type { Play } from './scripts.ts';
import type { Thrown } from './watched-run.ts';

export interface Played {
  runId: string;
  result: RunResult | StreamedRunResult | undefined;
  /** What reading it, `completed` or `run()` threw. */
  thrown: Thrown | undefined;
  events: readonly RunEvent[];
}

let count = 0;

/** Runs it to its end; a streamed run is read as stream events, unless `read` does otherwise. */
export async function played(
  { agent, input, config = {}, maxTurns, session }: Play,
  store: LogStore,
  streamed: boolean,
  more: IndividualRunOptions & { read?: (result: StreamedRunResult) => Promise<unknown> } = {},
): Promise<Played> {
  const { read = drained, ...given } = more;
  const runId = `played_${++count}`;
  const runner = new Runner({ ...config, store });
  const { stream: _, ...rest } = given;
  const options = { runId, ...(maxTurns !== undefined && { maxTurns }), ...(session && { session }), ...rest };
  let result: RunResult | StreamedRunResult | undefined;
  let thrown: Thrown | undefined;
  try {
    if (streamed) {
      const running = await runner.run(agent, input, { ...options, stream: true });
      result = running;
      await read(running);
      await running.completed;
    } else {
      result = await runner.run(agent, input, options as { runId: string });
    }
  } catch (error) {
    thrown = { error };
  }
  return { runId, result, thrown, events: await store.read(runId, 0, Number.MAX_SAFE_INTEGER) };
}

export async function drained(events: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _event of events) count++;
  return count;
}
