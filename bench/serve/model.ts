/**
 * The model server: the streaming side of the Responses API, in a process of its own, one event a write. `words:<count>:<ms>` says so many words, one every so many
 * milliseconds, each stream at its own moments; 0 ms: as fast as they are taken. `hold` says three words and then nothing.
 *
 * `GET /closes` gives how many answers are open, and when the last ones were closed by whoever asked, as milliseconds since the epoch.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

const TICK_MS = 2;
/** Events before the first word. */
const HEAD = 4;
const PART = { item_id: 'msg_0', output_index: 0, content_index: 0 };

interface Answer {
  response: ServerResponse;
  writes: readonly Buffer[];
  at: number;
  everyMs: number;
  due: number;
}

const paced = new Set<Answer>();
const open = new Set<ServerResponse>();
let closes: number[] = [];
const rendered = new Map<string, Buffer[]>();

const server = createServer((incoming, response) => {
  if (incoming.url === '/closes') {
    response.end(JSON.stringify({ open: open.size, closes }));
    closes = [];
    return;
  }
  let text = '';
  incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  incoming.on('end', () => begin(response, /"model":"([^"]+)"/.exec(text)?.[1] ?? 'words:1:0'));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 2_048, () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.on('close', () => process.exit()).resume();

setInterval(() => {
  const now = performance.now();
  for (const answer of paced) {
    if (answer.due > now) continue;
    // One that was late stays late: no stream is given several words at once.
    answer.due = Math.max(answer.due + answer.everyMs, now);
    if (!next(answer)) paced.delete(answer);
  }
}, TICK_MS);

function begin(response: ServerResponse, model: string): void {
  open.add(response);
  response.once('close', () => {
    open.delete(response);
    if (!response.writableFinished) closes.push(performance.timeOrigin + performance.now());
    for (const answer of paced) if (answer.response === response) paced.delete(answer);
  });
  response.socket?.setNoDelay(true);
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const [kind = '', count = '3', ms = '0'] = model.split(':');
  const writes = writesOf(kind === 'hold' ? 3 : Number(count));
  if (kind === 'hold') {
    for (const bytes of writes.slice(0, HEAD + 3)) response.write(bytes);
    return;
  }
  const everyMs = Number(ms);
  for (const bytes of writes.slice(0, HEAD)) response.write(bytes);
  const answer = { response, writes, at: HEAD, everyMs, due: performance.now() + Math.random() * everyMs };
  if (everyMs > 0) paced.add(answer);
  else void pour(answer);
}

async function pour(answer: Answer): Promise<void> {
  while (next(answer)) {
    if (answer.response.writableNeedDrain) await new Promise((resolve) => answer.response.once('drain', resolve));
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

function next(answer: Answer): boolean {
  const bytes = answer.writes[answer.at++];
  if (bytes === undefined || answer.response.destroyed) {
    answer.response.end();
    return false;
  }
  answer.response.write(bytes);
  return true;
}

function writesOf(words: number): Buffer[] {
  const key = String(words);
  const known = rendered.get(key);
  if (known) return known;
  const writes = eventsOf(words).map((event, index) =>
    Buffer.from(`event: ${String(event['type'])}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`),
  );
  rendered.set(key, writes);
  return writes;
}

function eventsOf(words: number): Json[] {
  const pieces = Array.from({ length: words }, (_, index) => ` word${index % 97}`);
  const text = pieces.join('');
  const item = { id: 'msg_0', type: 'message', role: 'assistant' };
  const whole = { type: 'output_text', text, annotations: [] };
  const done = { ...item, status: 'completed', content: [whole] };
  const response = { id: 'resp_0', object: 'response', created_at: 1_760_000_000, model: 'm', error: null, tools: [] };
  const started = { ...response, status: 'in_progress', output: [], usage: null };
  const usage = {
    input_tokens: 100,
    output_tokens: 50,
    total_tokens: 150,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
  return [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...PART, part: { type: 'output_text', text: '', annotations: [] } },
    ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...PART, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...PART, text },
    { type: 'response.content_part.done', ...PART, part: whole },
    { type: 'response.output_item.done', output_index: 0, item: done },
    { type: 'response.completed', response: { ...response, status: 'completed', output: [done], usage } },
  ];
}
