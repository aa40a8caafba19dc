// A program for @openai/agents: only the first lines were changed. Two agents, a handoff, a guardrail, a session, a stream, a trace.
import { Agent, handoff, InputGuardrailTripwireTriggered, MemorySession, run, tool, withTrace } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const refund = tool({
  name: 'refund',
  description: 'Pays an order back.',
  parameters: z.object({ order: z.string() }),
  execute: async ({ order }) => `${order} is paid back.`,
});
const billing = new Agent({
  name: 'Billing',
  instructions: 'You pay back.',
  tools: [refund],
  model: new ScriptedModel([
    [functionCall('refund', { order: 'A7' }, { callId: 'call_2' })],
    [assistantMessage('Your money is on its way.')],
  ]),
});
const triage = new Agent({
  name: 'Triage',
  handoffs: [handoff(billing, { toolDescriptionOverride: 'Money' })],
  inputGuardrails: [
    {
      name: 'polite',
      runInParallel: false,
      execute: async ({ input }) => ({ tripwireTriggered: JSON.stringify(input).includes('!!'), outputInfo: 'loud' }),
    },
  ],
  model: new ScriptedModel([[functionCall('transfer_to_Billing', {}, { callId: 'call_1' })]]),
});

const session = new MemorySession();
await withTrace('Support', async () => {
  const result = await run(triage, 'I want my money back.', { stream: true, session });
  for await (const event of result) {
    if (event.type === 'agent_updated_stream_event') console.log(`now: ${event.agent.name}`);
    if (event.type === 'run_item_stream_event') console.log(event.name);
  }
  await result.completed;
  console.log(result.finalOutput, (await session.getItems()).length);
});

try {
  await run(triage, 'NOW!!');
} catch (error) {
  console.log(error instanceof InputGuardrailTripwireTriggered);
}
