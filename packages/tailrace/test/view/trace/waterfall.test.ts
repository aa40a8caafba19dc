import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { RunEvent, RunEventBody } from '../../../src/event/run-event.ts';
import { waterfall } from '../../../src/view/trace/waterfall.ts';
import { cancelled, close, completed, failed, log, open, resumed, started, suspended } from './hand-made-log.ts';

/** Events at given times in milliseconds. */
function timed(...entries: [at: number, body: RunEventBody][]): RunEvent[] {
  return log(...entries.map(([, body]) => body)).map((event, n) => ({ ...event, at: 1000 + (entries[n]?.[0] ?? 0) }));
}

const run = timed(
  [0, started()],
  [0, open('t', undefined, { type: 'task', name: 'Flow' })],
  [0, open('a', 't', { type: 'agent', name: 'planner' })],
  [0, open('u', 'a', { type: 'turn', turn: 1, agent_name: 'planner' })],
  [0, open('g', 'u', { type: 'generation', model: 'gpt' })],
  [50, close('g')],
  [50, open('f', 'u', { type: 'function', name: 'add', input: '', output: '' })],
  [75, close('f', { error: { message: 'no numbers' } })],
  [75, close('u')],
  [75, open('h', 'a', { type: 'handoff', from_agent: 'planner', to_agent: 'writer' })],
  [75, close('h')],
  [100, close('a')],
  [100, close('t')],
  [100, completed],
);

it('shows the spans of a run under their parents, with when they ran', () => {
  expect(waterfall(run, { width: 60 }).split('\n')).toEqual([
    'Flow · completed · 100 ms',
    'task Flow                   █████████████████████   100 ms',
    '  agent planner             █████████████████████   100 ms',
    '    turn 1                  ████████████████         75 ms',
    '      generation gpt        ███████████              50 ms',
    '      tool add                        ██████         25 ms ✗',
    '                            ✗ no numbers',
    '    handoff planner → writ…                █          0 ms',
  ]);
});

it('keeps to its width', () => {
  const long = timed(
    [0, started({ workflowName: 'w'.repeat(300) })],
    [0, open('x', undefined, { type: 'agent', name: 'n'.repeat(300) })],
    [90_000, close('x', { error: { message: 'm'.repeat(300) } })],
    [90_000, failed],
  );
  for (const width of [40, 80, 120]) {
    const lines = waterfall(long, { width }).split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
  }
});

it('is the same text with colours', () => {
  const colored = waterfall(run, { width: 60, color: true });
  expect(colored).toContain('\u001b[31m');
  expect(stripVTControlCharacters(colored)).toBe(waterfall(run, { width: 60 }));
});

it('lets no name write to the terminal', () => {
  const evil = '\u001b]0;owned\u0007\u001b[2J\r\n\u202eevil\u009b31m';
  const text = waterfall(
    timed(
      [0, started({ workflowName: evil })],
      [0, open('x', undefined, { type: 'function', name: evil, input: '', output: '' })],
      [1, close('x', { error: { message: evil } })],
      [1, failed],
    ),
  );
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(text.split('\n')).toHaveLength(3);
});

it.each<[string, RunEventBody[], string]>([
  ['running', [open('x')], 'Flow · running'],
  ['suspended', [open('x'), close('x'), suspended], 'Flow · waits for approval'],
  ['resumed', [suspended, resumed], 'Flow · running'],
  ['failed', [failed], 'Flow · failed'],
  ['cancelled', [cancelled], 'Flow · cancelled'],
])('says of a run that it is %s', (_name, bodies, title) => {
  expect(waterfall(log(started(), ...bodies)).split('\n')[0]).toContain(title);
});

it('shows a span that has not ended as open', () => {
  const text = waterfall(timed([0, started()], [0, open('x')], [100, open('y', 'x')]), { width: 60 });
  expect(text.split('\n')[1]).toMatch(/agent x +░+ +open$/);
});

it('survives logs that cannot be: no events, unknown parents, circles, a clock that jumps back, very deep trees', () => {
  expect(waterfall([])).toBe('');
  const odd = timed(
    [500, started()],
    [400, open('orphan', 'nobody')],
    [300, open('a', 'b')],
    [200, open('b', 'a')],
    [100, open('self', 'self')],
    [0, close('orphan')],
    [0, close('never started')],
    [0, completed],
  );
  expect(waterfall(odd).split('\n')).toHaveLength(5);
  const deep = Array.from({ length: 20_000 }, (_, n) => open(`s${n}`, n === 0 ? undefined : `s${n - 1}`));
  expect(waterfall(log(started(), ...deep, completed)).split('\n')).toHaveLength(20_001);
});

it('reads any iterable once', () => {
  function* once(): Generator<RunEvent> {
    yield* run;
  }
  expect(waterfall(once(), { width: 60 })).toBe(waterfall(run, { width: 60 }));
});
