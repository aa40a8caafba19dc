/** What tools say while they work. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, expectTypeOf } from 'vitest';
import { z } from 'zod';
import {
  type FunctionTool,
  invokeFunctionTool,
  type ObservedStreamEvent,
  RunContext,
  RunToolProgressStreamEvent,
  tool,
  type ToolOptions,
} from '../../src/index.ts';
import { assistantMessage, functionCall } from '../../src/testing/index.ts';
import { modelOf, scripted } from './cast.ts';
import { on, read, type Seen } from './stage.ts';

const parameters = z.object({ n: z.number() });

function stepping(
  execute: ToolOptions<typeof parameters>['execute'],
  options: Partial<ToolOptions<typeof parameters>> = {},
): FunctionTool {
  return tool({ name: 'work', description: 'Works.', parameters, execute, ...options });
}

const script = () => [[functionCall('work', { n: 3 }, { callId: 'c1' })], [assistantMessage('Done.')]];
const shown = ({ events }: Seen) => {
  const observed: ObservedStreamEvent[] = events;
  return observed.filter((event) => event instanceof RunToolProgressStreamEvent);
};

describe('a tool that is a generator, and not an async one', () => {
  on('tells its steps, and what it returns is its output', async ({ stage }) => {
    const made = tool({
      name: 'work',
      description: 'Works.',
      parameters,
      *execute({ n }) {
        yield 'begun';
        yield { of: n };
        return [n, 'steps'];
      },
    });
    expectTypeOf(made).toExtend<FunctionTool<unknown, typeof parameters, (string | number)[]>>();
    const seen = await stage.seen(scripted(script(), { tools: [made] }));
    expect(shown(seen).map(({ data }) => data)).toEqual(['begun', { of: 3 }]);
    const outputs = seen.result.newItems.flatMap((item) =>
      item.type === 'tool_call_output_item' ? [item.output] : [],
    );
    expect(outputs).toEqual([[3, 'steps']]);
  });

  on('that throws after a step fails like any other', async ({ stage }) => {
    const made = stepping(function* () {
      yield 1;
      throw new Error('secret');
    });
    const { result } = await stage.whole(scripted(script(), { tools: [made] }));
    expect(JSON.stringify(result?.history)).toContain('An error occurred while running the tool.');
  });

  on('is left when its call is stopped, and may clean up', async ({ stage }) => {
    let left = false;
    const made = stepping(function* () {
      try {
        for (;;) yield sleep(1, 'on');
      } finally {
        left = true;
      }
    });
    await stage.seen(scripted(script(), { tools: [{ ...made, timeoutMs: 20 }] }));
    await expect.poll(() => left).toBe(true);
  });

  on('is no other iterator: that is a value', async ({ stage }) => {
    const { result } = await stage.whole(scripted(script(), { tools: [stepping(() => new Map([[1, 2]]).values())] }));
    expect(result?.newItems[1]?.rawItem).toMatchObject({ output: { type: 'text', text: '{}' } });
  });
});

describe('a tool that is an async generator', () => {
  const counting = () =>
    stepping(async function* ({ n }) {
      for (let step = 1; step <= n; step++) {
        await sleep(1);
        yield { step, of: n };
      }
      return `${n} steps`;
    });

  on('shows each step in the stream, between its call and its output, and returns its output', async ({ stage }) => {
    const agent = scripted(script(), { tools: [counting()] });
    const seen = await stage.seen(agent);
    expect(
      seen.events.map((event) => ('name' in event ? event.name : event.type)).filter((name) => !name.startsWith('raw')),
    ).toEqual([
      'tool_called',
      'tool_progress_stream_event',
      'tool_progress_stream_event',
      'tool_progress_stream_event',
      'tool_output',
      'message_output_created',
    ]);
    expect(shown(seen)[0]).toMatchObject({ toolName: 'work', callId: 'c1', attempt: 1, data: { step: 1, of: 3 } });
    expect(shown(seen)[0]?.agent).toBe(agent);
    const input = modelOf(agent).lastCall?.request.input;
    expect(JSON.stringify(input)).toContain('3 steps');
    expect(JSON.stringify(input)).not.toContain('"step"');
    expect(seen.result.newItems.map(({ type }) => type)).not.toContain('tool_progress');
  });

  on('shows the same to a later reader, and in the native events; a whole run has the same log', async ({ stage }) => {
    const { result } = await stage.seen(scripted(script(), { tools: [counting()] }));
    expect(shown(await read(result.streamEvents()))).toHaveLength(3);
    const progress = (events: readonly object[]) =>
      events.flatMap((event) =>
        'type' in event && event.type === 'tool.progress' ? [{ ...event, run: '', seq: 0, at: 0 }] : [],
      );
    const streamed = progress(stage.log());
    expect(streamed).toHaveLength(3);
    expect(streamed[0]).toMatchObject({ step: '1:tool:c1', callId: 'c1', tool: 'work', data: { step: 1 } });
    await stage.whole(scripted(script(), { tools: [counting()] }));
    expect(progress(stage.log())).toEqual(streamed);
  });

  on('that throws after a step fails like any other', async ({ stage }) => {
    const agent = scripted(script(), {
      tools: [
        stepping(async function* () {
          yield 'half';
          throw new Error('no');
        }),
      ],
    });
    const seen = await stage.seen(agent);
    expect(shown(seen).map(({ data }) => data)).toEqual(['half']);
    expect(JSON.stringify(modelOf(agent).lastCall?.request.input)).toContain('An error occurred');
  });

  on.for(['cancel', 'timeout'] as const)('is left by return() on a %s, and cleans up', async (how, { stage }) => {
    const steps: string[] = [];
    const made = stepping(
      async function* (_input, _context, details) {
        try {
          for (let step = 1; ; step++) {
            yield step;
            if (step === 2 && how === 'cancel') stage.caller.abort();
            await sleep(5);
          }
        } finally {
          steps.push(`left, told ${details?.signal?.aborted}`);
        }
      },
      how === 'timeout' ? { timeoutMs: 20 } : {},
    );
    const agent = scripted(how === 'cancel' ? script().slice(0, 1) : script(), { tools: [made] });
    const { error } = await stage.whole(agent, 'Hi', { signal: stage.caller.signal });
    await sleep(15);
    expect(steps).toEqual(['left, told true']);
    expect(error === undefined).toBe(how === 'timeout');
  });

  on('that is cut short gives no output that looks like one', async ({ stage }) => {
    const made = stepping(async function* () {
      yield 1;
      stage.caller.abort();
      yield 2;
      return 'never';
    });
    await stage.whole(scripted(script().slice(0, 1), { tools: [made] }), 'Hi', { signal: stage.caller.signal });
    const returned = stage.log().find(({ type }) => type === 'tool.returned');
    expect(returned).toBeDefined();
    expect(returned).not.toHaveProperty('output');
    expect(stage.log().filter(({ type }) => type === 'tool.progress')).toHaveLength(1);
  });

  on('may say anything: what JSON cannot carry or is too long is left out, and says so', async ({ stage }) => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const made = stepping(async function* () {
      yield 'text';
      yield undefined;
      yield cycle;
      yield 1n;
      yield 'x'.repeat(20_000);
      yield { big: 'x'.repeat(20_000) };
      return 'ok';
    });
    const seen = await stage.seen(scripted(script(), { tools: [made] }));
    expect(shown(seen).map(({ data, omitted }) => [typeof data === 'string' ? data.length : data, omitted])).toEqual([
      [4, undefined],
      [null, undefined],
      [null, 'not_json'],
      [null, 'not_json'],
      [16_384, 'size'],
      [null, 'size'],
    ]);
  });

  on('that says too much at once is bounded: the last is told, and how many were left out', async ({ stage }) => {
    const made = stepping(async function* () {
      for (let step = 0; step < 10_000; step++) yield step;
      return 'ok';
    });
    const seen = await stage.seen(scripted(script(), { tools: [made] }));
    const events = shown(seen);
    expect(events.length).toBeLessThan(400);
    expect(events.at(-1)?.data).toBe(9_999);
    expect(events.reduce((sum, { skipped = 0 }) => sum + skipped, events.length)).toBe(10_000);
  });
});

on('the type of the output is that of the return', async () => {
  const made = tool({
    name: 'typed',
    description: 'd',
    parameters,
    execute: async function* ({ n }) {
      yield { percent: 50 };
      return { doubled: n * 2 };
    },
  });
  const output = await invokeFunctionTool({ tool: made, runContext: new RunContext(), input: '{"n":2}' });
  expectTypeOf(output).toEqualTypeOf<{ doubled: number } | string>();
  expect(output).toEqual({ doubled: 4 });
});
