/** What a request says of caching, and of a prompt template, in the words of both APIs. */
import { describe, expect, test } from 'vitest';
import { Agent, OpenAIProvider, Runner } from '../../src/index.ts';
import { chatBody } from '../../src/model/chat-request.ts';
import { responsesBody } from '../../src/model/responses-request.ts';
import { startWireServer } from '../../src/testing/index.ts';
import { request } from './calls.ts';

const mark = { mode: 'explicit' as const };
const marked = request({
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'a', promptCacheBreakpoint: mark },
        { type: 'input_image', image: 'https://x.example/y.png', promptCacheBreakpoint: mark },
        { type: 'input_file', file: { id: 'file_1' }, promptCacheBreakpoint: mark },
        { type: 'input_text', text: 'b' },
      ],
    },
  ],
  modelSettings: { promptCacheRetention: 'in-memory', promptCacheOptions: { mode: 'explicit', ttl: '30m' } },
});

describe.each([
  ['responses', responsesBody, 'input'],
  ['chat', chatBody, 'messages'],
] as const)('%s', (_name, bodyOf, messages) => {
  test('retention, options and breakpoints are on the wire as the API writes them', () => {
    const body = JSON.parse(bodyOf(marked, 'm', true)) as Record<string, unknown>;
    expect(body).toMatchObject({
      prompt_cache_retention: 'in_memory',
      prompt_cache_options: { mode: 'explicit', ttl: '30m' },
    });
    const [user] = (body[messages] as { content: { prompt_cache_breakpoint?: object }[] }[]).slice(-1);
    expect(user?.content.map((part) => part.prompt_cache_breakpoint)).toEqual([mark, mark, mark, undefined]);
  });

  test('kept for a day, it is written as it is', () => {
    const kept = request({ modelSettings: { promptCacheRetention: '24h' } });
    expect(JSON.parse(bodyOf(kept, 'm', true))).toMatchObject({ prompt_cache_retention: '24h' });
  });
});

test('a prompt template says the model, unless the agent does', async () => {
  await using server = await startWireServer();
  const runner = new Runner({
    tracingDisabled: true,
    modelProvider: new OpenAIProvider({ baseURL: server.url, apiKey: 'k' }),
  });
  const prompt = { promptId: 'pmpt_1', version: '3', variables: { topic: 'tides' } };
  for (const named of [{}, { model: 'gpt-test' }]) {
    await runner.run(new Agent({ name: 'A', prompt, ...named }), 'Hi').catch(() => undefined);
  }
  const bodies = server.requests.map(({ body }) => body as Record<string, unknown>);
  expect(bodies.map(({ model }) => model)).toEqual([undefined, 'gpt-test']);
  expect(bodies[0]?.['prompt']).toEqual({ id: 'pmpt_1', version: '3', variables: { topic: 'tides' } });
});
