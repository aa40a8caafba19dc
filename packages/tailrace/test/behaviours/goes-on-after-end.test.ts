import { describe, expect } from 'vitest';
import { MaxTurnsExceededError, run, Runner, RunState, tool } from '../../src/index.ts';
import { assistantMessage, functionCall, modelStall, ScriptedModel } from '../../src/testing/index.ts';
import { z } from 'zod';
import { agentOf, call, kinds, modelOf, scripted, TestSession, toolScript, weather } from './cast.ts';
import { on, read, words } from './stage.ts';

const pair = ['function_call', 'function_call_result'];

describe('run(agent, state) of a run that has ended', () => {
  on(
    'cancelled in the middle of an answer: the turn is taken anew, and the partial text is not said again',
    async ({ stage }) => {
      const model = new ScriptedModel([
        modelStall([{ type: 'output_text_delta', delta: 'Once upon' }]),
        [assistantMessage('The end.')],
      ]);
      const session = new TestSession();
      const agent = agentOf(model);
      const stopped = await stage.stream(agent, 'Hi', { session });
      await read(stopped, (event) => {
        if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') stopped.cancel();
      });
      expect(stopped.status).toBe('cancelled');
      const { result } = await stage.whole(agent, stopped.state);
      expect([result?.finalOutput, kinds(result?.history ?? [])]).toEqual(['The end.', ['user', 'assistant']]);
      expect(model.calls[1]?.request.input).toEqual(model.calls[0]?.request.input);
      expect(kinds(await session.getItems())).toEqual(['user', 'assistant']);
    },
  );

  on(
    'cancelled while one of two calls runs: what has an output counts, the other call is left out',
    async ({ stage }) => {
      let made = 0;
      const slow = tool({
        name: 'slow',
        description: 'Never ends.',
        parameters: z.object({}),
        execute: (_input, _context, details) =>
          new Promise((_resolve, reject) => {
            details?.signal?.addEventListener('abort', () => reject(new Error('stopped')));
          }),
      });
      const session = new TestSession();
      const agent = scripted([[call('c1'), functionCall('slow', {}, { callId: 'c2' })], [assistantMessage('Sunny.')]], {
        tools: [weather(() => `${(made += 1)}`), slow],
      });
      const stopped = await stage.stream(agent, 'Hi', { session });
      await read(stopped, (event) => {
        if (event.type === 'run_item_stream_event' && event.name === 'tool_output') stopped.cancel();
      });
      const { result } = await stage.whole(agent, stopped.state);
      expect([result?.finalOutput, made]).toEqual(['Sunny.', 1]);
      expect(kinds(modelOf(agent).calls[1]?.request.input as [])).toEqual(['user', ...pair]);
      expect(kinds(result?.history ?? [])).toEqual(['user', ...pair, 'assistant']);
      expect(kinds(await session.getItems())).toEqual(['user', ...pair, 'assistant']);
    },
  );

  on('the session gets only what is new', async ({ stage }) => {
    const session = new TestSession();
    const agent = scripted(toolScript('Sunny.'), { tools: [weather()] });
    const stopped = await stage.stream(agent, 'Hi', { session });
    await read(stopped, (event) => {
      if (event.type === 'run_item_stream_event' && event.name === 'tool_called')
        stopped.cancel({ mode: 'after_turn' });
    });
    const { result, log } = await stage.whole(agent, stopped.state);
    expect(kinds(result?.history ?? [])).toEqual(['user', ...pair, 'assistant']);
    expect(kinds(await session.getItems())).toEqual(['user', ...pair, 'assistant']);
    expect(log.filter(({ type }) => type === 'session.committed')).toHaveLength(1);
  });

  on('a session that the run did not have gets all of it', async ({ stage }) => {
    const agent = scripted(toolScript('Sunny.'), { tools: [weather()] });
    const stopped = await stage.stream(agent);
    await read(stopped, (event) => {
      if (event.type === 'run_item_stream_event') stopped.cancel({ mode: 'after_turn' });
    });
    const session = new TestSession();
    await stage.whole(agent, stopped.state, { session });
    expect(kinds(await session.getItems())).toEqual(['user', ...pair, 'assistant']);
  });

  on('after a handoff the new agent goes on, with the context that there was', async ({ stage }) => {
    const seen: unknown[] = [];
    const next = scripted([[assistantMessage('Paid.')]], {
      name: 'Next',
      instructions: ({ context }) => {
        seen.push(context);
        return '';
      },
    });
    const first = scripted([[functionCall('transfer_to_Next', {}, { callId: 'h1' })]], {
      name: 'First',
      handoffs: [next],
    });
    const context = { user: 'u1' };
    const stopped = await stage.stream(first, 'Hi', { context });
    await read(stopped, (event) => {
      if (event.type === 'run_item_stream_event') stopped.cancel({ mode: 'after_turn' });
    });
    const { result } = await stage.whole(first, stopped.state);
    expect([result?.finalOutput, result?.lastAgent, seen]).toEqual(['Paid.', next, [context]]);
    expect(kinds(modelOf(next).calls[0]?.request.input as [])).toEqual(['user', ...pair]);
  });

  on('also from its text, in another process', async ({ stage }) => {
    const agent = scripted(toolScript('Sunny.'), { tools: [weather()] });
    const stopped = await stage.stream(agent);
    await read(stopped, (event) => {
      if (event.type === 'run_item_stream_event') stopped.cancel({ mode: 'after_turn' });
    });
    const restored = await RunState.fromString(agent, stopped.state.toString());
    const { result } = await stage.whole(agent, restored);
    expect(kinds(result?.history ?? [])).toEqual(['user', ...pair, 'assistant']);
  });

  on('what it used of maxTurns is used', async ({ stage }) => {
    const agent = scripted(toolScript('Sunny.'), { tools: [weather()] });
    const { error } = await stage.whole(agent, 'Hi', { maxTurns: 1 });
    const { state } = error as { state: RunState };
    for (const options of [{}, { maxTurns: 1 }])
      expect((await stage.whole(agent, state, options)).error).toBeInstanceOf(MaxTurnsExceededError);
    const { result } = await stage.whole(agent, state, { maxTurns: 2 });
    expect(kinds(result?.history ?? [])).toEqual(['user', ...pair, 'assistant']);
    expect(modelOf(agent).calls).toHaveLength(2);
  });

  on('an output that a guardrail rejected is not said again', async ({ stage }) => {
    let tripped = true;
    const agent = scripted([[assistantMessage('bad')], [assistantMessage('good')]], {
      outputGuardrails: [{ name: 'g', execute: async () => ({ tripwireTriggered: tripped, outputInfo: null }) }],
    });
    const { error } = await stage.whole(agent);
    tripped = false;
    const { result } = await stage.whole(agent, (error as { state: RunState }).state);
    expect([result?.finalOutput, kinds(result?.history ?? [])]).toEqual(['good', ['user', 'assistant']]);
  });

  on('a conversation that the provider keeps is told only what it has not heard', async ({ stage }) => {
    const agent = scripted(toolScript('Sunny.'), { tools: [weather()] });
    const stopped = await stage.stream(agent, 'Hi', { conversationId: 'conv_1' });
    await read(stopped, (event) => {
      if (event.type === 'run_item_stream_event') stopped.cancel({ mode: 'after_turn' });
    });
    await stage.whole(agent, stopped.state);
    expect(modelOf(agent).calls.map(({ request }) => [kinds(request.input as []), request.conversationId])).toEqual([
      [['user'], 'conv_1'],
      [['function_call_result'], 'conv_1'],
    ]);
  });

  on('a chain of responses goes on behind the last turn that ended', async ({ stage }) => {
    const agent = scripted(toolScript('Sunny.'), { tools: [weather()] });
    const stopped = await stage.stream(agent, 'Hi', { previousResponseId: 'resp_0' });
    await read(stopped, (event) => {
      if (event.type === 'run_item_stream_event') stopped.cancel({ mode: 'after_turn' });
    });
    await stage.whole(agent, stopped.state);
    const [first, second] = modelOf(agent).calls.map(({ request }) => request);
    expect([kinds(first?.input as []), first?.previousResponseId]).toEqual([['user'], 'resp_0']);
    expect(kinds(second?.input as [])).toEqual(['function_call_result']);
    expect(second?.previousResponseId).toBe(stopped.rawResponses[0]?.responseId);
  });

  on('completed: its result, and nobody is asked', async ({ stage }) => {
    const agent = scripted(toolScript('Sunny.'), { tools: [weather()] });
    const { result, log } = await stage.whole(agent);
    if (!result) throw new Error('It did not complete.');
    const again = await run(agent, result.state);
    expect([again.finalOutput, again.runId, again.state]).toEqual(['Sunny.', result.runId, result.state]);
    const streamed = await new Runner().run(agent, result.state, { stream: true });
    const { events } = await read(streamed);
    await streamed.completed;
    expect([words(events), streamed.finalOutput, streamed.status]).toEqual([[], 'Sunny.', 'completed']);
    const restored = await RunState.fromString(agent, result.state.toString());
    expect((await run(agent, restored)).finalOutput).toBe('Sunny.');
    expect([modelOf(agent).calls.length, stage.log()]).toEqual([2, log]);
  });
});
