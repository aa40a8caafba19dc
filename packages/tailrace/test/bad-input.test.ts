import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type AgentInputItem, MemorySession, run, type RunConfig, Runner, tool, UserError } from '../src/index.ts';
import { assistantMessage, ScriptedModel } from '../src/testing/index.ts';
import { agent, made, MISTAKES, options } from './bad-input-rows.ts';

afterEach(() => vi.restoreAllMocks());

describe('a mistake is told before anything happens', () => {
  test.each(MISTAKES)('$item: $what is $code', async ({ make, code, says }) => {
    let error: unknown;
    try {
      await make();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ name: 'UserError', code, retryable: false });
    const text = (error as UserError).message;
    for (const part of says)
      expect(text).toEqual(part instanceof RegExp ? expect.stringMatching(part) : expect.stringContaining(part));
    expect(text.length).toBeLessThan(500);
    expect(text).toMatch(/\.$|\?$/);
  });

  test('every item of the table up to 18 that is a UserError has a row', () => {
    const items = new Set(MISTAKES.map(({ item }) => item));
    expect([...items].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18]);
  });
});

describe('what is only warned of, or put right', () => {
  test('4: spaces in a tool’s name become underscores, as in @openai/agents', () => {
    expect(made({ name: 'get weather now' }).name).toBe('get_weather_now');
  });

  test('5: a tool without a description is warned of, once', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    for (let time = 0; time < 3; time += 1) made({ name: 'speechless', description: '' });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/tailrace: Tool 'speechless' has no description.*one sentence/)],
    ]);
  });

  test('6: anything goes without strict mode', () => {
    const loose = tool({
      name: 'loose',
      description: 'd',
      parameters: z.object({ any: z.any() }),
      strict: false,
      execute: () => 'x',
    });
    expect(loose.parameters).toMatchObject({ properties: { any: {} } });
  });

  test('15: lone surrogates and NUL become U+FFFD; what is well-formed stays', async () => {
    const model = new ScriptedModel([[assistantMessage('Hi.')], [assistantMessage('Hi.')]]);
    const text = 'a\uD83Db\u0000c\u{1F600}\uDC00';
    const clean = 'a\uFFFDb\uFFFDc\u{1F600}\uFFFD';
    const result = await run(agent({ model }), text);
    expect(result.input).toBe(clean);
    const given: AgentInputItem[] = [{ role: 'user', content: [{ type: 'input_text', text }] }];
    await run(agent({ model }), given);
    expect(model.calls.map(({ request }) => request.input)).toEqual([
      [{ type: 'message', role: 'user', content: clean }],
      [{ role: 'user', content: [{ type: 'input_text', text: clean }] }],
    ]);
    expect(given).toEqual([{ role: 'user', content: [{ type: 'input_text', text }] }]);
  });

  test.each(['previousResponseId', 'conversationId'])(
    '18: %s beside what keeps the history, too, is refused',
    async (name) => {
      const other = name === 'conversationId' ? 'previousResponseId' : 'conversationId';
      for (const second of [{ session: new MemorySession() }, { [other]: 'two' }]) {
        await expect(options({ [name]: 'one', ...second })).rejects.toMatchObject({ code: 'OPTION_CONFLICT' });
      }
      for (const id of ['', 7, null]) {
        await expect(options({ [name]: id })).rejects.toMatchObject({ code: 'OPTION_TYPE' });
      }
    },
  );

  test('18: an option that @openai/agents has and we do not is warned of, once', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    for (let time = 0; time < 3; time += 1) {
      await options({ sandbox: {} });
      expect(new Runner({ sandbox: {} } as Partial<RunConfig>)).toBeDefined();
    }
    const told = warn.mock.calls.map(([text]) => String(text));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`'sandbox' of @openai/agents is not supported by this version`);
  });
});
