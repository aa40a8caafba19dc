// S11: clients that listen and say nothing, over real connections.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Agent, tool } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { functionCall, modelResponder, ScriptedModel } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { HTTP_DEFAULTS } from '../../src/http/options.ts';
import { Doors, onNode } from './guarded.ts';

const PRINCIPALS = 20;

function careful(): Agent {
  const asks = modelResponder(() => [functionCall('wipe', {}, { callId: 'c1' })]);
  const wipe = tool({
    name: 'wipe',
    description: 'Wipes a disk.',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'wiped',
  });
  return new Agent({
    name: 'Careful',
    tools: [wipe],
    model: new ScriptedModel(Array.from({ length: PRINCIPALS }, () => asks)),
  });
}

/** Sends the head of a request for a stream; gives the connection when the head of the answer is there. */
async function listening(port: number, who: string, run: string): Promise<{ socket: Socket; status: number }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `GET /runs/${run}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${who}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.on('data', () => undefined);
  return { socket, status: Number(head.toString('latin1').slice(9, 12)) };
}

it('S11 2,000 idle streams of 20 principals: no more for each than its share, little memory, and nothing left of them', async () => {
  const store = sqlite(':memory:');
  const options = { agents: { careful: careful() }, store, authorize: new Doors().authorize };
  await using served = await onNode(options);
  const { port, server } = served;
  const sockets: Socket[] = [];
  const runs: string[] = [];
  for (let who = 0; who < PRINCIPALS; who++) {
    const response = await fetch(`http://127.0.0.1:${port}/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer p${who}`, connection: 'close' },
      body: JSON.stringify({ input: 'Go.' }),
    });
    runs.push(((await response.json()) as { id: string }).id);
  }
  const before = process.memoryUsage().heapUsed;
  const share = HTTP_DEFAULTS.streamsPerPrincipal;
  for (const [who, run] of runs.entries()) {
    for (let index = 0; index < share; index += 20) {
      const opened = await Promise.all(Array.from({ length: 20 }, async () => listening(port, `p${who}`, run)));
      expect(opened.every(({ status }) => status === 200)).toBe(true);
      sockets.push(...opened.map(({ socket }) => socket));
    }
  }
  expect(sockets).toHaveLength(2_000);
  // Both ends are in this process, and nothing was collected: much more than a stream takes by itself.
  expect((process.memoryUsage().heapUsed - before) / sockets.length).toBeLessThan(96 * 1024);
  for (const [who, run] of runs.entries()) {
    const { socket, status } = await listening(port, `p${who}`, run);
    expect(status).toBe(429);
    socket.destroy();
  }
  for (const socket of sockets) socket.destroy();
  const open = async (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  await expect.poll(open).toBe(0);
  // All places are free again.
  const again = await Promise.all(Array.from({ length: share }, async () => listening(port, 'p0', runs[0] ?? '')));
  expect(again.map(({ status }) => status)).toEqual(Array.from({ length: share }, () => 200));
  for (const { socket } of again) socket.destroy();
}, 60_000);
