import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  addTraceProcessor,
  type Agent,
  getGlobalTraceProvider,
  InMemoryTraceProcessor,
  LimitError,
  MemoryLogStore,
  MemorySession,
  type RunEvent,
  Runner,
  type StreamedRunResult,
  tool,
} from '../../src/index.ts';
import { assistantMessage, functionCall, logViolations } from '../../src/testing/index.ts';
import { scripted } from './cast.ts';
import { failure, settled } from './stage.ts';

const types = (log: readonly RunEvent[]): string[] => log.map(({ type }) => type);

function named(name: string, execute: () => string, needsApproval = false): ReturnType<typeof tool> {
  return tool({ name, description: name, parameters: z.object({}), needsApproval, execute });
}

test('a run that is cancelled in the turn in which it would have waited lets go of its session', async () => {
  const session = new MemorySession();
  let result: StreamedRunResult | undefined;
  const stop = named('stop', () => {
    result?.cancel({ mode: 'after_turn' });
    return 'stopping';
  });
  const pay = named('pay', () => 'paid', true);
  const calls = [functionCall('pay', {}, { callId: 'c1' }), functionCall('stop', {}, { callId: 'c2' })];
  const agent = scripted([calls, [assistantMessage('Again.')]], { tools: [pay, stop] });
  result = await new Runner().run(agent, 'Hi', { session, stream: true });
  await settled(result);
  expect(result.status).toBe('cancelled');
  const next = await new Runner().run(agent, 'Hi', { session });
  expect(next.finalOutput).toBe('Again.');
});
