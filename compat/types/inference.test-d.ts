// What the compiler infers: checked against the types of @openai/agents, and against Tailrace's under the same names (tsconfig.moved.json).
import {
  Agent,
  type AgentInputItem,
  defineOutputGuardrail,
  type FunctionTool,
  handoff,
  type InputGuardrail,
  MemorySession,
  type OutputGuardrail,
  run,
  type RunContext,
  Runner,
  type RunItem,
  type RunStreamEvent,
  type Session,
  tool,
  type Usage,
} from '@openai/agents';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';

interface User {
  id: string;
  admin: boolean;
}

// Arguments of a tool, from zod.
export const byZod = tool({
  name: 'book',
  description: 'Books.',
  parameters: z.object({ city: z.string(), nights: z.number().default(1), tags: z.array(z.string()).nullable() }),
  needsApproval: async (_context, input) => {
    expectTypeOf(input).toEqualTypeOf<{ city: string; nights: number; tags: string[] | null }>();
    return input.nights > 3;
  },
  execute: (input, context, details) => {
    expectTypeOf(input).toEqualTypeOf<{ city: string; nights: number; tags: string[] | null }>();
    expectTypeOf(context).toEqualTypeOf<RunContext<unknown> | undefined>();
    expectTypeOf(details?.signal).toEqualTypeOf<AbortSignal | undefined>();
    // @ts-expect-error no such argument
    return input.town;
  },
});

// The context of a tool, as it says.
export const withContext = tool<typeof parameters, User>({
  name: 'whoami',
  description: 'Says who.',
  parameters: z.object({}),
  execute: (_input, context) => {
    expectTypeOf(context?.context).toEqualTypeOf<User | undefined>();
    return context?.context.id ?? 'nobody';
  },
});
declare const parameters: z.ZodObject<Record<string, never>>;

// Arguments of a tool by a JSON schema are not known.
export const byJson = tool({
  name: 'anything',
  description: 'Takes anything.',
  strict: false,
  parameters: { type: 'object', properties: {}, required: [], additionalProperties: true },
  execute: (input) => {
    expectTypeOf(input).toBeUnknown();
    return 'ok';
  },
});

// The final output, by the output type.
const recipe = z.object({ name: z.string(), minutes: z.number().optional() });
const weather = z.object({ degrees: z.number() });

export async function outputs(): Promise<void> {
  const plain = new Agent({ name: 'Plain' });
  expectTypeOf((await run(plain, 'Hi')).finalOutput).toEqualTypeOf<string | undefined>();

  const structured = new Agent({ name: 'Cook', outputType: recipe });
  expectTypeOf((await run(structured, 'Hi')).finalOutput).toEqualTypeOf<
    { name: string; minutes?: number | undefined } | undefined
  >();

  const streamed = await run(structured, 'Hi', { stream: true });
  expectTypeOf(streamed.finalOutput).toEqualTypeOf<{ name: string; minutes?: number | undefined } | undefined>();
  const { outputType } = structured;
  expectTypeOf(outputType).toEqualTypeOf<typeof recipe>();
}

// And by the handoffs', where they are said.
export async function handedOff(): Promise<void> {
  const cook = new Agent({ name: 'Cook', outputType: recipe });
  const guide = new Agent({ name: 'Guide', outputType: weather });
  const desk = Agent.create({ name: 'Desk', handoffs: [cook, handoff(guide)] });
  const { finalOutput } = await run(desk, 'Hi');
  expectTypeOf(finalOutput).toEqualTypeOf<
    string | { name: string; minutes?: number | undefined } | { degrees: number } | undefined
  >();
  const own = Agent.create({ name: 'Desk', outputType: weather, handoffs: [cook] });
  expectTypeOf((await run(own, 'Hi')).finalOutput).toEqualTypeOf<
    { name: string; minutes?: number | undefined } | { degrees: number } | undefined
  >();
}

// The context of an agent reaches what it is made of.
export async function contexts(): Promise<void> {
  const agent = new Agent<User>({
    name: 'Assistant',
    instructions: (context, self) => {
      expectTypeOf(context).toEqualTypeOf<RunContext<User>>();
      expectTypeOf(self.name).toBeString();
      return `Talk to ${context.context.id}`;
    },
    tools: [withContext],
  });
  agent.on('agent_start', (context, self) => {
    expectTypeOf(context).toEqualTypeOf<RunContext<User>>();
    expectTypeOf(self.name).toBeString();
  });
  agent.on('agent_end', (context, output) => {
    expectTypeOf(context.context).toEqualTypeOf<User>();
    expectTypeOf(output).toBeString();
  });
  agent.on('agent_tool_end', (_context, used, result, { toolCall }) => {
    expectTypeOf(used.name).toBeString();
    expectTypeOf(result).toBeString();
    expectTypeOf(toolCall.type).toBeString();
  });
  // @ts-expect-error no such hook
  agent.on('agent_nap', () => undefined);
  const result = await run(agent, 'Hi', { context: { id: 'u1', admin: false } });
  expectTypeOf(result.runContext.usage).toEqualTypeOf<Usage>();
}

