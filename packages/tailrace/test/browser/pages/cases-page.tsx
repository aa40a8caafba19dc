// `useRun` under the hands of a test: what it gives is on `window`, and what it is given comes from there.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient } from 'tailrace/client';
import { type UseRun, useRun } from 'tailrace/react';

const client = createClient({ baseURL: '/api', maxTries: 0 });
const root = createRoot(document.getElementById('root'));

declare global {
  interface Window {
    run: UseRun;
    /** The ids that `onRun` was told. */
    told: string[];
    renders: number;
    show: (runId?: string | null) => void;
  }
}

window.told = [];
window.renders = 0;

function Case({ runId }: { runId: string | undefined }) {
  window.run = useRun({ client, agent: 'writer', runId, onRun: (id) => window.told.push(id) });
  window.renders += 1;
  const { messages, text, status } = window.run;
  return (
    <main>
      <p>{messages.map((message) => message.text).join('|')}</p>
      <q>{text}</q>
      <output>{status}</output>
    </main>
  );
}

/** `null`: nothing at all. */
window.show = (runId) => root.render(<StrictMode>{runId === null ? null : <Case runId={runId} />}</StrictMode>);
window.show();
