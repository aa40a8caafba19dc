// A handler with authorization: a bearer token is a name, or `name:part`, which may only read.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, tool } from 'tailrace';
import { type AuthorizeTarget, createHandler, createNodeListener, type HandlerOptions } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const READS = ['read', 'list', 'session.read'];

export class Doors {
  readonly revoked: Set<string> = new Set();
  readonly asked: AuthorizeTarget[] = [];
  readonly authorize = (request: Request, target: AuthorizeTarget): { id: string } | null | false => {
    this.asked.push(target);
    const token = /^Bearer ([\w-]+(?::\w+)?)$/.exec(request.headers.get('authorization') ?? '')?.[1];
    if (token === undefined || this.revoked.has(token)) return null;
    const [id = '', part] = token.split(':');
    return part !== undefined && !READS.includes(target.action) ? false : { id };
  };
}

export interface Guarded extends AsyncDisposable {
  doors: Doors;
  errors: unknown[];
  /** How often the tool that needs approval was executed. */
  wiped: string[];
  store: ReturnType<typeof sqlite>;
  ask(token: string | undefined, path: string, init?: RequestInit): Promise<Response>;
  post(token: string | undefined, path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** The id of a run that waits for approval of the call `c1`. */
  waiting(token: string, path?: string): Promise<string>;
}

/** `echo` answers with what it heard, `careful` calls a tool that needs approval, `slow` takes five seconds. */
export function guarded(options: Partial<HandlerOptions> = {}): Guarded {
  const doors = new Doors();
  const errors: unknown[] = [];
  const wiped: string[] = [];
  const store = sqlite(':memory:');
  const wipe = tool({
    name: 'wipe',
    description: 'Wipes a disk.',
    parameters: z.object({ disk: z.string() }),
    needsApproval: true,
    execute: ({ disk }) => {
      wiped.push(disk);
      return 'wiped';
    },
  });
  const agents = {
    echo: new Agent({ name: 'Echo', model: echo() }),
    careful: new Agent({ name: 'Careful', model: asksOnce(), tools: [wipe] }),
    slow: new Agent({ name: 'Slow', model: slow() }),
  };
  const onError = (error: unknown): void => void errors.push(error);
  const handler = createHandler({ authorize: doors.authorize, onError, ...options, agents, store } as HandlerOptions);
  const ask: Guarded['ask'] = (token, path, init = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    return handler(new Request(`http://localhost${path}`, { ...init, headers }));
  };
  const post: Guarded['post'] = (token, path, body, headers = {}) =>
    ask(token, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    doors,
    errors,
    wiped,
    store,
    ask,
    post,
    async waiting(token) {
      const response = await post(token, '/runs', { agent: 'careful', input: 'CANARY-input' });
      const { id } = (await response.json()) as { id: string };
      return id;
    },
    async [Symbol.asyncDispose]() {
      await handler.stop({ graceMs: 0 });
    },
  };
}

const repeated = (step: ReturnType<typeof modelResponder>): ScriptedModel =>
  new ScriptedModel(Array.from({ length: 1_000 }, () => step));

function echo(): ScriptedModel {
  return repeated(
    modelResponder(({ request: { input } }) => [assistantMessage(`heard ${JSON.stringify(input).length} characters`)]),
  );
}

function asksOnce(): ScriptedModel {
  return repeated(
    modelResponder(({ request: { input } }) => {
      const done = Array.isArray(input) && input.some(({ type }) => type === 'function_call_result');
      return [done ? assistantMessage('Done.') : functionCall('wipe', { disk: 'CANARY-disk' }, { callId: 'c1' })];
    }),
  );
}

function slow(): ScriptedModel {
  return repeated(
    modelResponder(async ({ request: { signal } }) => {
      await sleep(5_000, undefined, { ...(signal && { signal }) });
      return [assistantMessage('At last.')];
    }),
  );
}

export interface OnNode extends AsyncDisposable {
  port: number;
  server: Server;
}

/** The same options on a plain node:http server. */
export async function onNode(
  options: HandlerOptions,
  set: (server: Server) => void = () => undefined,
): Promise<OnNode> {
  const listener = createNodeListener(options);
  const server = createServer({ connectionsCheckingInterval: 50 }, listener);
  set(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async [Symbol.asyncDispose]() {
      await listener.stop({ graceMs: 0 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
