import type { Agent, RunItem, RunToolApprovalItem, ToolUseBehavior } from '@openai/agents';
import { z } from 'zod';
import { bothWays, type Json, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

type Steps = ConstructorParameters<TestingNamespace['ScriptedModel']>[0];

interface Paying {
  readonly agent: Agent;
  readonly ran: number[];
}

/** An agent whose `pay` somebody has to approve, always or above 10. */
function paying(
  sdk: SdkNamespace,
  testing: TestingNamespace,
  amounts: readonly (readonly number[])[],
  above?: number,
): Paying {
  const ran: number[] = [];
  const pay = sdk.tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({ n: z.number() }),
    needsApproval: above === undefined ? true : async (_context, { n }) => n > above,
    execute: ({ n }) => {
      ran.push(n);
      return `paid ${n}`;
    },
  });
  const steps = amounts.map((all) => all.map((n) => testing.functionCall('pay', { n }, { callId: `call_${n}` })));
  const model = new testing.ScriptedModel([...steps, [testing.assistantMessage('Done.')]]);
  return { ran, agent: new sdk.Agent({ name: 'Payer', model, tools: [pay] }) };
}

interface Looking {
  readonly agent: Agent;
  readonly ran: string[];
}

/** An agent with a tool `look` in two namespaces, which somebody has to approve. */
function looking(sdk: SdkNamespace, steps: Steps, toolUseBehavior: ToolUseBehavior = 'run_llm_again', asks = true) {
  const ran: string[] = [];
  const namespace = (name: string) =>
    sdk.toolNamespace({
      name,
      description: 'Things.',
      tools: [
        sdk.tool({
          name: 'look',
          description: 'Looks.',
          parameters: z.object({}),
          needsApproval: asks,
          execute: () => {
            ran.push(name);
            return name;
          },
        }),
      ],
    });
  return (testing: TestingNamespace): Looking => {
    const model = new testing.ScriptedModel(steps);
    const tools = [...namespace('crm'), ...namespace('erp')];
    return { ran, agent: new sdk.Agent({ name: 'Looker', model, tools, toolUseBehavior }) };
  };
}

const look = (testing: TestingNamespace, namespace: string, callId: string) =>
  testing.functionCall('look', {}, { callId, namespace });

interface Result {
  readonly newItems: RunItem[];
  readonly interruptions: RunToolApprovalItem[];
}

function outputs({ newItems }: Result): Json {
  return newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [String(item.output)] : []));
}

function asked({ interruptions }: Result): Json {
  return interruptions.map(({ name, toolName }) => [name ?? null, toolName ?? null]);
}

/** Decisions that hold for more than one call, and about tools in namespaces. */
export const decisionPrograms: Record<string, Program> = {
  ...bothWays('approved for always, in one namespace of two', async (sdk, testing, stream) => {
    const steps = [[look(testing, 'crm', 'c1')], [look(testing, 'crm', 'c2')], [look(testing, 'erp', 'c3')]];
    const { agent, ran } = looking(sdk, steps)(testing);
    const first = await sdk.run(agent, 'Look.');
    const before = asked(first);
    const [item] = first.interruptions;
    if (item) first.state.approve(item, { alwaysApprove: true });
    const second = stream ? await sdk.run(agent, first.state, { stream }) : await sdk.run(agent, first.state);
    if ('completed' in second) await second.completed;
    return { before, after: asked(second), ran };
  }),

  'rejected, in a namespace': async (sdk, testing) => {
    const { agent, ran } = looking(sdk, [[look(testing, 'crm', 'c1')], [testing.assistantMessage('Done.')]])(testing);
    const first = await sdk.run(agent, 'Look.');
    for (const item of first.interruptions) first.state.reject(item);
    const told: string[] = [];
    const runner = new sdk.Runner({
      toolErrorFormatter: ({ toolName }) => {
        told.push(toolName);
        return 'No.';
      },
    });
    return { outputs: outputs(await runner.run(agent, first.state)), told, ran };
  },

  ...Object.fromEntries(
    ['look', 'crm.look', 'erp.look'].map((name): [string, Program] => [
      `stopping at ${name}, in a namespace`,
      async (sdk, testing) => {
        const steps = [[look(testing, 'crm', 'c1')], [testing.assistantMessage('Done.')]];
        const { agent } = looking(sdk, steps, { stopAtToolNames: [name] }, false)(testing);
        return { output: String((await sdk.run(agent, 'Look.')).finalOutput) };
      },
    ]),
  ),

  ...Object.fromEntries(
    [true, false].map((approved): [string, Program] => [
      `${approved ? 'approved' : 'rejected'} for always, and a rule that asks about less`,
      async (sdk, testing) => {
        const { agent, ran } = paying(sdk, testing, [[11], [1], [20]], 10);
        const first = await sdk.run(agent, 'Pay.');
        const [item] = first.interruptions;
        if (item && approved) first.state.approve(item, { alwaysApprove: true });
        else if (item) first.state.reject(item, { alwaysReject: true, message: 'Never.' });
        const last = await sdk.run(agent, first.state);
        return { outputs: outputs(last), asked: asked(last), ran };
      },
    ]),
  ),

  'approved for always, beside another call that waits': async (sdk, testing) => {
    const { agent, ran } = paying(sdk, testing, [[1, 2]]);
    const first = await sdk.run(agent, 'Pay.');
    const [item] = first.interruptions;
    if (item) first.state.approve(item, { alwaysApprove: true });
    const last = await sdk.run(agent, first.state);
    return { ran, asked: asked(last) };
  },

  ...Object.fromEntries(
    [true, false].map((approved): [string, Program] => [
      approved ? 'approved, and then rejected' : 'rejected, and then approved',
      async (sdk, testing) => {
        const { agent, ran } = paying(sdk, testing, [[1]]);
        const first = await sdk.run(agent, 'Pay.');
        let refused = false;
        for (const item of first.interruptions) {
          const decide = (yes: boolean) => (yes ? first.state.approve(item) : first.state.reject(item));
          decide(approved);
          try {
            decide(!approved);
          } catch {
            refused = true;
          }
        }
        await sdk.run(agent, first.state);
        return { refused, ran };
      },
    ]),
  ),

  'approved twice': async (sdk, testing) => {
    const { agent, ran } = paying(sdk, testing, [[1]]);
    const first = await sdk.run(agent, 'Pay.');
    for (const item of [...first.interruptions, ...first.interruptions]) first.state.approve(item);
    await sdk.run(agent, first.state);
    return { ran };
  },

  'a tool whose function is a generator': async (sdk, testing) => {
    const made = sdk.tool({
      name: 'work',
      description: 'Works.',
      parameters: z.object({}),
      *execute() {
        yield 'begun';
        return 'done';
      },
    });
    const steps = [[testing.functionCall('work', {}, { callId: 'c1' })], [testing.assistantMessage('Done.')]];
    const model = new testing.ScriptedModel(steps);
    await sdk.run(new sdk.Agent({ name: 'Worker', model, tools: [made] }), 'Go.');
    const input = model.lastCall?.request.input ?? [];
    return { told: JSON.parse(JSON.stringify(input.slice(-1))) as Json };
  },
};
