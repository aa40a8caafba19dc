import { describe, expect } from 'vitest';
import type { RunStreamEvent } from '../../src/index.ts';
import { assistantMessage, functionCall, textStream } from '../../src/testing/index.ts';
import { agentOf, call, kinds, modelOf, scripted, TestSession, toolScript, weather } from './cast.ts';
import { itemWords, on, PacedModel, read, words } from './stage.ts';

const paced = (): PacedModel => new PacedModel(textStream('One two three four.', { provider: 'none' }).events);

describe('cancel, after the turn', () => {
  const three = [call('c1'), call('c2'), call('c3')];

  on.for([
    ['no tool', [[assistantMessage('Done.')]], 'Done.', 0],
    ['a tool', [[call()], [assistantMessage('never')]], undefined, 1],
    ['parallel tools', [three, [assistantMessage('never')]], undefined, 3],
  ] as const)(
    '[C45] the response finishes and its tools run, then it stops (%s)',
    async ([, script, output, tools], { stage }) => {
      let ran = 0;
      const agent = scripted(
        script.map((turn) => [...turn]),
        { tools: [weather(() => `${(ran += 1)}`)] },
      );
      const result = await stage.stream(agent);
      const { events } = await read(result, (_event, count) => {
        if (count === 1) result.cancel({ mode: 'after_turn' });
      });
      expect([
        modelOf(agent).calls.length,
        ran,
        itemWords(events).filter((one) => one === 'tool_output').length,
      ]).toEqual([1, tools, tools]);
      // A turn that gave the final output has completed the run: there is nothing left to cancel.
      expect([result.finalOutput, result.status]).toEqual([output, output === undefined ? 'cancelled' : 'completed']);
    },
  );

  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const hesitations = [0, 1, 2, 3].flatMap((ticks) => [
    { ticks, kind: 'microtasks', tick: () => Promise.resolve() },
    { ticks, kind: 'turns of the event loop', tick: turn },
  ]);
  on.for(hesitations)(
    '[C46] asked $ticks $kind after the last event of a turn, it still holds',
    async ({ ticks, tick }, { stage }) => {
      const agent = scripted(toolScript('never'), { tools: [weather()] });
      const result = await stage.stream(agent);
      await read(result, async (event) => {
        if (event.type !== 'run_item_stream_event' || event.name !== 'tool_output') return;
        for (let left = ticks; left > 0; left -= 1) await tick();
        result.cancel({ mode: 'after_turn' });
      });
      expect([modelOf(agent).calls.length, result.status]).toEqual([1, 'cancelled']);
    },
  );

  on('[C46] also for a reader that asks for each event in a task of its own', async ({ stage }) => {
    const agent = scripted(toolScript('never'), { tools: [weather()] });
    const result = await stage.stream(agent);
    const iterator = result[Symbol.asyncIterator]();
    const inTask = (): Promise<IteratorResult<RunStreamEvent>> =>
      new Promise((resolve, reject) => void setImmediate(() => void iterator.next().then(resolve, reject)));
    for (let next = await inTask(); !next.done; next = await inTask()) {
      if (next.value.type === 'run_item_stream_event' && next.value.name === 'tool_output')
        result.cancel({ mode: 'after_turn' });
    }
    expect([modelOf(agent).calls.length, result.status]).toEqual([1, 'cancelled']);
  });

  on('[C47] before the start, the model is not called', async ({ stage }) => {
    const agent = scripted([[assistantMessage('Hi.')]]);
    const result = await stage.stream(agent);
    result.cancel({ mode: 'after_turn', reason: 'never mind' });
    const { events, error } = await read(result);
    expect(events.length).toBeLessThanOrEqual(1);
    expect([error, modelOf(agent).calls.length]).toEqual([undefined, 0]);
    expect(stage.log().at(-1)).toMatchObject({ type: 'run.cancelled', mode: 'after_turn', reason: 'never mind' });
  });

  on('[C48] immediate wins over after_turn', async ({ stage }) => {
    const model = paced();
    const result = await stage.stream(agentOf(model));
    const { events } = await read(result, (_event, count) => {
      if (count < 2) return model.go();
      result.cancel({ mode: 'after_turn' });
      result.cancel();
    });
    expect(words(events)).toEqual(['raw:response_started', 'raw:output_text_delta']);
    expect(stage.log().at(-1)).toMatchObject({ type: 'run.cancelled', mode: 'immediate' });
  });

  on('[C49] the turn is in the session, and a new run on it goes on from there', async ({ stage }) => {
    const session = new TestSession();
    const agent = scripted([[call('c1')], [call('c2')], [assistantMessage('Sunny.')]], { tools: [weather()] });
    const result = await stage.stream(agent, 'Hi', { session });
    let outputs = 0;
    await read(result, (event) => {
      if (event.type === 'run_item_stream_event' && event.name === 'tool_output' && ++outputs === 2)
        result.cancel({ mode: 'after_turn' });
    });
    const pair = ['function_call', 'function_call_result'];
    expect(kinds(await session.getItems())).toEqual(['user', ...pair, ...pair]);
    const next = await stage.whole(agent, 'Go on', { session });
    expect(next.result?.finalOutput).toBe('Sunny.');
    expect(kinds(await session.getItems())).toEqual(['user', ...pair, ...pair, 'user', 'assistant']);
  });

  on('[C50] at a handoff, the next agent is there, and its model is not called', async ({ stage }) => {
    const next = scripted([[assistantMessage('never')]], { name: 'Next' });
    const first = scripted([[functionCall('transfer_to_Next', {}, { callId: 'h1' })]], {
      name: 'First',
      handoffs: [next],
    });
    const result = await stage.stream(first);
    await read(result, (event) => {
      if (event.type === 'run_item_stream_event' && event.name === 'handoff_requested')
        result.cancel({ mode: 'after_turn' });
    });
    expect([modelOf(next).calls.length, result.status, result.finalOutput]).toEqual([0, 'cancelled', undefined]);
    expect([result.lastAgent, result.activeAgent, result.state.currentAgent]).toEqual([next, next, next]);
    expect(itemWords((await read(result)).events)).toEqual(['handoff_requested', 'handoff_occurred', 'agent:Next']);
  });

  on('[C51] what it leaves goes on to the end with nothing twice, in a run of its own', async ({ stage }) => {
    for (const stream of [true, false]) {
      const agent = scripted(toolScript('Sunny.'), { tools: [weather()] });
      const stopped = await stage.stream(agent);
      await read(stopped, (event) => {
        if (event.type === 'run_item_stream_event' && event.name === 'tool_called')
          stopped.cancel({ mode: 'after_turn' });
      });
      const next = stream
        ? (await stage.seen(agent, stopped.state)).result
        : (await stage.whole(agent, stopped.state)).result;
      expect(next?.finalOutput).toBe('Sunny.');
      expect(next?.runId).not.toBe(stopped.runId);
      expect(kinds(next?.history ?? [])).toEqual(['user', 'function_call', 'function_call_result', 'assistant']);
      expect(modelOf(agent).calls.map(({ request }) => request.input.length)).toEqual([1, 3]);
      // The run itself has ended, and stays as it is.
      expect([stopped.status, kinds(stopped.history)]).toEqual([
        'cancelled',
        ['user', 'function_call', 'function_call_result'],
      ]);
    }
  });
});
