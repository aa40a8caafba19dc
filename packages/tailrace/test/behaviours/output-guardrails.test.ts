import { describe, expect } from 'vitest';
import { GuardrailExecutionError, OutputGuardrailTripwireTriggered, type RunState } from '../../src/index.ts';
import { assistantMessage } from '../../src/testing/index.ts';
import { call, kinds, outputGuard, scripted, TestSession, toolScript, weather } from './cast.ts';
import { failure, itemWords, Moment, on, read, wait } from './stage.ts';

const trips = (): { outputGuardrails: ReturnType<typeof outputGuard>[] } => ({
  outputGuardrails: [outputGuard(true, { afterMs: 3 })],
});

describe('output guardrails', () => {
  on('[D73] a trip is thrown from iteration and from waiting; there is no final output', async ({ stage }) => {
    const result = await stage.stream(scripted([[assistantMessage('Secret.')]], trips()));
    const { error } = await read(result);
    expect(error).toBeInstanceOf(OutputGuardrailTripwireTriggered);
    expect(error).toMatchObject({ result: { guardrail: { type: 'output', name: 'guard' }, agentOutput: 'Secret.' } });
    expect(await failure(result.completed)).toBe(error);
    expect([result.finalOutput, result.status, result.error]).toEqual([undefined, 'failed', error]);
  });

  on('[D74] the rejected message is not saved; calls and their outputs are', async ({ stage }) => {
    for (const mode of ['seen', 'whole'] as const) {
      const session = new TestSession();
      const agent = scripted(toolScript('Secret.'), { ...trips(), tools: [weather()] });
      const { error } = await stage[mode](agent, 'Hi', { session });
      expect(error).toBeInstanceOf(OutputGuardrailTripwireTriggered);
      expect(kinds(await session.getItems())).toEqual(['user', 'function_call', 'function_call_result']);
    }
  });

  on('[D75] a guardrail that throws rejects nothing: the whole turn is saved', async ({ stage }) => {
    const broken = new Error('no verdict');
    const session = new TestSession();
    const agent = scripted([[assistantMessage('Hi.')]], { outputGuardrails: [outputGuard(false, { throws: broken })] });
    const { error } = await stage.seen(agent, 'Hi', { session });
    expect(error).toBeInstanceOf(GuardrailExecutionError);
    expect((error as GuardrailExecutionError).error).toBe(broken);
    expect(kinds(await session.getItems())).toEqual(['user', 'assistant']);
  });

  on(
    '[D76] a tool’s output that was rejected as the final one is replaced by a fixed text in the session',
    async ({ stage }) => {
      const session = new TestSession();
      const options = { ...trips(), tools: [weather()], toolUseBehavior: 'stop_on_first_tool' as const };
      const { error } = await stage.seen(scripted([[call()]], options), 'Hi', { session });
      expect(error).toBeInstanceOf(OutputGuardrailTripwireTriggered);
      const [, asked, answer] = await session.getItems();
      expect(asked).toMatchObject({ type: 'function_call', callId: 'c1' });
      expect(answer).toMatchObject({
        type: 'function_call_result',
        callId: 'c1',
        output: { type: 'text', text: expect.stringContaining('guardrail') },
      });
      expect(JSON.stringify(answer)).not.toContain('sunny');
      // A pair that is whole: the next run on the session works.
      const next = await stage.whole(scripted([[assistantMessage('Again.')]]), 'Go on', { session });
      expect(next.result?.finalOutput).toBe('Again.');
    },
  );

  on('[D77] the siblings of one that trips are ended, and not waited for', async ({ stage }) => {
    const never = new Moment();
    const guards = [
      outputGuard(false, { name: 'deaf', after: never.reached }),
      outputGuard(true, { name: 'trips', afterMs: 3 }),
    ];
    const { error, result } = await stage.seen(scripted([[assistantMessage('x')]], { outputGuardrails: guards }));
    expect(error).toMatchObject({ result: { guardrail: { name: 'trips' } } });
    expect(result.outputGuardrailResults.map(({ guardrail }) => guardrail.name)).toEqual(['trips']);
    expect(stage.spans('guardrail')).toHaveLength(2);
    const log = stage.log();
    never.reach();
    await wait(5);
    expect(stage.log()).toEqual(log);
  });

  on('[D70] their verdicts are reported too, on result and error', async ({ stage }) => {
    const guards = [outputGuard(false, { name: 'fine' }), outputGuard(true, { name: 'last', afterMs: 5 })];
    const { error, result, events } = await stage.seen(
      scripted([[assistantMessage('x')]], { outputGuardrails: guards }),
    );
    const names = ['fine', 'last'];
    expect(result.outputGuardrailResults.map(({ guardrail }) => guardrail.name)).toEqual(names);
    const { state } = error as { state: RunState };
    expect(state.outputGuardrailResults.map(({ guardrail }) => guardrail.name)).toEqual(names);
    expect(itemWords(events)).toEqual(['message_output_created']);
  });
});
