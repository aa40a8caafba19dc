// Every way in which a run is streamed: one row each, for tests that hold for all of them.
import { post } from './serve.ts';

export interface Asked {
  path: string;
  init: RequestInit;
}

export interface StreamKind {
  name: string;
  /** Begins a run of the agent and streams it. `key` is the test's own name for it. */
  begin(agent: string, key: string): Asked;
  /** Goes on after what was read; undefined for a protocol that cannot. With '' it reads a run from its beginning. */
  resume?(run: string, key: string, read: string): Asked;
  /** The whole blocks of what was read, each with what says where it ends, if anything does. */
  blocks(text: string): { text: string; id: string | undefined }[];
}

function sseBlocks(
  text: string,
  idOf = (block: string) => /^id: (.*)$/m.exec(block)?.[1],
): ReturnType<StreamKind['blocks']> {
  const parts = text.split('\n\n');
  parts.pop();
  return parts.map((part) => ({ text: `${part}\n\n`, id: idOf(part) }));
}

/** What was read up to the last place that one can come back to. */
export function lastId({ blocks }: StreamKind, text: string): string | undefined {
  return blocks(text).findLast(({ id }) => id !== undefined)?.id;
}

function after(id: string | undefined, accept?: string): RequestInit {
  return { headers: { ...(accept !== undefined && { accept }), ...(id !== undefined && { 'last-event-id': id }) } };
}

const SSE = 'text/event-stream';
const NDJSON = 'application/x-ndjson';
const sse = (text: string): ReturnType<StreamKind['blocks']> => sseBlocks(text);

export const native: StreamKind = {
  name: 'SSE',
  begin: (agent) => ({ path: '/runs', init: post({ agent, input: 'Go.', stream: true }, { accept: SSE }) }),
  resume: (run, _, read) => ({ path: `/runs/${run}/events`, init: after(lastId(native, read), SSE) }),
  blocks: sse,
};

const ndjson: StreamKind = {
  name: 'NDJSON',
  begin: (agent) => ({ path: '/runs', init: post({ agent, input: 'Go.', stream: true }, { accept: NDJSON }) }),
  resume: (run, _, read) => ({ path: `/runs/${run}/events`, init: after(lastId(ndjson, read), NDJSON) }),
  blocks: (text) =>
    text
      .split('\n')
      .flatMap((line, index, { length }) =>
        index === length - 1
          ? []
          : [{ text: `${line}\n`, id: line === '' ? undefined : (JSON.parse(line) as { id: string }).id }],
      ),
};

const responses: StreamKind = {
  name: 'Responses',
  begin: (model) => ({ path: '/v1/responses', init: post({ model, input: 'Go.', stream: true }) }),
  resume: (run, _, read) => {
    const id = lastId(responses, read);
    return { path: `/v1/responses/${run}?stream=true${id === undefined ? '' : `&starting_after=${id}`}`, init: {} };
  },
  blocks: (text) => sseBlocks(text, (block) => /"sequence_number":(\d+)/.exec(block)?.[1]),
};

const message = { id: 'u', role: 'user', parts: [{ type: 'text', text: 'Go.' }] };
const ui: StreamKind = {
  name: 'AI SDK UI',
  begin: (agent, id) => ({ path: '/chat', init: post({ id, agent, messages: [message], trigger: 'submit-message' }) }),
  resume: (_, key, read) => ({ path: `/chat/${key}/stream`, init: after(lastId(ui, read)) }),
  blocks: sse,
};

const agUi: StreamKind = {
  name: 'AG-UI',
  begin: (agent, threadId) => ({
    path: `/ag-ui/${agent}`,
    init: post({
      threadId,
      runId: `r_${threadId}`,
      messages: [{ id: 'u', role: 'user', content: 'Go.' }],
      state: {},
      tools: [],
      context: [],
      forwardedProps: {},
    }),
  }),
  resume: (_, key, read) => ({ path: `/ag-ui/${key}/stream`, init: after(lastId(agUi, read)) }),
  blocks: sse,
};

const text: StreamKind = {
  name: 'text',
  begin: (agent) => ({ path: '/runs', init: post({ agent, input: 'Go.' }, { accept: 'text/plain' }) }),
  blocks: (read) => [{ text: read, id: undefined }],
};

export const STREAM_KINDS: readonly StreamKind[] = [native, ndjson, responses, ui, agUi, text];
