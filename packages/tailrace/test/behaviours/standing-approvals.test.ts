import { describe, expect } from 'vitest';
import { z } from 'zod';
import {
  type Agent,
  MemoryLogStore,
  Runner,
  RunState,
  run,
  type RunEvent,
  shellTool,
  tool,
  toolNamespace,
  type ToolOptions,
} from '../../src/index.ts';
import { foldRun } from '../../src/event/fold.ts';
import { decide } from '../../src/run/decide.ts';
import { assistantMessage, functionCall, ScriptedModel, type ScriptedModelInput } from '../../src/testing/index.ts';
import { scripted } from './cast.ts';
import { on } from './stage.ts';

const done: ScriptedModelInput = [assistantMessage('Done.')];
const look = (callId: string, namespace?: string, name = 'look') =>
  functionCall(name, {}, { callId, ...(namespace !== undefined && { namespace }) });

interface Looking {
  agent: Agent;
  ran: string[];
}

/** `look`, `crm.look` and `erp.look`, which somebody has to approve. */
function looking(script: readonly ScriptedModelInput[]): Looking {
  const ran: string[] = [];
  const made = (where: string) =>
    tool({
      name: 'look',
      description: 'Looks.',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => {
        ran.push(where);
        return where;
      },
    });
  const named = (name: string) => toolNamespace({ name, description: 'Things.', tools: [made(name)] as const });
  return { ran, agent: scripted(script, { tools: [made('none'), ...named('crm'), ...named('erp')] }) };
}

/** As earlier versions wrote it: without the namespace of what is asked about. */
function asBefore(event: RunEvent): RunEvent {
  if (event.type !== 'approval.requested') return event;
  const { namespace: _, ...asked } = event;
  return { ...asked, tool: event.tool.slice(event.tool.indexOf('.') + 1) };
}

describe('a decision for all calls of a tool', () => {
  for (const approved of [true, false])
    on(`holds for its namespace, and for no other (approved: ${approved})`, async ({ stage }) => {
      const script = [[look('c1', 'crm')], [look('c2', 'erp'), look('c3', 'crm'), look('c4')], done];
      const { agent, ran } = looking(script);
      const { result: first } = await stage.whole(agent, 'Go');
      const [item] = first!.interruptions;
      expect([item?.name, item?.toolName, item?.rawItem]).toEqual([
        'crm.look',
        'crm.look',
        expect.objectContaining({ name: 'look', namespace: 'crm' }),
      ]);
      if (approved) void first!.state.approve(item!, { alwaysApprove: true });
      else void first!.state.reject(item!, { alwaysReject: true });
      const second = await run(agent, first!.state);
      expect(second.interruptions.map(({ name, callId }) => [name, callId])).toEqual([
        ['erp.look', 'c2'],
        ['look', 'c4'],
      ]);
      expect(ran).toEqual(approved ? ['crm', 'crm'] : []);
      const asked = stage.log().flatMap((event) => (event.type === 'approval.requested' ? [event] : []));
      expect(asked.map(({ tool: name, namespace }) => [name, namespace])).toEqual([
        ['crm.look', 'crm'],
        ['erp.look', 'erp'],
        ['look', undefined],
      ]);
    });

  on('in a state that was a text holds for its namespace, and for no other', async ({ stage }) => {
    const { agent } = looking([[look('c1', 'crm')]]);
    const { result: first } = await stage.whole(agent, 'Go');
    void first!.state.approve(first!.interruptions[0]!, { alwaysApprove: true });
    const { agent: later, ran } = looking([[look('c2', 'crm'), look('c3', 'erp')], done]);
    const state = await RunState.fromString(later, first!.state.toString());
    const second = await run(later, state);
    expect([ran, second.interruptions.map(({ name }) => name)]).toEqual([['crm', 'crm'], ['erp.look']]);
  });

  for (const decidedBefore of [true, false])
    on(`in a log of an earlier version: ${decidedBefore ? 'made' : 'asked for'} there`, async ({ stage }) => {
      const { agent } = looking([[look('c1', 'crm')], done]);
      await stage.whole(agent, 'Go');
      if (decidedBefore) {
        await decide(stage.store, 'run_1', { callId: 'c1', approved: true, always: true });
        const model = new ScriptedModel([[look('c2', 'erp')]]);
        await new Runner({ store: stage.store }).resume(agent.clone({ model }), 'run_1');
      }
      const old = stage.log().map(asBefore);
      expect(old.flatMap((event) => (event.type === 'approval.requested' ? [event.tool] : []))).toEqual(
        decidedBefore ? ['look', 'look'] : ['look'],
      );
      const store = new MemoryLogStore();
      store.restore('run_1', old, foldRun(old)!.mail);
      if (decidedBefore) await decide(store, 'run_1', { callId: 'c2', approved: false });
      else await decide(store, 'run_1', { callId: 'c1', approved: true, always: true });

      const later = looking([[look('c3'), look('c4', 'erp'), look('c5', 'crm')], done]);
      const result = await new Runner({ store }).resume(later.agent, 'run_1');
      expect(later.ran).toEqual(decidedBefore ? ['crm'] : ['crm', 'crm']);
      expect(result.interruptions.map(({ name, callId }) => [name, callId])).toEqual([
        ['look', 'c3'],
        ['erp.look', 'c4'],
      ]);
    });

  on(
    'in a log of an earlier version stands for the bare name only where the call is that of one',
    async ({ stage }) => {
      const { agent } = looking([[look('c1')], done]);
      await stage.whole(agent, 'Go');
      const store = new MemoryLogStore();
      const old = stage.log().map(asBefore);
      store.restore('run_1', old, 0);
      await decide(store, 'run_1', { callId: 'c1', approved: true, always: true });
      const later = looking([[look('c2'), look('c3', 'crm')], done]);
      const result = await new Runner({ store }).resume(later.agent, 'run_1');
      expect([later.ran, result.interruptions.map(({ name }) => name)]).toEqual([['none', 'none'], ['crm.look']]);
    },
  );

  on('in a log of an earlier version is about the tool that an agent tool called', async ({ stage }) => {
    const inner = looking([[look('n1', 'crm')]]).agent;
    const outer = scripted([[functionCall('ask', { input: 'Look.' }, { callId: 'c1' })]], {
      name: 'Outer',
      tools: [inner.asTool({ toolName: 'ask', toolDescription: 'Asks.' })],
    });
    await stage.whole(outer, 'Go');
    const asked = [...foldRun(stage.log().map(asBefore))!.approvals.values()].map(({ requested }) => requested);
    expect(asked).toMatchObject([{ callId: 'n1', tool: 'crm.look', namespace: 'crm' }]);
  });

  type Needs = NonNullable<ToolOptions<z.ZodObject<{ n: z.ZodNumber }>>['needsApproval']>;
  const paying = (needsApproval: Needs, script: readonly ScriptedModelInput[]) => {
    const ran: number[] = [];
    const made = tool({
      name: 'pay',
      description: 'Pays.',
      parameters: z.object({ n: z.number() }),
      needsApproval,
      execute: ({ n }) => {
        ran.push(n);
        return `paid ${n}`;
      },
    });
    return { ran, agent: scripted(script, { tools: [made] }) };
  };
  const pay = (n: number) => functionCall('pay', { n }, { callId: `c${n}` });

  for (const stream of [false, true])
    on(
      `holds whatever the tool's rule says of a call, and the rule is not asked (streamed: ${stream})`,
      async ({ stage }) => {
        const asked: number[] = [];
        const rule: Needs = (_context, { n }) => asked.push(n) > 0 && n > 10;
        const { ran, agent } = paying(rule, [[pay(11)], [pay(1)], [pay(20)], done]);
        const { result: first } = await stage.whole(agent, 'Go');
        void first!.state.reject(first!.interruptions[0]!, { alwaysReject: true, message: 'Never.' });
        const last = stream ? await run(agent, first!.state, { stream }) : await run(agent, first!.state);
        if ('completed' in last) await last.completed;
        const outputs = last.newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : []));
        expect([ran, asked, outputs, last.finalOutput]).toEqual([[], [11], ['Never.', 'Never.', 'Never.'], 'Done.']);
      },
    );

  on('to reject holds for a tool that has no rule any more', async ({ stage }) => {
    const { agent } = paying(true, [[pay(1)]]);
    const { result: first } = await stage.whole(agent, 'Go');
    void first!.state.reject(first!.interruptions[0]!, { alwaysReject: true });
    const later = paying(false, [[pay(2)], done]);
    const last = await run(later.agent, await RunState.fromString(later.agent, first!.state.toString()));
    expect([later.ran, last.finalOutput]).toEqual([[], 'Done.']);
  });

  on('of the shell holds whatever its rule says', async ({ stage }) => {
    const ran: string[][] = [];
    const shell = shellTool({
      shell: {
        run: async ({ commands }) => {
          ran.push(commands);
          return { output: [] };
        },
      },
      needsApproval: async (_context, { commands }) => commands[0] !== 'ls',
    });
    const call = (callId: string, command: string) => ({
      type: 'shell_call' as const,
      callId,
      status: 'completed' as const,
      action: { commands: [command] },
    });
    const agent = scripted([[call('s1', 'rm')], [call('s2', 'ls')], done], { tools: [shell] });
    const { result: first } = await stage.whole(agent, 'Go');
    void first!.state.reject(first!.interruptions[0]!, { alwaysReject: true });
    const last = await run(agent, first!.state);
    expect([ran, last.finalOutput]).toEqual([[], 'Done.']);
  });
});

