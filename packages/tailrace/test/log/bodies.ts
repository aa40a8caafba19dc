import type { RunEvent, RunEventBody } from '../../src/event/run-event.ts';
import { readLog, type ReadLogOptions } from '../../src/log/reader.ts';
import type { LogSource } from '../../src/log/source.ts';

export const usage = { requests: 0, inputTokens: 0, outputTokens: 0, totalTokens: 0 };

export const delta = (text = 'x', step = '1:model'): RunEventBody => ({ type: 'model.delta', step, attempt: 1, text });
export const returned = (step = '1:model'): RunEventBody => ({
  type: 'model.returned',
  step,
  attempt: 1,
  output: [],
  usage,
  streamed: true,
});
export const called = (callId: string): RunEventBody => ({
  type: 'tool.called',
  step: `1:tool:${callId}`,
  attempt: 1,
  callId,
  tool: 't',
  arguments: '{}',
  effects: 'once',
  idempotencyKey: callId,
});
export const end = (): RunEventBody => ({ type: 'run.completed', agent: 'a', output: 'done', usage });

/** A whole small run, as the appends that write it. */
export function script(): RunEventBody[][] {
  return [
    [{ type: 'run.started', v: 1, agent: 'a', input: 'hi', maxTurns: 10, workflowName: 'w' }],
    [{ type: 'turn.started', turn: 1, agent: 'a' }],
    [delta('one'), delta('two')],
    [delta('three')],
    [returned()],
    [called('c1'), called('c2')],
    [delta('four', '2:model')],
    [delta('five', '2:model'), returned('2:model')],
    [{ type: 'span.ended', span: 's' }, end()],
  ];
}

/** Reads to the end, each event as JSON. */
export async function readAll(source: LogSource, options?: ReadLogOptions): Promise<string[]> {
  const events: string[] = [];
  for await (const event of readLog(source, options)) events.push(JSON.stringify(event));
  return events;
}

export const typesOf = (events: readonly RunEvent[]): string[] => events.map(({ type }) => type);

/** Lets everything that is ready happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A value, unless the promise does not settle although nothing more will happen. */
export async function promptly<T>(promise: Promise<T>): Promise<T> {
  const pending = Symbol('pending');
  const first = await Promise.race([promise, settle().then(() => pending)]);
  if (first === pending) throw new Error('Still pending');
  return promise;
}
