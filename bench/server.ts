/**
 * The model server: the streaming side of the Responses API, in a process of its own. Answers are rendered once and sent as bytes, so that it is not what is measured.
 *
 * `/w16/v1/responses` sends 16 events per write, `/w1/v1/responses` one. Prints its port; ends with its parent.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ARGUMENTS, parseModel, TOOL } from './task.ts';

type Json = Record<string, unknown>;

const answers = new Map<string, Buffer[]>();

const server = createServer((incoming, response) => {
  let text = '';
  incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  incoming.on('end', () => {
    const perWrite = Number(/^\/w(\d+)\//.exec(incoming.url ?? '')?.[1] ?? 1);
    const model = /"model":"([^"]+)"/.exec(text)?.[1] ?? 'text:1';
    const outputs = countOf(text, '"function_call_output"');
    void send(response, answerTo(model, outputs, perWrite));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.on('close', () => process.exit()).resume();

async function send(response: ServerResponse, writes: readonly Buffer[]): Promise<void> {
  response.socket?.setNoDelay(true);
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const bytes of writes) {
    if (!response.write(bytes)) await new Promise((resolve) => response.once('drain', resolve));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

function answerTo(model: string, outputs: number, perWrite: number): Buffer[] {
  const [kind, count] = parseModel(model);
  // The last turn says how it ended; what came before is calls.
  if (kind === 'work') return workAnswer(outputs < count, outputs, perWrite);
  const calls = kind === 'turns' && outputs < count ? 1 : kind === 'calls' && outputs === 0 ? count : 0;
  const deltas = kind === 'text' ? count : 1;
  const key = calls > 0 ? `calls ${calls} at ${outputs} by ${perWrite}` : `text ${deltas} by ${perWrite}`;
  let writes = answers.get(key);
  if (!writes)
    answers.set(key, (writes = grouped(calls > 0 ? callEvents(calls, outputs) : textEvents(deltas), perWrite)));
  return writes;
}

/** What an agent at work says: a sentence of 20 pieces, and, where it is not done, a call. */
function workAnswer(goesOn: boolean, outputs: number, perWrite: number): Buffer[] {
  const key = `work ${goesOn ? outputs : 'done'} by ${perWrite}`;
  const known = answers.get(key);
  if (known) return known;
  const text = textEvents(20);
  const call = goesOn ? callEvents(1, outputs) : [];
  const items = [text, call].flatMap(
    (events) => ((events.at(-1)?.['response'] as Json | undefined)?.['output'] as Json[]) ?? [],
  );
  const shifted = call.slice(2, -1).map((event) => ({ ...event, output_index: 1 }));
  const writes = grouped(inResponse(`resp_work_${outputs}`, items, [...text.slice(2, -1), ...shifted]), perWrite);
  answers.set(key, writes);
  return writes;
}

function grouped(events: readonly Json[], perWrite: number): Buffer[] {
  const frames = events.map(
    (event, index) =>
      `event: ${String(event['type'])}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
  );
  const writes: Buffer[] = [];
  for (let at = 0; at < frames.length; at += perWrite)
    writes.push(Buffer.from(frames.slice(at, at + perWrite).join('')));
  return writes;
}

function textEvents(deltas: number): Json[] {
  const pieces = Array.from({ length: deltas }, (_, index) => ` word${index % 97}`);
  const text = pieces.join('');
  const part = { item_id: 'msg_0', output_index: 0, content_index: 0 };
  const item = { id: 'msg_0', type: 'message', role: 'assistant' };
  const whole = { type: 'output_text', text, annotations: [] };
  const done = { ...item, status: 'completed', content: [whole] };
  return inResponse(
    'resp_text',
    [done],
    [
      { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
      { type: 'response.content_part.added', ...part, part: { type: 'output_text', text: '', annotations: [] } },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...part, delta, logprobs: [] })),
      { type: 'response.output_text.done', ...part, text },
      { type: 'response.content_part.done', ...part, part: whole },
      { type: 'response.output_item.done', output_index: 0, item: done },
    ],
  );
}

function callEvents(calls: number, outputs: number): Json[] {
  const items = Array.from({ length: calls }, (_, index) => ({
    id: `fc_${outputs + index}`,
    type: 'function_call',
    call_id: `call_${outputs + index}`,
    name: TOOL.name,
    arguments: ARGUMENTS,
    status: 'completed',
  }));
  const events = items.flatMap((item, index) => {
    const place = { item_id: item.id, output_index: index };
    return [
      {
        type: 'response.output_item.added',
        output_index: index,
        item: { ...item, arguments: '', status: 'in_progress' },
      },
      { type: 'response.function_call_arguments.delta', ...place, delta: ARGUMENTS.slice(0, 15) },
      { type: 'response.function_call_arguments.delta', ...place, delta: ARGUMENTS.slice(15) },
      { type: 'response.function_call_arguments.done', ...place, arguments: ARGUMENTS },
      { type: 'response.output_item.done', output_index: index, item },
    ];
  });
  return inResponse(`resp_${outputs}`, items, events);
}

function inResponse(id: string, output: readonly Json[], events: readonly Json[]): Json[] {
  const response = { id, object: 'response', created_at: 1_760_000_000, model: 'scripted', error: null, tools: [] };
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
    ...events,
    { type: 'response.completed', response: { ...response, status: 'completed', output, usage } },
  ];
}

function countOf(text: string, word: string): number {
  let count = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) count++;
  return count;
}
