// Tools that give, throw or do what nobody expects: it is the affair of that call, and the run goes on.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { Agent, Runner, type RunResult, tool } from '../../src/index.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';

type Execute = () => unknown;

async function called(
  execute: Execute,
  options: { name?: string; timeoutMs?: number; maxToolOutputLength?: number; signal?: AbortSignal } = {},
): Promise<{ output: unknown; text: unknown }> {
  const { name = 'odd', timeoutMs, maxToolOutputLength, signal } = options;
  const odd = tool({
    name,
    description: 'Odd.',
    parameters: z.object({}),
    execute,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  const model = new ScriptedModel([[functionCall(name, {}, { callId: 'c' })], [assistantMessage('Done.')]]);
  const runner = new Runner({ ...(maxToolOutputLength !== undefined && { maxToolOutputLength }) });
  const agent = new Agent({ name: 'A', tools: [odd], model });
  const result: RunResult = await runner.run(agent, 'Hi', { ...(signal && { signal }) });
  expect(result.finalOutput).toBe('Done.');
  await assertCleanRun(result);
  let text: unknown;
  for await (const event of result.events()) if (event.type === 'tool.returned') text = event.output;
  const item = result.newItems.find((one) => one.type === 'tool_call_output_item');
  return { output: (item?.rawItem as { output?: unknown } | undefined)?.output, text };
}

const FAILED = { type: 'text', text: 'An error occurred while running the tool. Please try again.' };
const cycle: { self?: unknown } = {};
cycle.self = cycle;

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const values: [what: string, execute: Execute][] = [
  [
    'a type that throws',
    () => ({
      get type() {
        throw new Error('type');
      },
    }),
  ],
  [
    'a list that cannot be read',
    () =>
      new Proxy([1], {
        get(target, key): unknown {
          if (key === 'length') throw new Error('length');
          return Reflect.get(target, key);
        },
      }),
  ],
  ['a part with a cycle', () => ({ type: 'text', text: 'x', providerData: cycle })],
  ['a part with a BigInt', () => ({ type: 'text', text: 'x', providerData: { a: 1n } })],
];

describe('a call fails, and not the run, of', () => {
  it.each(values)('%s', async (_what, execute) => {
    expect((await called(execute)).output).toEqual(FAILED);
  });

  it('a proxy that was revoked, thrown', async () => {
    const throwing = (): never => {
      throw revoked();
    };
    expect((await called(throwing)).output).toEqual(FAILED);
  });

  it('a proxy without a prototype to ask for, thrown', async () => {
    const proxy = new Proxy(
      {},
      {
        get: () => {
          throw new Error('get');
        },
        getPrototypeOf: () => {
          throw new Error('getPrototypeOf');
        },
      },
    );
    const throwing = (): never => {
      throw proxy;
    };
    expect((await called(throwing)).output).toEqual(FAILED);
  });
});

describe('the limit of an output holds for', () => {
  it('a text part', async () => {
    const { output, text } = await called(() => ({ type: 'text', text: 'x'.repeat(100) }), { maxToolOutputLength: 10 });
    const cut = `${'x'.repeat(10)}\n[cut: the output had 100 characters, the limit is 10]`;
    expect(output).toEqual([{ type: 'input_text', text: cut }]);
    expect(text).toBe(JSON.stringify({ type: 'text', text: cut }));
  });

  it('all text parts together, and leaves images', async () => {
    const image = { type: 'image', image: 'data:image/png;base64,AAAA' };
    const parts = ['aaaa', 'bbbb', 'cccc', 'dddd'].map((part) => ({ type: 'text', text: part }));
    const { output, text } = await called(() => [...parts, image], { maxToolOutputLength: 6 });
    expect(output).toEqual([
      { type: 'input_text', text: 'aaaa' },
      { type: 'input_text', text: 'bb\n[cut: the output had 16 characters, the limit is 6]' },
      { type: 'input_image', image: image.image },
    ]);
    expect(text).not.toContain('cccc');
  });

  it('and parts that are just as long stay whole', async () => {
    const parts = ['aaa', 'bbb'].map((part) => ({ type: 'text', text: part }));
    const { output } = await called(() => parts, { maxToolOutputLength: 6 });
    expect(output).toEqual([
      { type: 'input_text', text: 'aaa' },
      { type: 'input_text', text: 'bbb' },
    ]);
  });
});

describe('what JSON keeps nothing of is said', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    ['Map', () => new Map([[1, 2]])],
    ['Response', () => new Response('x')],
    ['ReadableStream', () => new ReadableStream()],
    ['Error', () => new Error('returned')],
  ])('once: %s', async (kind, execute) => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const name = `gives_${kind}`;
    expect((await called(execute, { name })).output).toEqual({ type: 'text', text: '{}' });
    await called(execute, { name });
    expect(warn.mock.calls.map(String)).toEqual([expect.stringContaining(`'${name}' returned an object of ${kind},`)]);
  });

  it.each([
    ['nothing in it', () => ({})],
    ['no prototype', () => Object.create(null) as object],
    [
      'words of its own',
      () =>
        new (class Own {
          toJSON = (): object => ({});
        })(),
    ],
  ])('and not of an object with %s', async (_what, execute) => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    expect((await called(execute)).output).toEqual({ type: 'text', text: '{}' });
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('steps that were written by hand', () => {
  const leaves: [string, () => unknown][] = [
    ['no promise', () => ({ done: true, value: undefined })],
    [
      'an error',
      () => {
        throw new Error('Cannot leave.');
      },
    ],
  ];

  it.each(leaves)('whose return() gives %s are stopped like others', async (_what, leave) => {
    const next = async (): Promise<unknown> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { done: false, value: 1 };
    };
    const steps = { next, return: leave, [Symbol.asyncIterator]: () => steps };
    const { output } = await called(() => steps, { timeoutMs: 50 });
    expect(output).toMatchObject({ text: expect.stringContaining('timed out') as string });
  });
});

describe('a generator that never waits', () => {
  const kinds: [string, (began: number) => Execute][] = [
    [
      'async',
      (began) =>
        async function* () {
          while (performance.now() - began < 8000) yield 1;
          return 'end';
        },
    ],
    [
      'not async',
      (began) =>
        function* () {
          while (performance.now() - began < 8000) yield 1;
          return 'end';
        },
    ],
  ];

  it.each(kinds)('is stopped by its timeout, %s', async (_what, endless) => {
    const began = performance.now();
    const { output } = await called(endless(began), { timeoutMs: 50 });
    expect(output).toMatchObject({ text: expect.stringContaining('timed out') as string });
    expect(performance.now() - began).toBeLessThan(4000);
  });

  it.each(kinds)('is stopped by a cancel, %s', async (_what, endless) => {
    const began = performance.now();
    const error: unknown = await called(endless(began), { signal: AbortSignal.timeout(50) }).catch(
      (one: unknown) => one,
    );
    expect(error).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(performance.now() - began).toBeLessThan(4000);
  });
});
