import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Agent, MemoryLogStore, type RunEvent, Runner, type StreamedRunResult } from '../../src/index.ts';
import { textView } from '../../src/view/text-view.ts';
import { assertCleanRun, assistantMessage, modelStall, ScriptedModel } from '../../src/testing/index.ts';
import { eventsOf } from '../durable/cut.ts';

const step = '1:model:0';
const text = (attempt: number, text: string) => ({ type: 'model.delta', step, attempt, text }) as unknown as RunEvent;
const second = { type: 'step.attempt', of: 'model', step, attempt: 2, supersedes: 1 } as unknown as RunEvent;
const REPLACED = expect.objectContaining({ code: 'ATTEMPT_SUPERSEDED' });

describe('the text of an answer', () => {
  it('ends when text that was given out is replaced', () => {
    const view = textView();
    expect(view([text(1, 'a'), text(1, 'b')])).toEqual(['a', 'b']);
    expect(() => view([text(1, 'c'), second, text(2, 'd')])).toThrow(REPLACED);
  });

  it('goes on when what is replaced was never given out', () => {
    expect(textView()([text(1, 'a'), second, text(2, 'b')])).toEqual(['b']);
    const view = textView(new Set([`${step}/1`]));
    expect([view([text(1, 'a')]), view([second]), view([text(2, 'b')])]).toEqual([[], [], ['b']]);
  });

  it('goes on when the replaced attempt had said nothing', () => {
    const view = textView();
    expect([view([]), view([second]), view([text(2, 'b')])]).toEqual([[], [], ['b']]);
  });

  it('of a run that was taken up in the middle of an answer is the new answer alone, for whoever reads here', async () => {
    const store = new MemoryLogStore();
    const dying = new Agent({
      name: 'A',
      model: new ScriptedModel([modelStall([{ type: 'output_text_delta', delta: 'What was cut ' }])]),
    });
    const first = await new Runner({ store }).run(dying, 'Hi', { stream: true, runId: 'run_1' });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const piece of first.toTextStream()) seen.push(piece);
    })();
    while (seen.length === 0) await sleep(1);
    const heir = new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('All of it.')]]) });
    const second = (await new Runner({ store }).resume(heir, 'run_1', { stream: true })) as StreamedRunResult;
    let whole = '';
    for await (const piece of second.toTextStream()) whole += piece;
    expect(whole).toBe('All of it.');
    expect(second.finalOutput).toBe('All of it.');
    first.cancel();
    await expect(reading).rejects.toMatchObject({ code: 'STALE_EPOCH' });
    await assertCleanRun(await eventsOf(store, 'run_1'));
  });
});