describe('the name of a tool in a namespace', () => {
  on('is told to the error formatter, and is that of the span of a rejected call', async ({ stage }) => {
    const { agent } = looking([[look('c1', 'crm'), look('c2', 'crm', 'gone')], done]);
    const told: string[] = [];
    const options = {
      toolNotFoundBehavior: 'return_error_to_model' as const,
      toolErrorFormatter: ({ toolName, defaultMessage }: { toolName: string; defaultMessage: string }) => {
        told.push(toolName);
        return defaultMessage;
      },
    };
    const { result: first } = await stage.whole(agent, 'Go', {}, options);
    void first!.state.reject(first!.interruptions[0]!);
    const last = await new Runner(options).run(agent, first!.state);
    expect([...new Set(told)].toSorted()).toEqual(['crm.gone', 'crm.look']);
    expect(JSON.stringify(last.history)).toContain("Tool 'crm.gone' not found.");
    const spans = stage
      .log()
      .flatMap((event) => (event.type === 'span.started' && event.data.type === 'function' ? [event.data.name] : []));
    expect(spans).toEqual(['crm.look']);
  });

  for (const [names, output] of [
    [['look'], 'crm'],
    [['crm.look'], 'crm'],
    [['erp.look'], 'Done.'],
  ] as const)
    on(`${names[0]} in stopAtToolNames gives ${output}`, async ({ stage }) => {
      const made = tool({ name: 'look', description: 'Looks.', parameters: z.object({}), execute: () => 'crm' });
      const tools = toolNamespace({ name: 'crm', description: 'Things.', tools: [made] });
      const agent = scripted([[look('c1', 'crm')], done], {
        tools,
        toolUseBehavior: { stopAtToolNames: [...names] },
      });
      expect((await stage.whole(agent, 'Go')).result?.finalOutput).toBe(output);
    });
});
