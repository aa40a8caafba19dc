// On a server a component shows that there is nothing yet, and nothing is asked of anybody.
import { createElement, type ReactElement, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { createClient } from 'tailrace/client';
import { useRun } from 'tailrace/react';
import { expect, it } from 'vitest';

it('renders on a server, and begins to read in the browser alone', () => {
  let asked = 0;
  const client = createClient({ baseURL: 'http://local.test', fetch: async () => Response.json(asked++) });
  function Page(): ReactElement {
    const { status, messages, text, problem } = useRun({ client, agent: 'a', runId: 'run_1' });
    return createElement('p', null, `${status} ${messages.length} ${text === ''} ${problem === undefined}`);
  }
  const html = renderToString(createElement(StrictMode, null, createElement(Page)));
  expect(html).toBe('<p>idle 0 true true</p>');
  expect(asked).toBe(0);
});
