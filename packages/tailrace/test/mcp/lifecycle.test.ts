// A server object has one connection: whoever opens, uses and closes it, nothing of it is left.
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { functionCall, ScriptedModel } from '../../src/testing/index.ts';
import {
  Agent,
  connectMcpServers,
  MCPServers,
  MCPServerSSE,
  MCPServerStdio,
  MCPServerStreamableHttp,
  run,
  serializeError,
  withTrace,
} from '../../src/index.ts';
import { httpServer } from './http-server.ts';
import { children, fake, handles, tiny } from './tiny.ts';

const before = { children: 0, handles: [] as string[] };

// The first process of all makes this one open a pipe to its own output, which stays.
beforeAll(async () => {
  await using server = tiny();
  await server.connect();
});

beforeEach(async () => {
  await expect.poll(() => handles().filter((name) => name === 'ProcessWrap')).toEqual([]);
  Object.assign(before, { children: children().length, handles: handles() });
});

afterEach(async () => {
  expect(children()).toHaveLength(before.children);
  await expect.poll(handles).toEqual(before.handles);
});

describe('a server over standard streams', () => {
  it('is started by connect() and gone when close() has resolved', async () => {
    const server = tiny();
    await server.connect();
    expect(children()).toHaveLength(before.children + 1);
    expect((await server.callTool('echo', { text: 'hello' }))[0]).toEqual({ type: 'text', text: 'hello' });
    await server.close();
    expect(children()).toHaveLength(before.children);
    await server.close();
  });

  it('is opened in one async context and closed in another', async () => {
    const storage = new AsyncLocalStorage<string>();
    const server = tiny();
    await storage.run('one', () => withTrace('opens', () => server.connect()));
    const [said] = await storage.run('two', () => server.callTool('echo', { text: 'x' }));
    expect(said?.['text']).toBe('x');
    await new Promise<void>((resolve, reject) => {
      setTimeout(() => void storage.run('three', () => server.close().then(resolve, reject)), 1);
    });
    expect(children()).toHaveLength(before.children);
  });

  it('is closed while a call is under way: the call is rejected', async () => {
    const server = tiny();
    await server.connect();
    const call = server.callTool('hang', {}).catch((error: Error) => error);
    await wait(20);
    await server.close();
    expect(await call).toBeInstanceOf(Error);
  });

  it('is closed while it connects: connect() is rejected, and no process stays', async () => {
    const server = tiny();
    const connecting = server.connect().catch((error: Error) => error);
    await wait(5);
    await server.close();
    expect(await connecting).toBeInstanceOf(Error);
    expect(children()).toHaveLength(before.children);
  });

  it('is connected to once, by however many callers at once', async () => {
    const server = tiny();
    await Promise.all([server.connect(), server.connect(), server.connect()]);
    expect(children()).toHaveLength(before.children + 1);
    await Promise.all([server.close(), server.close()]);
  });

  it('is closed by `await using`', async () => {
    {
      await using server = tiny();
      await server.connect();
    }
    expect(children()).toHaveLength(before.children);
  });

  it('can be connected to again', async () => {
    await using server = tiny();
    await server.connect();
    await server.close();
    await server.connect();
    expect((await server.listTools()).length).toBeGreaterThan(3);
  });

  it('that dies in mid-call rejects that call; the next one finds a new process', async () => {
    await using server = tiny();
    await server.connect();
    const [first] = await server.callTool('pid', {});
    await expect(server.callTool('die', {})).rejects.toThrow(/closed/i);
    const [second] = await server.callTool('pid', {});
    expect(second?.['text']).not.toBe(first?.['text']);
    expect(children()).toHaveLength(before.children + 1);
  });

  it('that leaves at a question it does not know is asked in the older way', async () => {
    await using server = tiny({}, 'fragile');
    await server.connect();
    expect((await server.callTool('echo', { text: 'hi' }))[0]?.['text']).toBe('hi');
    expect(children()).toHaveLength(before.children + 1);
  });

  it('that does not want to end is ended', async () => {
    const server = tiny({}, 'stubborn');
    await server.connect();
    await server.close();
    expect(children()).toHaveLength(before.children);
  }, 60_000);

  it('takes a call back when its signal aborts, and says so to the server', async () => {
    await using server = tiny();
    await server.connect();
    const stop = new AbortController();
    const call = server.callTool('hang', {}, null, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 300);
    await expect(call).rejects.toThrow('enough');
    await expect.poll(async () => (await server.callTool('cancelled', {}))[0]?.['text']).toMatch(/\[\d+\]/);
  });

  it('leaves no listener on the signals that it was given', async () => {
    await using server = tiny();
    await server.connect();
    const { signal } = new AbortController();
    for (let round = 0; round < 20; round++) await server.callTool('echo', { text: 'x' }, null, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('tells of changes of resources that were subscribed to', async () => {
    const updated: string[] = [];
    await using server = tiny({ onResourceUpdated: (uri) => void updated.push(uri) });
    await server.connect();
    await server.subscribeResource('note://1');
    await expect.poll(() => updated).toEqual(['note://1']);
    await server.unsubscribeResource('note://1');
  });

  it.each(['throw', 'reject'])('takes no notice of it when those who are told of changes %s', async (how) => {
    const unhandled: unknown[] = [];
    const seen = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', seen);
    const told: string[] = [];
    const fails = (what: string): unknown => {
      told.push(what);
      const error = new Error('from the one who is told');
      if (how === 'throw') throw error;
      return Promise.reject(error);
    };
    const onResourceUpdated = (uri: string): unknown => fails(uri);
    const onToolsChanged = (): unknown => fails('tools');
    try {
      await using server = tiny({ onResourceUpdated, onToolsChanged });
      await server.connect();
      await server.subscribeResource('note://1');
      await server.callTool('add_tool', {});
      await expect.poll(() => told.toSorted()).toEqual(['note://1', 'tools']);
      expect((await server.callTool('echo', { text: 'x' }))[0]?.['text']).toBe('x');
    } finally {
      process.off('unhandledRejection', seen);
    }
    expect(unhandled).toEqual([]);
  });

  it('is told when the run that called it is stopped', async () => {
    await using server = tiny();
    await server.connect();
    const model = new ScriptedModel([[functionCall('hang', {}, { callId: 'c1' })]]);
    const agent = new Agent({ name: 'A', model, mcpServers: [server] });
    await expect(run(agent, 'x', { signal: AbortSignal.timeout(500) })).rejects.toThrow(/cancel|abort|timeout/i);
    await expect.poll(async () => (await server.callTool('cancelled', {}))[0]?.['text']).toMatch(/\[\d+\]/);
  });

  it('that sends more than it may loses its connection, and the next call has another', async () => {
    await using server = tiny({ maxMessageBytes: 4_000 });
    await server.connect();
    await expect(server.callTool('big', {})).rejects.toThrow(/closed/i);
    expect((await server.callTool('echo', { text: 'small' }))[0]?.['text']).toBe('small');
  }, 60_000);

  it('gives a request up after its timeout', async () => {
    await using server = tiny({ timeout: 50 });
    await server.connect();
    await expect(server.callTool('hang', {})).rejects.toThrow(/timed out/i);
  });
});

describe('a server over HTTP', () => {
  it('has no stream of ours left when close() has resolved, whatever was under way', async () => {
    const http = await httpServer();
    try {
      const server = new MCPServerStreamableHttp({ url: http.url });
      await server.connect();
      await expect.poll(http.streams).toBe(1);
      const call = server.callTool('echo', { text: 'x' }).catch((error: Error) => error);
      await server.close();
      await call;
      await expect.poll(http.streams).toBe(0);
      await server.close();
    } finally {
      await http.close();
    }
  });

  it('that knows the session no more is connected to again, and the call is made once', async () => {
    const http = await httpServer();
    try {
      await using server = new MCPServerStreamableHttp({ url: http.url });
      await server.connect();
      const before = http.called();
      const first = server.sessionId;
      http.forget();
      expect((await server.callTool('echo', { text: 'x' }))[0]?.['text']).toBe('x');
      expect(http.called()).toBe(before + 1);
      expect(server.sessionId).not.toBe(first);
    } finally {
      await http.close();
    }
  });

  it('shows neither credentials nor queries in its name and its errors', async () => {
    const server = new MCPServerStreamableHttp({ url: 'http://user:CANARY-password@127.0.0.1:1/mcp?key=CANARY-key' });
    expect(server.name).toBe('streamable-http: http://127.0.0.1:1/mcp');
    const error = (await server.connect().catch((thrown: Error) => thrown)) as Error;
    expect(error.message).toMatch(/could not be connected to/);
    expect(error.message).not.toContain('CANARY');
    expect(JSON.stringify(serializeError(error))).not.toContain('CANARY');
  });

  it.each(['', 'ftp://host', 'file:///etc/passwd', '/mcp'])('[OPTION_TYPE] is not at %j', (url) => {
    expect(() => new MCPServerStreamableHttp({ url })).toThrow(/http/);
    expect(() => new MCPServerSSE({ url })).toThrow(/http/);
  });
});

describe('a server that cannot be started', () => {
  it('[MCP_START_FAILED] says how it ended and what it said, without what it was given', async () => {
    const program = 'console.error("cannot read", process.env.TOKEN, "sk-abcdefghijklmnop"); process.exit(3)';
    const server = new MCPServerStdio({
      name: 'broken',
      command: process.execPath,
      args: ['-e', program],
      env: { TOKEN: 'CANARY-env' },
    });
    const error = await server.connect().catch((thrown: Error & { code: string }) => thrown);
    expect(error).toMatchObject({ code: 'MCP_START_FAILED' });
    expect((error as Error).message).toMatch(/'broken'.*code 3.*cannot read \[redacted\] \[redacted\]/);
  });

  it('[MCP_START_FAILED] names the command that is not there', async () => {
    await expect(new MCPServerStdio({ command: '/no/such/program' }).connect()).rejects.toThrow(/\/no\/such\/program/);
  });

  it('[MCP_START_FAILED] does not wait longer than it may for a silent one', async () => {
    const server = new MCPServerStdio({
      command: process.execPath,
      args: ['-e', 'setInterval(() => {}, 1000)'],
      clientSessionTimeoutSeconds: 0.3,
    });
    await expect(server.connect()).rejects.toMatchObject({ code: 'MCP_START_FAILED' });
    expect(children()).toHaveLength(before.children);
  }, 60_000);

  it('[OPTION_UNKNOWN] has no option that is misspelt: it might be the one that guards', () => {
    const options = { command: 'x', requireAproval: 'always' };
    expect(() => new MCPServerStdio(options)).toThrow(/requireApproval/);
    expect(() => new MCPServerStdio({ command: 'x', encoding: 'latin1' })).toThrow(/utf-8/);
    expect(() => new MCPServerStdio({ command: 'x', timeout: 0 })).toThrow(/timeout/);
  });

  it('[MCP_NOT_CONNECTED] is not asked for anything', async () => {
    await expect(tiny().listTools()).rejects.toMatchObject({ code: 'MCP_NOT_CONNECTED' });
  });

  it.each([
    ['', undefined],
    ['node "x', undefined],
    ['  ', undefined],
  ])('[OPTION_TYPE] refuses fullCommand %j', (fullCommand) => {
    expect(() => new MCPServerStdio({ fullCommand })).toThrow(/fullCommand/);
  });
});

describe('several servers', () => {
  it('are connected in order and closed in reverse, from any context', async () => {
    const told: string[] = [];
    const noisy = (name: string) =>
      fake(name, [], {
        connect: async () => void told.push(`+${name}`),
        close: async () => void told.push(`-${name}`),
      });
    const servers = await withTrace('opens', () => connectMcpServers([noisy('a'), noisy('b'), noisy('c')]));
    expect(servers.active.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    await Promise.all([servers.close(), servers.close()]);
    expect(told).toEqual(['+a', '+b', '+c', '-c', '-b', '-a']);
    expect(servers.active).toEqual([]);
    expect(servers.all).toHaveLength(3);
  });

  it('that fail are left out, told of, and connected later', async () => {
    let works = false;
    const bad = fake('bad', [], {
      connect: async () => {
        if (!works) throw new Error('cannot');
      },
    });
    const good = tiny();
    await using servers = await connectMcpServers([good, bad]);
    expect(servers.active).toEqual([good]);
    expect(servers.failed).toEqual([bad]);
    expect(servers.errors.get(bad)?.message).toBe('cannot');
    works = true;
    expect(await servers.reconnect()).toEqual([good, bad]);
    expect(servers.errors.size).toBe(0);
    const [pid] = await good.callTool('pid', {});
    await servers.reconnect({ failedOnly: false });
    expect((await good.callTool('pid', {}))[0]).not.toEqual(pid);
  });

  it('are all closed when one fails and `strict` is set', async () => {
    const bad = fake('bad', [], { connect: () => Promise.reject(new Error('cannot')) });
    await expect(connectMcpServers([tiny(), tiny(), bad], { strict: true, connectInParallel: true })).rejects.toThrow(
      'cannot',
    );
    expect(children()).toHaveLength(before.children);
  });

  it('that take too long are closed behind our back', async () => {
    const slow = new MCPServerStdio({ command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] });
    const servers = await MCPServers.open([slow], { connectTimeoutMs: 100 });
    expect(servers.errors.get(slow)?.name).toBe('TimeoutError');
    expect(children()).toHaveLength(before.children);
  }, 60_000);

  it('may refuse to close, and the others are closed all the same', async () => {
    const bad = fake('bad', [], { close: () => Promise.reject(new Error('will not')) });
    const servers = await connectMcpServers([tiny(), bad]);
    await servers.close();
    expect(servers.errors.get(bad)?.message).toBe('will not');
    expect(children()).toHaveLength(before.children);
  });
});
