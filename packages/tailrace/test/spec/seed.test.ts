/**
 * The case that this project starts from: a server streams runs to clients as server-sent events. Each run is started in the context of its request
 * and read in another one; clients leave when they like; tracing is on. Real HTTP on both sides: two hundred clients, and for half of them a model server.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import {
  Agent,
  getCurrentTrace,
  handoff,
  InMemoryTraceProcessor,
  type Model,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  type RunEvent,
  Runner,
  setTraceProcessors,
  type StreamedRunResult,
  tool,
  withCustomSpan,
} from '../../src/index.ts';
import {
  functionCall,
  logViolations,
  modelStream,
  ScriptedModel,
  startCleanRunProbe,
  startWireServer,
  textStream,
  type WireAnswer,
  type WireRequest,
} from '../../src/testing/index.ts';

const CLIENTS = 200;
const SEEDS = process.env['TAILRACE_ROUNDS'] === 'long' ? Array.from({ length: 20 }, (_, at) => at + 2) : [1];

afterAll(() => setTraceProcessors([]));

const requestContext = new AsyncLocalStorage<string>();

/** Ways to read a run in a context that is not the one it was started in. */
const READ_ELSEWHERE: readonly ((result: StreamedRunResult, response: ServerResponse) => Promise<void>)[] = [
  // In the context of an object that was made when the server was.
  (result, response) => pump.runInAsyncScope(writeEvents, undefined, result, response),
  // In no context at all.
  (result, response) => requestContext.exit(() => writeEvents(result, response)),
  // By the machinery of streams, which runs in the context of the socket.
  (result, response) => pipeline(Readable.from(frames(result.events())), response),
  // From a web stream, in a context of its own.
  (result, response) =>
    requestContext.run('another request', () =>
      pipeline(Readable.fromWeb(result.toStream().pipeThrough(frameStream())), response),
    ),
];
const pump = new AsyncResource('pump');

