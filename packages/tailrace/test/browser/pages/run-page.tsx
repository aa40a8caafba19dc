// A page that begins a run, shows it, decides about its calls and stops it. After a reload it shows the same run and goes on.
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient } from 'tailrace/client';
import { useRun } from 'tailrace/react';

const client = createClient({ baseURL: '/api' });

function Page() {
  const [runId, setRunId] = useState(() => sessionStorage.getItem('run') ?? undefined);
  const [agent, setAgent] = useState('writer');
  const [question, setQuestion] = useState('');
  const [refused, setRefused] = useState('');
  const run = useRun({
    client,
    agent,
    runId,
    onRun: (id) => {
      sessionStorage.setItem('run', id);
      setRunId(id);
    },
  });

  // Somebody else may have decided by now, or the run may be over.
  const tell = (asked: Promise<void>): void => {
    setRefused('');
    asked.catch((error: Error) => setRefused(error.message));
  };

  return (
    <main>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run.start(question);
        }}
      >
        <select aria-label="Agent" value={agent} onChange={(event) => setAgent(event.target.value)}>
          <option>writer</option>
          <option>clerk</option>
        </select>
        <input aria-label="Question" value={question} onChange={(event) => setQuestion(event.target.value)} />
        <button>Ask</button>
      </form>
      {run.messages.map(({ role, text }, index) => (
        <p key={index} data-role={role}>
          {text}
        </p>
      ))}
      {run.text !== '' && <p data-role="assistant">{run.text}</p>}
      {run.approvals.map(({ callId, tool, arguments: args }) => (
        <p key={callId}>
          {tool} {args} <button onClick={() => tell(run.approve(callId))}>Approve</button>{' '}
          <button onClick={() => tell(run.reject(callId, 'Not now.'))}>Reject</button>
        </p>
      ))}
      <output>{run.status}</output>
      {run.status === 'running' && <button onClick={() => tell(run.stop('The user has seen enough.'))}>Stop</button>}
      {refused !== '' && <p role="alert">{refused}</p>}
      {run.problem !== undefined && (
        <p role="alert">
          {run.problem.message} <button onClick={run.reconnect}>Reconnect</button>
        </p>
      )}
    </main>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
