// The same with `useChat` of the AI SDK. The chat's id and its messages are what the page keeps; a stream that goes on is resumed.
import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses, type UIMessage } from 'ai';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

const id = sessionStorage.getItem('chat') ?? crypto.randomUUID();
sessionStorage.setItem('chat', id);
const kept = JSON.parse(sessionStorage.getItem('said') ?? '[]') as UIMessage[];
const agent = new URLSearchParams(location.search).get('agent') ?? 'writer';
const transport = new DefaultChatTransport({ api: '/api/chat', body: { agent } });

function Page() {
  const [question, setQuestion] = useState('');
  const { messages, sendMessage, resumeStream, status, error, addToolApprovalResponse } = useChat({
    id,
    messages: kept,
    transport,
    resume: kept.length > 0,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
  // What the user said; what was answered comes from the server.
  useEffect(() => {
    sessionStorage.setItem('said', JSON.stringify(messages.filter(({ role }) => role === 'user')));
  }, [messages]);

  // The hook does not come back by itself when its connection broke.
  useEffect(() => {
    const resume = (): void => void resumeStream();
    window.addEventListener('online', resume);
    return () => window.removeEventListener('online', resume);
  }, [resumeStream]);

  return (
    <main>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void sendMessage({ text: question });
        }}
      >
        <input aria-label="Question" value={question} onChange={(event) => setQuestion(event.target.value)} />
        <button>Ask</button>
      </form>
      {messages.map((message) => (
        <p key={message.id} data-role={message.role}>
          {message.parts.map((part) => (part.type === 'text' ? part.text : ''))}
        </p>
      ))}
      {messages.flatMap(({ parts }) =>
        parts.map((part) =>
          part.type === 'dynamic-tool' && part.state === 'approval-requested' ? (
            <p key={part.toolCallId}>
              {part.toolName} {JSON.stringify(part.input)}{' '}
              <button onClick={() => void addToolApprovalResponse({ id: part.approval.id, approved: true })}>
                Approve
              </button>
            </p>
          ) : null,
        ),
      )}
      <output>{status}</output>
      {/* `stop()` of useChat leaves the stream; this stops the run. */}
      {status === 'streaming' && (
        <button onClick={() => void fetch(`/api/chat/${id}/stop`, { method: 'POST' })}>Stop</button>
      )}
      {error && <p role="alert">{error.message}</p>}
    </main>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
