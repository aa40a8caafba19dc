// Logs of runs that anything may happen in, for properties that hold for all of them.
import fc from 'fast-check';
import type { RunEvent, RunEventBody } from '../../src/index.ts';
import { assistantMessage, functionCall } from '../../src/testing/index.ts';

const usage = { requests: 1, inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const agent = 'A';

interface Call {
  ask: 'nobody' | 'approve' | 'reject' | 'question' | 'nested';
  progress: boolean;
  fails: boolean;
}

interface Turn {
  /** The pieces of each attempt, of which the last one counts. */
  attempts: string[][];
  whole: string;
  streamed: boolean;
  reasons: boolean;
  calls: Call[];
}

export interface Course {
  turns: Turn[];
  end: 'completed' | 'failed' | 'cancelled' | 'open';
}

const pieces = fc.array(fc.constantFrom('a', 'Zwei ', '😀', '\n', '"', '\u2028'), { maxLength: 4 });
const call: fc.Arbitrary<Call> = fc.record({
  ask: fc.constantFrom<Call['ask']>('nobody', 'nobody', 'approve', 'reject', 'question', 'nested'),
  progress: fc.boolean(),
  fails: fc.boolean(),
});
const turn: fc.Arbitrary<Turn> = fc.record({
  attempts: fc.array(pieces, { minLength: 1, maxLength: 3 }),
  whole: fc.constantFrom('', 'and all.'),
  streamed: fc.boolean(),
  reasons: fc.boolean(),
  calls: fc.array(call, { maxLength: 2 }),
});

export const course: fc.Arbitrary<Course> = fc.record({
  turns: fc.array(turn, { minLength: 1, maxLength: 4 }),
  end: fc.constantFrom<Course['end']>('completed', 'completed', 'failed', 'cancelled', 'open'),
});

/** The log of such a run. One that is `open` ends in the midst of it. */
export function logOf({ turns, end }: Course): RunEvent[] {
  const log: RunEvent[] = [];
  let epoch = 1;
  const add = (...bodies: (RunEventBody & { scope?: readonly string[] })[]): void => {
    for (const body of bodies) {
      if (body.type === 'run.resumed') epoch += 1;
      log.push({ run: 'run_1', seq: log.length, epoch, at: 1_000 + log.length, ...body });
    }
  };
  add({ type: 'run.started', v: 1, agent, registered: 'agent', input: 'Hi', maxTurns: 10, workflowName: 'W' });
  add({ type: 'agent.started', agent });
  for (const [index, each] of turns.entries()) {
    add({ type: 'turn.started', turn: index + 1, agent });
    answer(add, index + 1, each);
    for (const [place, made] of each.calls.entries()) run(add, index + 1, `c${index}_${place}`, made);
    add({ type: 'turn.ended', turn: index + 1, outcome: index === turns.length - 1 ? 'final' : 'again' });
  }
  const error = { name: 'E', code: 'MODEL_UNAVAILABLE' as never, message: 'inner', retryable: false };
  if (end === 'completed') add({ type: 'run.completed', agent, output: 'out', usage });
  if (end === 'failed') add({ type: 'run.failed', error, usage });
  if (end === 'cancelled') add({ type: 'run.cancelled', reason: 'why', mode: 'immediate', usage });
  return log;
}

/** What a turn says in the end. */
export function textOf({ attempts, streamed, whole }: Pick<Turn, 'attempts' | 'streamed' | 'whole'>): string {
  return (streamed ? (attempts.at(-1) ?? []).join('') : '') + whole;
}

type Add = (...bodies: (RunEventBody & { scope?: readonly string[] })[]) => void;

function answer(add: Add, turn: number, { attempts, whole, streamed, reasons, calls }: Turn): void {
  const step = `${turn}:model:0`;
  for (const [index, said] of attempts.entries()) {
    const attempt = index + 1;
    if (index > 0) add({ type: 'step.attempt', of: 'model', step, attempt, supersedes: index, delayMs: 0 });
    if (index > 0) add({ type: 'run.resumed', by: 'takeover' });
    add({ type: 'model.called', step, attempt, agent });
    if (!streamed) continue;
    const raw = { type: 'response.reasoning_text.delta', item_id: `r_${turn}`, delta: 'Hm. ' };
    if (reasons) add({ type: 'model.delta', step, attempt, raw });
    for (const text of said) add({ type: 'model.delta', step, attempt, text });
  }
  const text = textOf({ attempts, streamed, whole });
  const message = text === '' ? [] : [assistantMessage(text, { id: `m_${turn}` })];
  const asked = calls.map((_, place) => functionCall('look', { n: place }, { callId: `c${turn - 1}_${place}` }));
  const output = [...message, ...asked] as never[];
  add({ type: 'model.returned', step, attempt: attempts.length, output, usage, streamed });
  const reasoning = { type: 'reasoning', id: `r_${turn}`, content: [{ type: 'input_text', text: 'Hm. ' }] } as never;
  if (reasons) add({ type: 'item.added', kind: 'reasoning', agent, item: reasoning });
  for (const item of message) add({ type: 'item.added', kind: 'message', agent, item: item as never });
  for (const item of asked) add({ type: 'item.added', kind: 'tool_call', agent, item: item as never });
}

function run(add: Add, turn: number, callId: string, { ask, progress, fails }: Call): void {
  const step = `${turn}:tool:${callId}`;
  const about = { step, callId, tool: 'look', agent };
  const asked = { ...about, type: 'approval.requested', arguments: '{"n":0}', argumentsHash: 'h' } as const;
  if (ask === 'approve' || ask === 'reject') {
    const item = functionCall('look', { n: 0 }, { callId }) as never;
    add(asked, { type: 'item.added', kind: 'tool_approval', agent, item });
    add({ type: 'run.suspended', waitsFor: 'approval', calls: [callId] });
    add({ type: 'run.resumed', by: 'approval' });
    add({ type: 'approval.decided', step, callId, approved: ask === 'approve', mail: 1 });
  }
  if (ask !== 'reject') {
    const started = { step, attempt: 1, callId, tool: 'look' };
    add({ ...started, type: 'tool.called', arguments: '{}', effects: 'once', idempotencyKey: callId });
    if (progress) add({ ...started, type: 'tool.progress', data: { half: true } });
    if (ask === 'nested') {
      const scope = [step];
      const inner = { ...asked, step: `${step}/1:tool:x`, callId: 'x', scope };
      add(inner, { type: 'run.suspended', waitsFor: 'approval', calls: ['x'] });
      add({ type: 'run.resumed', by: 'approval' });
      add({ type: 'approval.decided', step: inner.step, callId: 'x', approved: true, scope });
      add({ type: 'model.delta', step: `${step}/1:model:0`, attempt: 1, text: 'inner', scope });
    }
    if (ask === 'question') {
      add({ ...about, type: 'wait.started', attempt: 1, for: 'input', prompt: 'Which?' });
      add({ type: 'run.suspended', waitsFor: 'input', calls: [callId] }, { type: 'run.resumed', by: 'input' });
      add({ type: 'wait.ended', step, callId, how: 'answered', output: 'this' });
    }
    const error = fails ? { error: { name: 'E', code: 'TOOL_FAILED' as never, message: 'x', retryable: false } } : {};
    add({ ...started, type: 'tool.returned', output: 'seen', ...error });
  }
  const item = { type: 'function_call_result', name: 'look', callId, status: 'completed', output: 'seen' };
  add({ type: 'item.added', kind: 'tool_output', agent, item: item as never });
}
