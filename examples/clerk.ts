// The agent of the protocol examples: it looks up what it may, and asks somebody before it pays.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent, tool } from 'tailrace';
import { createNodeListener } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';
import { urlOf } from './visit.ts';

const invoice = tool({
  name: 'invoice',
  description: 'An invoice, by its number.',
  parameters: z.object({ number: z.number() }),
  exposeToClient: true,
  execute: ({ number }) => `Invoice ${number}: 40 EUR`,
});
const pay = tool({
  name: 'pay',
  description: 'Pays an amount.',
  parameters: z.object({ amount: z.number() }),
  needsApproval: true,
  execute: ({ amount }) => `Paid ${amount} EUR`,
});

export interface Clerk extends AsyncDisposable {
  url: string;
}

/** A server with one agent, which answers once. */
export async function serveClerk(): Promise<Clerk> {
  const model = new ScriptedModel([
    [assistantMessage('Let me look.'), functionCall('invoice', { number: 7 }, { callId: 'call_1' })],
    [functionCall('pay', { amount: 40 }, { callId: 'call_2' })],
    [assistantMessage('Invoice 7 is paid.')],
  ]);
  const store = sqlite(':memory:');
  const listener = createNodeListener({
    agents: { clerk: new Agent({ name: 'Clerk', model, tools: [invoice, pay] }) },
    store,
  });
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: urlOf(server),
    async [Symbol.asyncDispose]() {
      await listener.stop();
      server.close();
      server.closeAllConnections();
      await store.close();
    },
  };
}
