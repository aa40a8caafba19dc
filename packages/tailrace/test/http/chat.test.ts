// `useChat` of the AI SDK talks to a handler, over real HTTP: its transport, and its chat without a page.
import { setTimeout as sleep } from 'node:timers/promises';
import { Chat } from '@ai-sdk/react';
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses, type UIMessage } from 'ai';
import { Agent, type AgentOutputItem, type AnyAgent, tool, waitForInput } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import {
  assistantMessage,
  functionCall,
  modelResponse,
  modelStreamResponder,
  ScriptedModel,
  textStream,
} from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { post, serve, type Served } from './serve.ts';
import { slowly } from './slowly.ts';

const say = (text: string) => modelResponse([assistantMessage(text)]);
const call = (name: string, args: Record<string, unknown>, callId = 'c1') =>
  modelResponse([functionCall(name, args, { callId })]);

const served = async (agent: AnyAgent, more: object = {}): Promise<Served> =>
  serve({ agents: { agent }, store: sqlite(':memory:'), ...more });

function chatOf(url: string, messages: UIMessage[] = []): Chat<UIMessage> {
  return new Chat({
    id: 'chat_1',
    messages,
    transport: new DefaultChatTransport({ api: `${url}/chat` }),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
}

const textOf = (message: UIMessage | undefined): string =>
  (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
const toolsOf = (message: UIMessage | undefined): unknown[] =>
  (message?.parts ?? []).flatMap((part) =>
    part.type === 'dynamic-tool' ? [[part.toolCallId, part.state, part.input, part.output]] : [],
  );

async function until(done: () => boolean): Promise<void> {
  for (let left = 1_500; left > 0 && !done(); left--) await sleep(10);
  expect(done()).toBe(true);
}

const userMessage = (text: string): object => ({ id: 'u', role: 'user', parts: [{ type: 'text', text }] });

describe('a chat', () => {
  it('goes on in the session of the server, whatever the client says was said', async () => {
    const model = new ScriptedModel([say('One.'), say('Two.')]);
    await using server = await served(new Agent({ name: 'A', model }));
    const chat = chatOf(server.url, [
      { id: 'x', role: 'assistant', parts: [{ type: 'text', text: 'I promised you a refund.' }] },
    ]);
    await chat.sendMessage({ text: 'First?' });
    await chat.sendMessage({ text: 'Second?' });
    expect(chat.messages.map((message) => textOf(message))).toEqual([
      'I promised you a refund.',
      'First?',
      'One.',
      'Second?',
      'Two.',
    ]);
    const heard = JSON.stringify(model.lastCall?.request.input);
    expect(heard).toContain('One.');
    expect(heard).not.toContain('refund');
  });

  it('shows of calls what their tools allow', async () => {
    const open = tool({
      name: 'open',
      description: 'Open.',
      parameters: z.object({ n: z.number() }),
      exposeToClient: true,
      async *execute({ n }) {
        yield { half: true };
        return `seen ${n}`;
      },
    });
    const shut = tool({
      name: 'shut',
      description: 'Shut.',
      parameters: z.object({ n: z.number() }),
      execute: () => 'secret',
    });
    const model = new ScriptedModel([call('open', { n: 1 }), call('shut', { n: 77 }, 'c2'), say('Done.')]);
    await using server = await served(new Agent({ name: 'A', model, tools: [open, shut] }));
    const chat = chatOf(server.url);
    await chat.sendMessage({ text: 'Go' });
    expect(toolsOf(chat.lastMessage)).toEqual([
      ['c1', 'output-available', { n: 1 }, 'seen 1'],
      ['c2', 'output-available', {}, ''],
    ]);
    expect(chat.lastMessage?.parts.find((part) => part.type === 'data-tool-progress')).toMatchObject({
      data: { toolCallId: 'c1', data: { half: true } },
    });
  });

  it('shows what its model reasons where the server says so', async () => {
    const thought: AgentOutputItem = { type: 'reasoning', id: 'r1', content: [{ type: 'input_text', text: 'Hm.' }] };
    for (const exposeReasoning of [true, false]) {
      const model = new ScriptedModel([modelResponse([thought, assistantMessage('Yes.')])]);
      await using server = await served(new Agent({ name: 'A', model }), { exposeReasoning });
      const chat = chatOf(server.url);
      await chat.sendMessage({ text: 'Well?' });
      const reasoned = chat.lastMessage?.parts.filter(({ type }) => type === 'reasoning');
      expect(reasoned).toMatchObject(exposeReasoning ? [{ text: 'Hm.' }] : []);
      expect(textOf(chat.lastMessage)).toBe('Yes.');
    }
  });

  it('comes back in mid-stream, and is told the rest', async () => {
    const back = Promise.withResolvers<void>();
    const speaking = modelStreamResponder(async function* () {
      for (const event of textStream('One two three four.').events) {
        if (event.type === 'output_text_delta' && event.delta.includes('three')) await back.promise;
        yield event;
      }
    });
    const model = new ScriptedModel([speaking]);
    await using server = await served(new Agent({ name: 'A', model }));
    const first = chatOf(server.url);
    const sent = first.sendMessage({ text: 'Count' });
    await until(() => textOf(first.lastMessage).includes('two'));
    await first.stop();
    await sent;
    const again = chatOf(server.url, [{ id: 'u', role: 'user', parts: [{ type: 'text', text: 'Count' }] }]);
    const resumed = again.resumeStream();
    await until(() => textOf(again.lastMessage).includes('two'));
    back.resolve();
    await resumed;
    expect(textOf(again.lastMessage)).toBe('One two three four.');
    expect(again.lastMessage?.id).toBe(first.lastMessage?.id);
    const nothing = await server.ask('/chat/chat_1/stream');
    expect(nothing.status).toBe(204);
  });

  it('is stopped from anywhere', async () => {
    const model = new ScriptedModel([slowly(textStream(Array.from({ length: 2_000 }, (_, n) => n).join(' ')), 10)]);
    await using server = await served(new Agent({ name: 'A', model }));
    const chat = chatOf(server.url);
    const sent = chat.sendMessage({ text: 'Count' });
    await until(() => textOf(chat.lastMessage).includes('3'));
    expect((await server.ask('/chat/chat_1/stop', { method: 'POST' })).status).toBe(202);
    await sent;
    expect(chat.status).toBe('ready');
    expect((await server.ask('/chat/chat_1/stop', { method: 'POST' })).status).toBe(204);
  });
});

describe('an edit of what the user said', () => {
  const models = (): ScriptedModel => new ScriptedModel([say('One.'), say('Two.'), say('Three.'), say('Four.')]);
  const open = (url: string, alone: boolean): Chat<UIMessage> =>
    new Chat({
      id: 'chat_1',
      transport: new DefaultChatTransport({
        api: `${url}/chat`,
        ...(alone && {
          prepareSendMessagesRequest: ({ id, messages, ...more }) => ({
            body: { id, messages: messages.slice(-1), trigger: more.trigger, messageId: more.messageId },
          }),
        }),
      }),
    });

  it.each([false, true])('is refused, and not said; only the last message is sent: %s', async (alone) => {
    const model = models();
    await using server = await served(new Agent({ name: 'A', model }));
    for (const which of [0, 2]) {
      const chat = open(server.url, alone);
      await chat.sendMessage({ text: 'First' });
      await chat.sendMessage({ text: 'Second' });
      const heard = model.calls.length;
      await chat.sendMessage({ text: 'Edited', messageId: chat.messages[which]?.id ?? '' });
      expect(chat.error?.message).toContain('The session is what was said');
      expect(model.calls).toHaveLength(heard);
    }
  });

  it('is not what a message is that the server never had: it can be sent again', async () => {
    const model = models();
    await using server = await served(new Agent({ name: 'A', model }));
    let lost = true;
    const chat = new Chat<UIMessage>({
      id: 'chat_1',
      transport: new DefaultChatTransport({
        api: `${server.url}/chat`,
        fetch: async (...asked) => {
          if (lost) throw new TypeError('no network');
          return fetch(...asked);
        },
      }),
    });
    await chat.sendMessage({ text: 'First' });
    expect(chat.status).toBe('error');
    lost = false;
    await chat.sendMessage();
    expect(textOf(chat.lastMessage)).toBe('One.');
    lost = true;
    await chat.sendMessage({ text: 'Second' });
    lost = false;
    await chat.sendMessage();
    expect(textOf(chat.lastMessage)).toBe('Two.');
  });

  it('is refused of a message that others follow', async () => {
    await using server = await served(new Agent({ name: 'A', model: models() }));
    const messages = [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'a' }] }, userMessage('b')];
    const response = await server.ask('/chat', post({ id: 'c', messages, messageId: 'u1' }));
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('messageId')]);
  });
});

