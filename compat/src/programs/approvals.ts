import type { Agent, RunToolApprovalItem } from '@openai/agents';
import { z } from 'zod';
import { observe } from '../observe.ts';
import { bothWays, type Observation, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

/** What a program needs of an interrupted run, whatever its agent is. */
interface Interrupted {
  readonly interruptions: RunToolApprovalItem[];
  readonly state: {
    approve(item: RunToolApprovalItem): void;
    reject(item: RunToolApprovalItem, options?: { message?: string }): void;
  };
}

interface Cast {
  readonly agent: Agent;
  readonly models: InstanceType<TestingNamespace['ScriptedModel']>[];
  readonly ran: number[];
}

/** An agent that pays twice, which somebody has to approve, and looks once, which nobody has to. */
function cast(sdk: SdkNamespace, testing: TestingNamespace, needsApproval: boolean | 'above 1' = true): Cast {
  const ran: number[] = [];
  const made = (name: string, needs: boolean | 'above 1') =>
    sdk.tool({
      name,
      description: name,
      parameters: z.object({ n: z.number() }),
      needsApproval: needs === 'above 1' ? async (_context, { n }) => n > 1 : needs,
      execute: async ({ n }) => {
        ran.push(n);
        return `${name} ${n}`;
      },
    });
  const model = new testing.ScriptedModel([
    [
      testing.assistantMessage('Let me see.'),
      testing.functionCall('pay', { n: 1 }, { callId: 'call_1' }),
      testing.functionCall('look', { n: 2 }, { callId: 'call_2' }),
      testing.functionCall('pay', { n: 3 }, { callId: 'call_3' }),
    ],
    [testing.assistantMessage('Done.')],
  ]);
  const agent = new sdk.Agent({ name: 'Payer', model, tools: [made('pay', needsApproval), made('look', false)] });
  return { agent, models: [model], ran };
}

async function interrupted(sdk: SdkNamespace, { agent }: Cast, stream: boolean): Promise<Interrupted> {
  if (!stream) return sdk.run(agent, 'Pay.');
  const result = await sdk.run(agent, 'Pay.', { stream: true });
  await result.completed;
  return result;
}

type Decide = (state: Interrupted['state'], items: Interrupted['interruptions']) => void;

/** Runs to the interruption, decides, and tells what follows. */
async function decided(sdk: SdkNamespace, made: Cast, stream: boolean, decide: Decide): Promise<Observation> {
  const first = await interrupted(sdk, made, stream);
  decide(first.state, first.interruptions);
  const { agent, models, ran } = made;
  return observe(sdk, { agent, input: first.state, stream, models, notes: { ran } });
}

export const approvalPrograms: Record<string, Program> = {
  'tool that needs no approval': async (sdk) => {
    const made = sdk.tool({ name: 'free', description: 'Free.', parameters: z.object({}), execute: async () => 'out' });
    return { needsApproval: await made.needsApproval(new sdk.RunContext({}), {}) };
  },

  ...bothWays('approval asked for', (sdk, testing, stream) => {
    const { agent, models, ran } = cast(sdk, testing);
    return observe(sdk, { agent, input: 'Pay.', stream, models, notes: { ran } });
  }),

  ...bothWays('approval asked for by a rule', (sdk, testing, stream) => {
    const { agent, models, ran } = cast(sdk, testing, 'above 1');
    return observe(sdk, { agent, input: 'Pay.', stream, models, notes: { ran } });
  }),

  ...bothWays('approval given', (sdk, testing, stream) =>
    decided(sdk, cast(sdk, testing), stream, (state, items) => {
      for (const item of items) state.approve(item);
    }),
  ),

  ...bothWays('approval refused, with and without a message', (sdk, testing, stream) =>
    decided(sdk, cast(sdk, testing), stream, (state, [one, other]) => {
      if (one) state.reject(one);
      if (other) state.reject(other, { message: 'Too much.' });
    }),
  ),

  ...bothWays('approval given to one of two', (sdk, testing, stream) =>
    decided(sdk, cast(sdk, testing), stream, (state, [, other]) => {
      if (other) state.approve(other);
    }),
  ),

  ...bothWays('approval not decided', (sdk, testing, stream) => decided(sdk, cast(sdk, testing), stream, () => {})),
};
