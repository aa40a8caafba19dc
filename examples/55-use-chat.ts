// An agent for `useChat` of the AI SDK. This is the chat that the hook holds, without a page around it: `useChat({ id, transport, resume: true })` is the same.
import assert from 'node:assert/strict';
import { Chat } from '@ai-sdk/react';
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses, type UIMessage } from 'ai';
import { serveClerk } from './clerk.ts';

await using clerk = await serveClerk();

// The chat's id is the session's: the server knows what was said, so the last message is all that it needs.
const open = (messages: UIMessage[] = []): Chat<UIMessage> =>
  new Chat({
    id: 'chat_1',
    messages,
    transport: new DefaultChatTransport({
      api: `${clerk.url}/chat`,
      prepareSendMessagesRequest: ({ id, messages: all, trigger }) => ({
        body: { id, messages: all.slice(-1), trigger },
      }),
    }),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });

const chat = open();
await chat.sendMessage({ text: 'Pay invoice 7.' });

// The page is loaded anew: the stream of the chat is told from its beginning, and the message is the same.
const again = open(chat.messages.slice(0, 1));
await again.resumeStream();
assert.deepEqual(again.lastMessage, chat.lastMessage);

const asked = again.lastMessage?.parts.flatMap((part) =>
  part.type === 'dynamic-tool' && part.state === 'approval-requested' ? [part] : [],
)[0];
assert.deepEqual(asked?.input, { amount: 40 });
await again.addToolApprovalResponse({ id: asked.approval.id, approved: true });
while (again.status !== 'ready') await new Promise((resolve) => setTimeout(resolve, 5));

const shown = again.lastMessage?.parts.map((part) =>
  part.type === 'text' ? part.text : part.type === 'dynamic-tool' ? `${part.toolName}: ${part.state}` : part.type,
);
console.log(shown);
assert.equal(shown?.at(-1), 'Invoice 7 is paid.');
// A tool that does not say `exposeToClient` keeps its output to itself.
assert(!JSON.stringify(again.messages).includes('Paid 40 EUR'));