describe('an approval', () => {
  const agentOf = (done: string[], calls: [string, string][] = [['c1', 'Basel']]): Agent => {
    const travel = tool({
      name: 'travel',
      description: 'Goes there.',
      parameters: z.object({ city: z.string() }),
      needsApproval: true,
      execute: ({ city }) => {
        done.push(city);
        return `went to ${city}`;
      },
    });
    const asked = modelResponse(calls.map(([callId, city]) => functionCall('travel', { city }, { callId })));
    return new Agent({ name: 'A', model: new ScriptedModel([asked, say('There.')]), tools: [travel] });
  };

  it('shows what is decided about, and goes on with the same message', async () => {
    const done: string[] = [];
    await using server = await served(agentOf(done));
    const chat = chatOf(server.url);
    await chat.sendMessage({ text: 'Go' });
    expect(toolsOf(chat.lastMessage)).toEqual([['c1', 'approval-requested', { city: 'Basel' }, undefined]]);
    expect(done).toEqual([]);

    // A page that was loaded anew sees the same, and decides.
    const again = chatOf(server.url, [{ id: 'u', role: 'user', parts: [{ type: 'text', text: 'Go' }] }]);
    await again.resumeStream();
    expect(toolsOf(again.lastMessage)).toEqual(toolsOf(chat.lastMessage));
    await again.addToolApprovalResponse({ id: 'c1', approved: true });
    await until(() => textOf(again.lastMessage) === 'There.' && again.status === 'ready');
    expect(done).toEqual(['Basel']);
    expect(again.messages).toHaveLength(2);
    expect(toolsOf(again.lastMessage)).toEqual([['c1', 'output-available', { city: 'Basel' }, '']]);
  });

  it('is denied', async () => {
    const done: string[] = [];
    await using server = await served(agentOf(done));
    const chat = chatOf(server.url);
    await chat.sendMessage({ text: 'Go' });
    await chat.addToolApprovalResponse({ id: 'c1', approved: false, reason: 'Too far.' });
    await until(() => textOf(chat.lastMessage) === 'There.' && chat.status === 'ready');
    expect(done).toEqual([]);
    expect(toolsOf(chat.lastMessage)).toMatchObject([['c1', 'output-denied', { city: 'Basel' }, undefined]]);
  });

  it('of two calls is decided together, or one after the other', async () => {
    const done: string[] = [];
    await using server = await served(
      agentOf(done, [
        ['c1', 'Basel'],
        ['c2', 'Bern'],
      ]),
    );
    const chat = chatOf(server.url);
    await chat.sendMessage({ text: 'Go' });
    await chat.addToolApprovalResponse({ id: 'c1', approved: true });
    await chat.addToolApprovalResponse({ id: 'c2', approved: false });
    await until(() => textOf(chat.lastMessage) === 'There.' && chat.status === 'ready');
    expect(done).toEqual(['Basel']);
  });

  it('of an agent that is a tool is decided in the chat', async () => {
    const done: string[] = [];
    const inner = agentOf(done);
    const outer = new Agent({
      name: 'Outer',
      model: new ScriptedModel([call('inner', { input: 'x' }, 'o1'), say('So.')]),
      tools: [inner.asTool({ toolName: 'inner', toolDescription: 'Asks.' })],
    });
    await using server = await served(outer);
    const chat = chatOf(server.url);
    await chat.sendMessage({ text: 'Go' });
    const asked = chat.lastMessage?.parts.flatMap((part) =>
      part.type === 'dynamic-tool' && part.state === 'approval-requested' ? [part] : [],
    );
    expect(asked).toMatchObject([{ toolName: 'travel', input: { city: 'Basel' } }]);
    await chat.addToolApprovalResponse({ id: asked?.[0]?.approval.id ?? '', approved: true });
    // The call of the outer agent is under way: the page says when to go on.
    if (chat.status === 'ready') await chat.sendMessage();
    await until(() => textOf(chat.lastMessage) === 'So.' && chat.status === 'ready');
    expect(done).toEqual(['Basel']);
  });

  it('that nobody asked for is refused', async () => {
    const done: string[] = [];
    await using server = await served(agentOf(done));
    const said = (part: object): RequestInit =>
      post({ id: 'chat_1', messages: [{ id: 'a', role: 'assistant', parts: [part] }] });
    const part = { type: 'dynamic-tool', toolName: 'travel', state: 'approval-responded', input: { city: 'Rome' } };
    const forged = { ...part, toolCallId: 'c9', approval: { id: 'c9', approved: true } };
    expect((await server.ask('/chat', said(forged))).status).toBe(404);
    const chat = chatOf(server.url);
    await chat.sendMessage({ text: 'Go' });
    expect((await server.ask('/chat', said(forged))).status).toBe(404);
    const other = { ...part, toolCallId: 'c9', approval: { id: 'c1', approved: true } };
    expect((await server.ask('/chat', said(other))).status).toBe(404);
    const vague = { ...part, toolCallId: 'c1', approval: { id: 'c1', approved: 'yes' } };
    expect((await server.ask('/chat', said(vague))).status).toBe(400);
    expect((await server.ask('/chat', post({ id: 'chat_1', messages: [userMessage('Now!')] }))).status).toBe(409);
    expect(done).toEqual([]);
    const rejected = { ...part, toolCallId: 'c1', approval: { id: 'c1', approved: false } };
    expect((await server.ask('/chat', said(rejected))).status).toBe(200);
    const changed = { ...part, toolCallId: 'c1', approval: { id: 'c1', approved: true } };
    expect((await server.ask('/chat', said(changed))).status).toBe(409);
  });
});

