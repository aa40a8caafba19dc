import { describe, expect } from 'vitest';
import { handoff } from '../../src/index.ts';
import { assistantMessage, modelError, textStream } from '../../src/testing/index.ts';
import { call, inputGuard, modelOf, outputGuard, scripted, TestSession, toBilling, triage, weather } from './cast.ts';
import { on, type Stage } from './stage.ts';

const step = textStream('One two three.', { provider: 'none' });

const errorOf = (stage: Stage, kind: 'agent' | 'generation' | 'function' | 'task' | 'turn'): unknown =>
  stage.spans(kind).at(-1)?.error;

describe('what spans say of errors', () => {
  on('[E89] a model error is on the generation, and on the agent as "Error in agent run"', async ({ stage }) => {
    await stage.seen(scripted([modelError(new Error('down'))]));
    expect(errorOf(stage, 'generation')).toMatchObject({ data: { error: 'Error: down' } });
    for (const kind of ['task', 'agent', 'turn'] as const) {
      expect(errorOf(stage, kind)).toEqual({ message: 'Error in agent run', data: { error: 'Error: down' } });
    }
  });

  on('[E90] arguments that are no JSON are on the function’s span, and the run goes on', async ({ stage }) => {
    const { result } = await stage.seen(
      scripted([[call('c1', '{"city":')], [assistantMessage('Sorry.')]], { tools: [weather()] }),
    );
    expect(result.finalOutput).toBe('Sorry.');
    expect(errorOf(stage, 'function')).toMatchObject({
      message: expect.stringContaining('Error running tool'),
      data: { tool_name: 'weather' },
    });
    expect([errorOf(stage, 'agent'), errorOf(stage, 'task')]).toEqual([null, null]);
  });

  on('[E91] the limit of turns is on the agent’s span', async ({ stage }) => {
    await stage.seen(scripted([[call()]], { tools: [weather()] }), 'Hi', { maxTurns: 1 });
    expect(errorOf(stage, 'agent')).toEqual({ message: 'Max turns exceeded', data: { max_turns: 1 } });
    expect(stage.spans('turn').map(({ error }) => error)).toEqual([null]);
  });

  on.for([
    ['input', { inputGuardrails: [inputGuard(true, { name: 'stop' })] }],
    ['output', { outputGuardrails: [outputGuard(true, { name: 'stop' })] }],
  ] as const)(
    '[E92] a trip is on the guardrail’s span, and by its name on the agent’s (%s)',
    async ([, guards], { stage }) => {
      await stage.seen(scripted([step], guards));
      expect(stage.spans('guardrail').map(({ spanData }) => spanData)).toEqual([
        { type: 'guardrail', name: 'stop', triggered: true },
      ]);
      expect(errorOf(stage, 'agent')).toMatchObject({ data: { guardrail: 'stop' } });
    },
  );

  on(
    '[E94] without sensitive data there are no inputs, outputs or error texts, and nothing is made text',
    async ({ stage }) => {
      let shown = 0;
      class Secret extends Error {
        override toString(): string {
          shown += 1;
          return 'SECRET';
        }
      }
      const failing = weather(() => {
        throw new Secret('SECRET');
      });
      const off = { traceIncludeSensitiveData: false };
      const args = { city: 'SECRET' };
      await stage.seen(
        scripted([[call('c1', args)], [call('c2', '{"city":"SECRET"')], [assistantMessage('SECRET')]], {
          tools: [failing],
        }),
        'SECRET',
        {},
        off,
      );
      await stage.seen(
        scripted([[call('c1', args)], [assistantMessage('SECRET')]], { tools: [weather(() => 'SECRET')] }),
        'SECRET',
        {},
        off,
      );
      expect(stage.spans('function').map(({ spanData: { input, output } }) => [input, output])).toEqual([
        ['', ''],
        ['', ''],
        ['', ''],
      ]);
      await stage.seen(scripted([modelError(new Secret('SECRET'))]), 'SECRET', {}, off);
      expect(shown).toBe(0);
      await stage.seen(
        scripted([step], { inputGuardrails: [inputGuard(false, { throws: new Secret('SECRET') })] }),
        'SECRET',
        {},
        off,
      );
      const refusing = handoff(triage([]).billing, {
        onHandoff: () => {
          throw new Secret('SECRET');
        },
      });
      await stage.seen(scripted([[toBilling()]], { handoffs: [refusing] }), 'SECRET', {}, off);
      expect(stage.trace.spans.length).toBeGreaterThan(15);
      expect(JSON.stringify(stage.trace.spans)).not.toContain('SECRET');
    },
  );

  on(
    '[E96] what fails before the first turn ends the task’s span, and the caller’s span is current again',
    async ({ stage }) => {
      const session = new TestSession();
      session.getItems = () => Promise.reject(new Error('no disk'));
      const agent = scripted([step]);
      const { error } = await stage.seen(agent, 'Hi', { session });
      expect(error).toMatchObject({ code: 'SESSION_LOAD_FAILED' });
      expect(modelOf(agent).calls).toHaveLength(0);
      expect(stage.spans('task').map((span) => span.error?.message)).toEqual(['Error in agent run']);
      expect(stage.trace.openSpans.size).toBe(0);
    },
  );
});
