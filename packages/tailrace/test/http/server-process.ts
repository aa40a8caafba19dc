// A server of its own process, to be killed: runs of one agent, in a file that others share. Says `{ port }` when it listens.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Agent, createRuntime, tool } from '../../src/index.ts';
import { createNodeListener } from '../../src/http/index.ts';
import { OpenAIResponsesModel } from '../../src/model/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import type { ServerWorld } from './processes.ts';

const world = JSON.parse(process.argv[2] ?? '') as ServerWorld;
const client = { baseURL: world.modelUrl, apiKey: 'none', defaultHeaders: { 'x-process': `${process.pid}` } };
const look = tool({
  name: 'look',
  description: 'Looks.',
  parameters: z.object({}),
  effects: 'pure',
  exposeToClient: true,
  execute: () => 'seen',
});
const writer = new Agent({ name: 'Writer', model: new OpenAIResponsesModel(client, 'scripted'), tools: [look] });
const store = sqlite(world.db);
const runtime = createRuntime({ store, agents: { writer }, leaseMs: world.leaseMs, maxTakeovers: 1_000 });
if (world.drives !== false) await runtime.start();
const listener = createNodeListener({
  runtime,
  ...(world.onDisconnect !== undefined && { onDisconnect: world.onDisconnect }),
  ...(world.context === true && { context: () => ({ pid: process.pid }) }),
});
const server = createServer(listener);
for (let tries = 0; !server.listening; tries++) {
  try {
    server.listen(world.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    // Since the server before it died, its port may be somebody else's for a moment.
    if ((error as { code?: string }).code !== 'EADDRINUSE' || tries === 100) throw error;
    await sleep(50);
  }
}
process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
// When whoever started it is gone, it goes, too.
process.stdin.resume().on('end', () => process.exit(0));