async function writeEvents(result: StreamedRunResult, response: ServerResponse): Promise<void> {
  const events = result.events();
  // The socket closes in a context of its own; the iterator is left there, while a next is pending here.
  response.once('close', () => void events.return());
  for await (const event of events) {
    if (!response.write(frame(event))) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

function once(response: ServerResponse, name: string): Promise<void> {
  return new Promise((resolve) => void response.once(name, () => resolve()));
}

async function* frames(events: AsyncIterable<RunEvent>): AsyncGenerator<string> {
  for await (const event of events) yield frame(event);
}

function frame(event: RunEvent): string {
  return `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
}

function frameStream(): TransformStream<unknown, Uint8Array> {
  const encoder = new TextEncoder();
  return new TransformStream({
    transform: (event, out) => {
      const { data } = event as { data?: unknown };
      out.enqueue(encoder.encode(`data: ${JSON.stringify(data ?? 'item')}\n\n`));
    },
  });
}

describe('a server that streams runs to clients that come and go', () => {
  it.each(SEEDS)(
    '[I2] [I4] [I12] ends every trace once and throws nowhere (seed %i)',
    async (seed) => {
      const random = randomFrom(seed);
      const probe = startCleanRunProbe();
      const trace = new InMemoryTraceProcessor();
      setTraceProcessors([trace, probe.traces]);
      const thrown: unknown[] = [];
      const onThrown = (error: unknown): void => void thrown.push(error);
      process.on('uncaughtExceptionMonitor', onThrown);

      const runs: StreamedRunResult[] = [];
      const wrongTraces: string[] = [];
      const models = await startWireServer({ script: answerOf });
      const app = await serve(async (request, response) => {
        const client = Number(new URL(request.url ?? '/', 'http://app').searchParams.get('client'));
        const result = await requestContext.run(`request ${client}`, () => start(client, models.url, wrongTraces));
        runs.push(result);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        await READ_ELSEWHERE[client % READ_ELSEWHERE.length]?.(result, response);
      });
      const { port } = app.address() as AddressInfo;
      const visits = await Promise.all(
        Array.from({ length: CLIENTS }, (_, client) => visit(port, client, random() < 0.5 ? random() : undefined)),
      );
      await Promise.allSettled(runs.map(({ completed }) => completed));
      await close(app);
      await models.close();
      process.off('uncaughtExceptionMonitor', onThrown);

      expect(thrown).toEqual([]);
      expect(trace.traceStarts).toBe(runs.length);
      expect(trace.traceEnds).toBe(runs.length);
      expect([trace.openTraces.size, trace.openSpans.size]).toEqual([0, 0]);
      expect(new Set(trace.calls.flatMap((call) => ('trace' in call ? [call.trace.traceId] : []))).size).toBe(
        runs.length,
      );
      expect(wrongTraces).toEqual([]);
      for (const run of runs) expect(logViolations([...(await run.log.read(0, 10_000))])).toEqual([]);
      const statuses = runs.map(({ status }) => status);
      expect(statuses.filter((status) => status === 'failed')).toEqual([]);

      // Those who stayed have all of their own run and nothing of another's; those who left did leave, and runs did end for it.
      const stayed = visits.filter(({ left }) => !left);
      for (const { client, body } of stayed) {
        expect(body).toContain(`bye client-${client}.`);
        expect(new Set(body.match(/client-\d+/g))).toEqual(new Set([`client-${client}`]));
      }
      expect(stayed.length).toBeGreaterThan(CLIENTS / 4);
      expect(statuses.filter((status) => status === 'cancelled').length).toBeGreaterThan(CLIENTS / 10);
      await expect.poll(() => probe.violations()).toEqual([]);
      probe[Symbol.dispose]();
    },
    60_000,
  );
});

/** Every second client's run speaks to a model over HTTP, the others to a script; every third one has a handoff. */
function start(client: number, url: string, wrongTraces: string[]): Promise<StreamedRunResult> {
  const name = `client-${client}`;
  const model = modelFor(client, url);
  const greet = tool({
    name: 'greet',
    description: 'Greets.',
    parameters: undefined,
    // User code asks where it is; the answer must not depend on who reads the run.
    execute: (_input, _context, details) =>
      withCustomSpan(
        async () => {
          const before = getCurrentTrace()?.traceId;
          await wait(1);
          if (before === undefined || getCurrentTrace()?.traceId !== before) wrongTraces.push(`${details?.runId}`);
          return `hello ${name}`;
        },
        { data: { name: 'greeting' } },
      ),
  });
  const helper = new Agent({ name: 'helper', model, tools: [greet] });
  const agent = client % 3 === 0 ? new Agent({ name: 'door', model, handoffs: [handoff(helper)] }) : helper;
  return new Runner().run(agent, `I am ${name}`, { stream: true });
}

function modelFor(client: number, url: string): Model {
  const options = { apiKey: 'k', baseURL: url };
  if (client % 4 === 1) return new OpenAIResponsesModel(options, 'scripted');
  if (client % 4 === 3) return new OpenAIChatCompletionsModel(options, 'scripted');
  const over = functionCall('transfer_to_helper', {}, { callId: 'c0' });
  const greet = functionCall('greet', {}, { callId: 'c1' });
  const steps = [
    ...(client % 3 === 0 ? [textStream('over', { more: [over] })] : []),
    textStream('one moment please', { more: [greet] }),
    textStream(`bye client-${client}. It was a pleasure to have you here`),
  ];
  return new ScriptedModel(steps.map(({ events }) => modelStream(slowly(events))));
}

async function* slowly<T>(events: readonly T[]): AsyncGenerator<T> {
  for (const event of events) {
    await wait(1);
    yield event;
  }
}

/** What the model server says: over to the helper, then a greeting by tool, then good-bye to whoever asked. */
function answerOf({ text, body }: WireRequest): WireAnswer {
  const client = /client-\d+/.exec(text)?.[0] ?? 'nobody';
  const names = JSON.stringify(body?.['tools'] ?? []);
  const delivery = { delayMs: 1, eventsPerWrite: 2 };
  const usage = { input: 5, output: 3 };
  if (names.includes('transfer_to_helper'))
    return { steps: [{ type: 'tool_call', name: 'transfer_to_helper', arguments: {}, id: 'c0' }], delivery, usage };
  if (!text.includes('hello client-'))
    return {
      steps: [
        { type: 'text', text: ['one ', 'moment ', 'please'] },
        { type: 'tool_call', name: 'greet', arguments: {}, id: 'c1' },
      ],
      delivery,
      usage,
    };
  const words = ['bye ', `${client}.`, ' It', ' was', ' a', ' pleasure', ' to', ' have', ' you', ' here'];
  return { steps: [{ type: 'text', text: words }], delivery, usage };
}

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Server> {
  const server = createServer((request, response) => {
    // A stream that is torn down under `pipeline` rejects it; that the client left is no error of the server's.
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return server;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

interface Visit {
  client: number;
  body: string;
  left: boolean;
}

/** Asks for a run and reads it; `leaveAt`, from 0 to 1, says how far into it the client drops the connection. */
function visit(port: number, client: number, leaveAt: number | undefined): Promise<Visit> {
  const leaveAfter = leaveAt === undefined ? Number.POSITIVE_INFINITY : Math.floor(leaveAt * 40);
  return new Promise((resolve, reject) => {
    let body = '';
    let left = false;
    const request = get({ port, host: '127.0.0.1', path: `/?client=${client}`, agent: false }, (response) => {
      response.setEncoding('utf8');
      const leave = (): void => {
        left = true;
        request.destroy();
      };
      if (leaveAfter === 0) leave();
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.split('\n\n').length > leaveAfter) leave();
      });
      response.on('close', () => resolve({ client, body, left }));
      response.on('error', () => undefined);
    });
    request.on('error', (error) => (left ? resolve({ client, body, left }) : reject(error)));
  });
}

/** mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