// What runs take and give.
export async function runs(session: Session): Promise<void> {
  const agent = new Agent({ name: 'A' });
  const runner = new Runner({ workflowName: 'w' });
  const whole = await runner.run(agent, 'Hi', { session, conversationId: 'conv_1', maxTurns: 3 });
  expectTypeOf(whole.newItems).toEqualTypeOf<RunItem[]>();
  expectTypeOf(whole.history).toEqualTypeOf<AgentInputItem[]>();
  expectTypeOf(whole.lastResponseId).toEqualTypeOf<string | undefined>();
  expectTypeOf(whole.lastAgent?.name).toEqualTypeOf<string | undefined>();
  const again = await run(agent, [...whole.history, { role: 'user', content: 'More' }]);
  expectTypeOf(again.finalOutput).toEqualTypeOf<string | undefined>();
  const streamed = await run(agent, 'Hi', { stream: true, session: new MemorySession() });
  expectTypeOf(streamed.completed).toEqualTypeOf<Promise<void>>();
  expectTypeOf(streamed.toTextStream({ compatibleWithNodeStreams: true })).toExtend<NodeJS.ReadableStream>();
  for await (const event of streamed) told(event);
  const interruption = whole.interruptions[0];
  if (interruption) whole.state.approve(interruption, { alwaysApprove: true });
  expectTypeOf(whole).not.toExtend<AsyncIterable<unknown>>();
  // @ts-expect-error no such option
  await run(agent, 'Hi', { maxTurn: 3 });
  // @ts-expect-error an agent comes first
  await run('Hi', agent);
}

// Events and items narrow by their type.
function told(event: RunStreamEvent): string {
  switch (event.type) {
    case 'raw_model_stream_event':
      if (event.data.type === 'output_text_delta') expectTypeOf(event.data.delta).toBeString();
      if (event.data.type === 'response_done') expectTypeOf(event.data.response.id).toBeString();
      return event.data.type;
    case 'run_item_stream_event':
      expectTypeOf(event.item).toEqualTypeOf<RunItem>();
      if (event.item.type === 'message_output_item') expectTypeOf(event.item.content).toBeString();
      if (event.item.type === 'tool_call_output_item') expectTypeOf(event.item.rawItem.type).toBeString();
      if (event.name === 'handoff_occurred') return event.name;
      return event.item.type;
    case 'agent_updated_stream_event':
      return event.agent.name;
    default:
      return 'another';
  }
}

// Guardrails know what they judge.
export const inputGuardrail: InputGuardrail = {
  name: 'short',
  runInParallel: false,
  execute: async ({ input, agent, context }) => {
    expectTypeOf(input).toEqualTypeOf<string | AgentInputItem[]>();
    expectTypeOf(agent.name).toBeString();
    expectTypeOf(context).toEqualTypeOf<RunContext<unknown>>();
    return { tripwireTriggered: false, outputInfo: {} };
  },
};

export const outputGuardrail: OutputGuardrail<typeof recipe> = {
  name: 'quick',
  execute: async ({ agentOutput }) => {
    expectTypeOf(agentOutput).toEqualTypeOf<{ name: string; minutes?: number | undefined }>();
    return { tripwireTriggered: (agentOutput.minutes ?? 0) > 60, outputInfo: agentOutput.name };
  },
};

export const defined = defineOutputGuardrail({
  name: 'polite',
  execute: async ({ agentOutput }) => ({ tripwireTriggered: String(agentOutput) === '', outputInfo: {} }),
});

// Handoffs say what they take.
export const escalate = handoff(new Agent({ name: 'Boss' }), {
  inputType: z.object({ reason: z.string() }),
  onHandoff: (_context, input) => {
    expectTypeOf(input).toEqualTypeOf<{ reason: string } | undefined>();
  },
  inputFilter: (data) => {
    expectTypeOf(data.newItems).toEqualTypeOf<RunItem[]>();
    return data;
  },
});

export const tools: FunctionTool[] = [];
