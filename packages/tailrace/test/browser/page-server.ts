/** The pages and a handler on one origin, and agents whose words come when the test says so. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, createRuntime, type Model, type ModelRequest, type Runtime, type StreamEvent, tool } from 'tailrace';
import { createNodeListener } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { functionCall, ScriptedModel, textStream } from 'tailrace/testing';
import { z } from 'zod';
import type { Page } from './built-pages.ts';

/** Letters of up to four bytes, among them some that only a careless reader cuts. */
export const PIECES: readonly string[] = Array.from({ length: 60 }, (_, n) => `${n} 🌦️ é `);
export const TEXT: string = PIECES.join('');

/** Lets pieces of text through, so many as the test says. */
export class Tap {
  #open = 0;
  #waiting: (() => void)[] = [];

  allow(pieces: number): void {
    this.#open += pieces;
    for (const go of this.#waiting.splice(0)) go();
  }

  async take(signal: AbortSignal | undefined): Promise<void> {
    while (this.#open === 0) {
      signal?.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      await promise;
    }
    this.#open -= 1;
  }
}

function slowWriter(tap: Tap): Model {
  const whole = new ScriptedModel();
  return {
    getResponse: async (request) => whole.getResponse(request),
    async *getStreamedResponse({ signal }: ModelRequest): AsyncGenerator<StreamEvent> {
      for (const event of textStream(TEXT, { chunks: PIECES, provider: 'none' }).events) {
        if (event.type === 'output_text_delta') await tap.take(signal);
        yield event;
      }
    },
  };
}

function clerk(done: string[]): Agent {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({ euros: z.number() }),
    needsApproval: true,
    exposeToClient: true,
    execute: ({ euros }) => {
      done.push(`paid ${euros}`);
      return `${euros} are paid.`;
    },
  });
  const model = (request: ModelRequest): ScriptedModel => {
    const asked =
      typeof request.input !== 'string' && request.input.some(({ type }) => type === 'function_call_result');
    return new ScriptedModel([
      asked ? textStream('It is paid.') : [functionCall('pay', { euros: 5 }, { callId: 'c1' })],
    ]);
  };
  return new Agent({
    name: 'Clerk',
    tools: [pay],
    model: {
      getResponse: async (request) => model(request).getResponse(request),
      getStreamedResponse: (request) => model(request).getStreamedResponse(request),
    },
  });
}

export interface PageServer extends AsyncDisposable {
  url: string;
  runtime: Runtime;
  tap: Tap;
  /** What tools did. */
  done: string[];
  /** Requests to the handler, `GET /api/runs/x/events`. */
  asked: string[];
  page(name: Page): string;
  /** Closes all connections. */
  cut(): void;
}

export async function servePages(files: ReadonlyMap<string, string>): Promise<PageServer> {
  const tap = new Tap();
  const done: string[] = [];
  const asked: string[] = [];
  const agents = { writer: new Agent({ name: 'Writer', model: slowWriter(tap) }), clerk: clerk(done) };
  const runtime = createRuntime({ agents, store: sqlite(':memory:') });
  await runtime.start();
  const listener = createNodeListener({ runtime, basePath: '/api' });
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    if (path.startsWith('/api/')) {
      asked.push(`${request.method} ${path}`);
      listener(request, response);
      return;
    }
    const code = files.get(path);
    if (code !== undefined) {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(code);
    } else if (files.has(`${path}.js`)) {
      const script = `<script type="module" src="${path}.js"></script>`;
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(`<!doctype html><title>Page</title><link rel="icon" href="data:,"><div id="root"></div>${script}`);
    } else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    runtime,
    tap,
    done,
    asked,
    page: (name) => `${url}/${name}`,
    cut: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: async () => {
      await listener.stop({ graceMs: 100 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await runtime[Symbol.asyncDispose]();
    },
  };
}
