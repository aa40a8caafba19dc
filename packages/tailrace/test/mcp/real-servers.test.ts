// The servers that the protocol's authors publish, over all three transports.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Agent,
  MCPServerSSE,
  MCPServerStdio,
  MCPServerStreamableHttp,
  MemoryLogStore,
  run,
  Runner,
} from '../../src/index.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { children } from './tiny.ts';

const root = join(import.meta.dirname, '../../../..');
const bin = (name: string): string =>
  join(root, 'node_modules/@modelcontextprotocol', `server-${name}`, 'dist/index.js');
const stdio = (name: string, args: string[] = [], env: Record<string, string> = {}): MCPServerStdio =>
  new MCPServerStdio({ name, command: process.execPath, args: [bin(name), ...args], env });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function listen(mode: string, tries = 5): Promise<{ port: number; process: ChildProcess }> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port) };
  const child = spawn(process.execPath, [bin('everything'), mode], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  // Read to its end: a server that cannot say anything any more stops.
  let said = '';
  const listens = await new Promise<boolean>((resolve) => {
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
      if (/running on|listening on/.test(said)) resolve(true);
    });
    child.once('exit', () => resolve(false));
  });
  if (listens) return { port, process: child };
  // Somebody may have taken the port meanwhile.
  if (tries === 1) throw new Error(`It does not listen: ${said}`);
  return listen(mode, tries - 1);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('server-everything', () => {
  let http: Awaited<ReturnType<typeof listen>>;
  let sse: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    [http, sse] = await Promise.all([listen('streamableHttp'), listen('sse')]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([end(http.process), end(sse.process)]);
  });

  const kinds = {
    stdio: () => stdio('everything', ['stdio']),
    'streamable HTTP': () =>
      new MCPServerStreamableHttp({ name: 'everything', url: `http://127.0.0.1:${http.port}/mcp` }),
    SSE: () => new MCPServerSSE({ name: 'everything', url: `http://127.0.0.1:${sse.port}/sse` }),
  };

  it.each(Object.entries(kinds))(
    'over %s: tools, resources, prompts, one run',
    async (_kind, open) => {
      await using server = open();
      await server.connect();
      const names = (await server.listTools()).map(({ name }) => name);
      expect(names).toContain('get-structured-content');
      expect((await server.listResources()).resources[0]?.uri).toMatch(/:/);
      expect((await server.listResourceTemplates()).resourceTemplates.length).toBeGreaterThan(0);
      const [first] = (await server.listResources()).resources;
      expect((await server.readResource(first?.uri ?? '')).contents[0]).toHaveProperty('uri', first?.uri);
      expect((await server.listPrompts()).prompts.map(({ name }) => name)).toContain('args-prompt');
      const prompt = await server.getPrompt('args-prompt', { city: 'Oslo', state: 'Oslo' });
      expect(prompt.messages[0]?.content['text']).toContain('Oslo');

      const model = new ScriptedModel([
        [
          functionCall('echo', { message: 'hi' }, { callId: 'c1' }),
          functionCall('get_tiny_image', {}, { callId: 'c2' }),
          functionCall('get_structured_content', { location: 'Chicago' }, { callId: 'c3' }),
          functionCall('get_resource_reference', { resourceType: 'Text', resourceId: 1 }, { callId: 'c4' }),
          functionCall('echo', { wrong: true }, { callId: 'c5' }),
        ],
        [assistantMessage('Done.')],
      ]);
      const store = new MemoryLogStore();
      const agent = new Agent({ name: 'A', model, mcpServers: [server] });
      const result = await new Runner({ store }).run(agent, 'Go', { runId: 'run' });
      const outputs = result.newItems.flatMap((item) =>
        item.type === 'tool_call_output_item' ? [JSON.stringify(item.rawItem)] : [],
      );
      expect(outputs[0]).toContain('Echo: hi');
      expect(outputs[1]).toContain('data:image/png;base64,');
      expect(outputs[2]).toContain('temperature');
      expect(outputs[3]).toContain('resource');
      expect(outputs[4]).toMatch(/validation|invalid/i);
      await assertCleanRun(store.read('run', 0, 1_000));
    },
    60_000,
  );

  it('tells of a session while there is one, and of none when closed', async () => {
    const server = kinds['streamable HTTP']();
    await server.connect();
    await server.listTools();
    expect(server.sessionId).toMatch(/./);
    await server.close();
    expect(server.sessionId).toBeUndefined();
  });

  it('that was started anew is connected to again by the next request', async () => {
    const first = await listen('streamableHttp');
    const url = `http://127.0.0.1:${first.port}/mcp`;
    await using server = new MCPServerStreamableHttp({ url });
    await server.connect();
    await server.listTools();
    await end(first.process);
    await expect(server.callTool('echo', { message: 'x' })).rejects.toThrow(/fetch|closed|connect/i);
    const env = { ...process.env, PORT: String(first.port) };
    const again = spawn(process.execPath, [bin('everything'), 'streamableHttp'], { env, stdio: 'ignore' });
    try {
      await expect
        .poll(async () => (await server.callTool('echo', { message: 'x' }).catch(() => []))[0]?.['text'], {
          timeout: 25_000,
          interval: 200,
        })
        .toBe('Echo: x');
    } finally {
      await end(again);
    }
  }, 60_000);

  it('is told when a run is cancelled', async () => {
    const before = children().length;
    await using server = kinds.stdio();
    await server.connect();
    const call = functionCall('trigger_long_running_operation', { duration: 30, steps: 30 }, { callId: 'c1' });
    const agent = new Agent({ name: 'A', model: new ScriptedModel([[call]]), mcpServers: [server] });
    const stop = new AbortController();
    const began = performance.now();
    const running = run(agent, 'Go', { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await expect(running).rejects.toThrow(/cancel|abort/i);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect((await server.callTool('echo', { message: 'still there' }))[0]?.['text']).toContain('still there');
    await server.close();
    expect(children()).toHaveLength(before);
  });
});

describe('server-filesystem', () => {
  it('reads what it may, and nothing else', async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'tailrace-mcp-')));
    try {
      await writeFile(join(folder, 'note.txt'), 'a note');
      await using server = stdio('filesystem', [folder]);
      await server.connect();
      const model = new ScriptedModel([
        [
          functionCall('read_text_file', { path: join(folder, 'note.txt') }, { callId: 'c1' }),
          functionCall('read_text_file', { path: '/etc/passwd' }, { callId: 'c2' }),
        ],
        [assistantMessage('Read.')],
      ]);
      const result = await run(new Agent({ name: 'A', model, mcpServers: [server] }), 'Read');
      const said = JSON.stringify(result.newItems.map(({ rawItem }) => rawItem));
      expect(said).toContain('a note');
      expect(said).toContain('Access denied');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('server-memory', () => {
  it('remembers from one run to the next', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tailrace-mcp-'));
    try {
      await using server = stdio('memory', [], { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') });
      await server.connect();
      const entities = [{ name: 'Ada', entityType: 'person', observations: ['likes engines'] }];
      const script = (name: string, args: Record<string, unknown>) =>
        new ScriptedModel([[functionCall(name, args, { callId: 'c1' })], [assistantMessage('Done.')]]);
      await run(new Agent({ name: 'A', model: script('create_entities', { entities }), mcpServers: [server] }), 'Note');
      const found = await run(
        new Agent({ name: 'A', model: script('search_nodes', { query: 'Ada' }), mcpServers: [server] }),
        'Who?',
      );
      expect(JSON.stringify(found.newItems.map(({ rawItem }) => rawItem))).toContain('likes engines');
      await wait(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
