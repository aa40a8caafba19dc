/** Clients in a process of their own. Its parent says what they do, as JSON lines; each is answered with what they saw. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';

export interface Order {
  url: string;
  model: string;
  count: number;
  /** `end`: read to the end. `stay`: read until three words are there, and stay. `leave`: whoever stays goes now, all at once. */
  until: 'end' | 'stay' | 'leave';
  words: number;
  /** How far apart the clients begin, in milliseconds. */
  apartMs: number;
}

export interface Sight {
  /** Words that came, in order. */
  words: number;
  lost: number;
  errors: number;
  /** From the request to the first word, in milliseconds. */
  first: number[];
  wallMs: number;
  /** When they left, as milliseconds since the epoch. */
  leftAt: number;
}

const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
const WORD = /"text":"( word\d+)"/g;
const staying: ClientRequest[] = [];
let users = 0;

for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line) as Order;
  process.stdout.write(`${JSON.stringify(order.until === 'leave' ? leave() : await go(order))}\n`);
}

async function go(order: Order): Promise<Sight> {
  const began = performance.now();
  const sight: Sight = { words: 0, lost: 0, errors: 0, first: [], wallMs: 0, leftAt: 0 };
  await Promise.all(
    Array.from({ length: order.count }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * order.apartMs));
      await one(order, sight).catch(() => sight.errors++);
    }),
  );
  sight.wallMs = performance.now() - began;
  return sight;
}

function one({ url, model, until, words }: Order, sight: Sight): Promise<void> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const headers = {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer user-${users++}`,
    };
    const outgoing = request(`${url}/runs`, { method: 'POST', agent, headers }, (incoming) => {
      if (incoming.statusCode !== 200) {
        incoming.resume();
        reject(new Error(`Status ${incoming.statusCode}`));
        return;
      }
      let seen = 0;
      listen(incoming, (word) => {
        if (seen === 0) sight.first.push(performance.now() - began);
        if (word !== ` word${seen % 97}`) sight.errors++;
        seen++;
        sight.words++;
        if (until !== 'stay' || seen !== 3) return;
        staying.push(outgoing);
        resolve();
      });
      incoming.on('end', () => {
        if (until === 'end') sight.lost += words - seen;
        resolve();
      });
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify({ agent: model, input: 'How far is it?', stream: true }));
  });
}

/** A frame may come in pieces: what has no end yet is kept. */
function listen(incoming: IncomingMessage, onWord: (word: string) => void): void {
  let rest = '';
  incoming.setEncoding('utf8').on('data', (text: string) => {
    const whole = rest + text;
    const end = whole.lastIndexOf('\n\n') + 2;
    rest = end === 1 ? whole : whole.slice(end);
    if (end === 1) return;
    for (const [, word] of whole.slice(0, end).matchAll(WORD)) onWord(word as string);
  });
}

function leave(): Sight {
  const leftAt = performance.timeOrigin + performance.now();
  for (const outgoing of staying.splice(0)) outgoing.destroy();
  return { words: 0, lost: 0, errors: 0, first: [], wallMs: 0, leftAt };
}
