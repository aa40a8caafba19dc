import type { RunEvent, RunEventBody } from 'tailrace';
import { describe, expect, it } from 'vitest';
import { renderer } from '../src/render.ts';

const step = { step: '1:model', attempt: 1 };
const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const started: RunEventBody = { type: 'run.started', v: 1, agent: 'Ann', input: 'hi', maxTurns: 10, workflowName: 'w' };
const called: RunEventBody = { type: 'model.called', agent: 'Ann', ...step };
const delta = (text: string): RunEventBody => ({ type: 'model.delta', text, ...step });
const tool = { callId: 'c', tool: 'add', step: '1:tool:c', attempt: 1 };
const completed = (output: string): RunEventBody => ({ type: 'run.completed', agent: 'Ann', output, usage });

function shown(
  bodies: readonly RunEventBody[],
  options: { color?: boolean; columns?: number; input?: boolean } = {},
): string {
  const render = renderer({ color: false, columns: 100, input: false, ...options });
  const events = bodies.map((body, seq): RunEvent => ({ run: 'r', seq, epoch: 1, at: 0, ...body }));
  return events.map(render).join('');
}

describe('a run in the terminal', () => {
  it('shows calls, results, handoffs and text in order', () => {
    const text = shown([
      started,
      called,
      { type: 'tool.called', ...tool, arguments: '{"a":1,"b":"x"}', effects: 'once', idempotencyKey: 'k' },
      { type: 'tool.returned', ...tool, output: '42' },
      { type: 'handoff.occurred', from: 'Ann', to: 'Bob', callId: 'h' },
      { type: 'agent.started', agent: 'Bob' },
      { ...called, agent: 'Bob' },
      delta('It is '),
      delta('42.'),
      completed('It is 42.'),
    ]);
    expect(text).toBe('→ add(a: 1, b: "x")\n← 42\n⇒ Ann hands over to Bob\nBob: It is 42.\n');
  });

  it('shows text that did not come in pieces, and output that no message said', () => {
    const output = [
      {
        type: 'message' as const,
        role: 'assistant' as const,
        status: 'completed' as const,
        content: [{ type: 'output_text' as const, text: 'whole' }],
      },
    ];
    expect(
      shown([started, called, { type: 'model.returned', output, usage, streamed: false, ...step }, completed('whole')]),
    ).toBe('Ann: whole\n');
    expect(shown([started, called, completed('from a tool')])).toBe('Ann: from a tool\n');
  });

  it('shows how it ended', () => {
    const error = { name: 'E', code: 'MODEL_SERVER', message: 'HTTP 500', retryable: true } as const;
    expect(shown([started, called, delta('par'), { type: 'run.failed', error, usage }])).toBe(
      'Ann: par\n✗ failed [MODEL_SERVER]: HTTP 500\n',
    );
    expect(shown([started, { type: 'run.cancelled', reason: 'Ctrl-C', mode: 'immediate', usage }])).toBe(
      '■ cancelled: Ctrl-C\n',
    );
    expect(shown([started, { type: 'tool.returned', ...tool, output: 'no', error }])).toBe('← add failed: no\n');
    expect(
      shown([started, called, delta('x'), { type: 'step.attempt', of: 'model', ...step, supersedes: 1, delayMs: 5 }]),
    ).toBe('Ann: x\n! trying again in 5 ms: what follows replaces the unfinished text above\n');
    expect(shown([started, called, { type: 'step.attempt', of: 'model', ...step, supersedes: 1, delayMs: 0 }])).toBe(
      '! trying again\n',
    );
    expect(shown([started, { type: 'run.resumed', by: 'takeover' }])).toBe(
      '… taken up again after its process ended\n',
    );
  });

  it('lets no text write to the terminal', () => {
    const evil = '\u001b[2J\u0007\u009b31m\r\u202etxt\u0000';
    const text = shown(
      [
        { ...started, input: evil },
        called,
        delta(evil),
        {
          type: 'tool.called',
          ...tool,
          tool: evil,
          arguments: JSON.stringify({ [evil]: evil }),
          effects: 'once',
          idempotencyKey: 'k',
        },
        { type: 'tool.returned', ...tool, output: evil },
        { type: 'handoff.occurred', from: evil, to: evil, callId: 'h' },
        { type: 'run.cancelled', reason: evil, mode: 'immediate', usage },
      ],
      { input: true },
    );
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain('\\u001b[2J');
  });

  it('keeps characters whole that deltas cut, and long lines short', () => {
    const [high = '', low = ''] = '👩'.split('');
    expect(shown([started, called, delta(`a${high}`), delta(`${low}b`), completed('')])).toBe('Ann: a👩b\n');
    const long = shown([started, { type: 'tool.returned', ...tool, output: 'x\n'.repeat(500) }], { columns: 60 });
    expect(long.length).toBeLessThanOrEqual(61);
    expect(long.split('\n')).toHaveLength(2);
  });

  it('uses colours only when it may', () => {
    const events = [started, { type: 'tool.returned', ...tool, output: '1' } as const];
    expect(shown(events, { color: true })).toContain('\u001b[32m←\u001b[39m');
    expect(shown(events)).toBe('← 1\n');
  });
});
