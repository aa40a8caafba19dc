import type { Agent, AgentOptions } from '@openai/agents';
import { z } from 'zod';
import { pause } from '../observe.ts';
import type { Json, Program, SdkNamespace } from '../program.ts';

/** How something ended, in a word. */
async function ending(of: () => Promise<{ finalOutput?: unknown; interruptions: unknown[] }>): Promise<string> {
  try {
    const { finalOutput, interruptions } = await of();
    return interruptions.length > 0 ? 'interrupted' : `completed: ${String(finalOutput)}`;
  } catch (error) {
    return (error as Error).name;
  }
}

function counting(sdk: SdkNamespace, name: string, ran: unknown[], says: string = name) {
  return sdk.tool({
    name,
    description: 'Counts.',
    parameters: z.object({ n: z.number() }),
    execute: async ({ n }) => {
      ran.push(`${says} ${n}`);
      return says;
    },
  });
}

/** Two of a kind, and two failures: which one counts. */
export const collisionPrograms: Record<string, Program> = {
  'two tools of one name': async (sdk, testing) => {
    const ran: string[] = [];
    const model = new testing.ScriptedModel([
      [testing.functionCall('count', { n: 1 }, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const tools = [counting(sdk, 'count', ran, 'first'), counting(sdk, 'count', ran, 'second')];
    const ended = await ending(async () => sdk.run(new sdk.Agent({ name: 'Counter', model, tools }), 'Hi'));
    return { ending: ended, ran };
  },

  'a guardrail that fails after the model has': async (sdk, testing) => {
    const slow = {
      name: 'slow',
      execute: async () => {
        await pause(30);
        throw new TypeError('guardrail');
      },
    };
    const agents = [false, true].map(() => {
      const model = new testing.ScriptedModel([testing.modelError(new RangeError('model'))]);
      return new sdk.Agent({ name: 'Failing', model, inputGuardrails: [slow] });
    });
    const [whole, read] = agents as [Agent, Agent];
    const streamed = async () => {
      const result = await sdk.run(read, 'Hi', { stream: true });
      await result.completed;
      return result;
    };
    return { whole: await ending(async () => sdk.run(whole, 'Hi')), streamed: await ending(streamed) };
  },

  'two runs in one session at once': async (sdk, testing) => {
    const session = new sdk.MemorySession();
    const run = async (): Promise<string> => {
      const model = new testing.ScriptedModel([[testing.assistantMessage('Hello.')]]);
      return ending(async () => sdk.run(new sdk.Agent({ name: 'Greeter', model }), 'Hi', { session }));
    };
    const endings = await Promise.all([run(), run()]);
    return { endings, items: (await session.getItems()).length };
  },

  'a call id that a later turn uses again': async (sdk, testing) => {
    const ran: string[] = [];
    const model = new testing.ScriptedModel([
      [testing.functionCall('count', { n: 1 }, { callId: 'call_0' })],
      [testing.functionCall('count', { n: 2 }, { callId: 'call_0' })],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Counter', model, tools: [counting(sdk, 'count', ran)] });
    return { ending: await ending(async () => sdk.run(agent, 'Hi')), ran };
  },

  'two calls of one id in one turn': async (sdk, testing) => {
    const turn = async (...numbers: number[]): Promise<Json> => {
      const ran: string[] = [];
      const calls = numbers.map((n) => testing.functionCall('count', { n }, { callId: 'call_1' }));
      const model = new testing.ScriptedModel([calls, [testing.assistantMessage('Done.')]]);
      const agent = new sdk.Agent({ name: 'Counter', model, tools: [counting(sdk, 'count', ran)] });
      const items: string[] = [];
      const ended = await ending(async () => {
        const result = await sdk.run(agent, 'Hi');
        items.push(...result.newItems.map(({ type }) => type));
        return result;
      });
      return { ended, ran, items };
    };
    return { same: await turn(1, 1), different: await turn(1, 2) };
  },

  'a function that decides to interrupt': async (sdk, testing) => {
    const ran: string[] = [];
    const call = testing.functionCall('count', { n: 1 }, { callId: 'call_1' });
    const model = new testing.ScriptedModel([[call], [testing.assistantMessage('Done.')]]);
    const toolUseBehavior: AgentOptions['toolUseBehavior'] = () => ({
      isFinalOutput: false,
      isInterrupted: true,
      interruptions: [new sdk.RunToolApprovalItem(call, agent)],
    });
    const tools = [counting(sdk, 'count', ran)];
    const agent: Agent = new sdk.Agent({ name: 'Counter', model, tools, toolUseBehavior });
    return { ending: await ending(async () => sdk.run(agent, 'Hi')), ran };
  },
};
