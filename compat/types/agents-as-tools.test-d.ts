// What the compiler infers of agents as tools: checked against the types of @openai/agents, and against Tailrace's under the same names.
import {
  Agent,
  type AgentTool,
  type AgentToolInvocation,
  type AgentToolOptionsWithParameters,
  run,
  RunContext,
  RunState,
  type RunStreamEvent,
} from '@openai/agents';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';

interface User {
  id: string;
}

const fact = z.object({ fact: z.string() });
const researcher = new Agent<User, typeof fact>({ name: 'Researcher', outputType: fact });
const parameters = z.object({ subject: z.string(), depth: z.number().nullable() });

export const research = researcher.asTool({
  toolName: 'research',
  toolDescription: 'Looks something up.',
  parameters,
  inputBuilder: ({ params, summary }) => {
    expectTypeOf(params).toEqualTypeOf<{ subject: string; depth: number | null }>();
    expectTypeOf(summary).toEqualTypeOf<string | undefined>();
    return params.subject;
  },
  needsApproval: async (_context, input) => {
    expectTypeOf(input).toEqualTypeOf<{ subject: string; depth: number | null }>();
    return input.depth === null;
  },
  isEnabled: ({ runContext }) => runContext.context.id !== '',
  customOutputExtractor: ({ finalOutput, agentToolInvocation, newItems }) => {
    expectTypeOf(finalOutput).toEqualTypeOf<{ fact: string }>();
    expectTypeOf(agentToolInvocation).toEqualTypeOf<AgentToolInvocation>();
    return `${finalOutput.fact} ${newItems.length}`;
  },
  runConfig: { modelSettings: { temperature: 0 }, callModelInputFilter: ({ modelData }) => modelData },
  runOptions: { maxTurns: 3 },
  onStream: ({ event, agent, toolCall }) => {
    expectTypeOf(event).toEqualTypeOf<RunStreamEvent>();
    expectTypeOf(agent.name).toEqualTypeOf<string>();
    expectTypeOf(toolCall?.callId).toEqualTypeOf<string | undefined>();
  },
});

research.on('run_item_stream_event', ({ event }) => void event.type).on('*', () => undefined);

export const plain: readonly AgentTool<User, Agent<User, typeof fact>, typeof parameters>[] = [research];
export const host = new Agent<User>({ name: 'Host', tools: [research, researcher.asTool({ toolName: 'ask' })] });

export const options: AgentToolOptionsWithParameters<User, Agent<User, typeof fact>, typeof parameters> = {
  parameters,
  inputBuilder: ({ params }) => params.subject,
};

export async function restored(text: string): Promise<void> {
  const state = await RunState.fromString<User, typeof host>(host, text);
  for (const item of state.getInterruptions()) state.approve(item, { alwaysApprove: true });
  const result = await run(host, state);
  expectTypeOf(result.finalOutput).toEqualTypeOf<string | undefined>();
  const other = await RunState.fromStringWithContext(host, text, new RunContext<User>({ id: 'ada' }), {
    contextStrategy: 'replace',
  });
  expectTypeOf(other.toString()).toEqualTypeOf<string>();
}
