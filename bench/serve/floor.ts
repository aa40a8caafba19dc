/** The floor: what a program without any SDK has to do. It asks the model, reads its events, and relays each word as an event of its own. */
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { QUESTION } from '../task.ts';
import type { ServedSubject, ServeOptions } from './subject.ts';

/** Sends a request and gives the body's chunks as they come. */
type Ask = (url: string, body: string, signal: AbortSignal, onChunk: (chunk: Uint8Array) => void) => Promise<void>;

const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };

const viaFetch: Ask = async (url, body, signal, onChunk) => {
  const response = await fetch(url, { method: 'POST', headers: HEADERS, body, signal });
  if (!response.ok || !response.body) throw new Error(`Status ${response.status}`);
  for await (const chunk of response.body) onChunk(chunk as Uint8Array);
};

const agent = new Agent({ keepAlive: true });

const viaHttp: Ask = (url, body, signal, onChunk) =>
  new Promise((resolve, reject) => {
    const headers = { ...HEADERS, 'content-length': Buffer.byteLength(body) };
    const outgoing = request(url, { method: 'POST', agent, headers, signal }, (incoming) => {
      incoming.on('data', onChunk).on('end', resolve).on('error', reject);
    });
    outgoing.on('error', reject).end(body);
  });

interface ModelEvent {
  type: string;
  delta?: string;
}

function floorOf(ask: Ask): (options: ServeOptions) => ServedSubject {
  return ({ model }) => ({
    listener: (incoming, response) => void relay(ask, `${model}/responses`, incoming, response),
    openSpans: () => 0,
  });
}

async function relay(ask: Ask, url: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const piece of incoming.setEncoding('utf8')) text += piece as string;
  const asked = JSON.parse(text) as { agent: string; input: string };
  const input = [{ role: 'user', content: asked.input || QUESTION }];
  const body = JSON.stringify({ model: asked.agent, instructions: 'Be brief.', input, stream: true });
  const left = new AbortController();
  response.once('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  response.flushHeaders();
  let frames = '';
  const read = eventReader(({ type, delta }) => {
    if (type === 'response.output_text.delta') frames += `data: ${JSON.stringify({ text: delta })}\n\n`;
  });
  try {
    await ask(url, body, left.signal, (chunk) => {
      read(chunk);
      if (frames !== '') response.write(frames);
      frames = '';
    });
    response.end();
  } catch (error) {
    response.destroy(error as Error);
  }
}

function eventReader(onEvent: (event: ModelEvent) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let text = '';
  return (chunk) => {
    text += decoder.decode(chunk, { stream: true });
    let at = 0;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n', at)) {
      const data = text.indexOf('data: ', at) + 6;
      onEvent(JSON.parse(text.slice(data, end)) as ModelEvent);
      at = end + 2;
    }
    text = text.slice(at);
  };
}

export const overFetch: (options: ServeOptions) => ServedSubject = floorOf(viaFetch);
export const overHttp: (options: ServeOptions) => ServedSubject = floorOf(viaHttp);