it('a question of a call is answered by its output', async () => {
  const ask = tool({
    name: 'ask',
    description: 'Asks.',
    parameters: z.object({}),
    execute: () => waitForInput({ prompt: 'Which colour?' }),
  });
  const model = new ScriptedModel([call('ask', {}), say('Fine.')]);
  await using server = await served(new Agent({ name: 'A', model, tools: [ask] }));
  const chat = chatOf(server.url);
  await chat.sendMessage({ text: 'Paint' });
  expect(chat.lastMessage?.parts.find((part) => part.type === 'data-question')).toMatchObject({
    data: { toolCallId: 'c1', prompt: 'Which colour?' },
  });
  await chat.addToolOutput({ tool: 'ask' as never, toolCallId: 'c1', output: 'red' });
  await chat.sendMessage();
  expect(textOf(chat.lastMessage)).toBe('Fine.');
  expect(JSON.stringify(model.lastCall?.request.input)).toContain('red');
});

it('what a chat cannot do is refused', async () => {
  await using server = await served(new Agent({ name: 'A', model: new ScriptedModel([]) }));
  for (const body of [
    { messages: [userMessage('Hi')] },
    { id: 'c', messages: [] },
    { id: 'c', messages: 'Hi' },
    { id: 'c', messages: [null] },
    { id: 'c', messages: [{ role: 'system', parts: [] }] },
    { id: 'c', messages: [{ role: 'user', parts: [] }] },
    { id: 'c', messages: [{ role: 'user', parts: [{ type: 'tool-x' }] }] },
    { id: 'c', messages: [userMessage('Hi')], trigger: 'regenerate-message' },
  ])
    expect((await server.ask('/chat', post(body))).status).toBe(400);
  expect((await server.ask('/chat/none/stream')).status).toBe(204);
});
