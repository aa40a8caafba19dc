import type { AgentInputItem, CallModelInputFilter } from '@openai/agents';
import { z } from 'zod';
import { toJson } from '../json.ts';
import { observe } from '../observe.ts';
import { bothWays, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

const hi = (): AgentInputItem[] => [{ type: 'message', role: 'user', content: 'Hi' }];

/** Changes items in place. */
function spoil(items: readonly AgentInputItem[]): void {
  for (const item of items) {
    if ('role' in item && item.role === 'user') item.content = 'changed';
    if (item.type === 'function_call') item.arguments = '{"changed":true}';
    if (item.type === 'function_call_result') item.output = 'changed';
  }
}

function ticker(sdk: SdkNamespace, testing: TestingNamespace, tick: () => void = () => undefined) {
  const model = new testing.ScriptedModel([
    [testing.functionCall('tick', {}, { callId: 'call_1' })],
    [testing.assistantMessage('Done.')],
  ]);
  const tool = sdk.tool({
    name: 'tick',
    description: 'Ticks.',
    parameters: z.object({}),
    execute: () => {
      tick();
      return 'tock';
    },
  });
  return { agent: new sdk.Agent({ name: 'Ticker', model, tools: [tool] }), model };
}

/** What a run has of items that others change while it is under way. */
export const ownItemPrograms: Record<string, Program> = {
  ...bothWays('a tool that changes the input of its run', (sdk, testing, stream) => {
    const input = hi();
    const { agent, model } = ticker(sdk, testing, () => {
      spoil(input);
      input.push({ type: 'message', role: 'user', content: 'more' });
    });
    return observe(sdk, { agent, input, stream, models: [model] });
  }),

  ...bothWays('a filter that changes its items in place', (sdk, testing, stream) => {
    const input = hi();
    const { agent, model } = ticker(sdk, testing);
    const callModelInputFilter: CallModelInputFilter = ({ modelData }) => {
      spoil(modelData.input);
      return modelData;
    };
    return observe(sdk, {
      agent,
      input,
      stream,
      models: [model],
      options: { callModelInputFilter },
      notes: { input },
    });
  }),

  'a model that changes what it is asked': async (sdk, testing) => {
    const input = hi();
    const { agent, model } = ticker(sdk, testing);
    agent.model = {
      getResponse: async (request) => {
        if (typeof request.input !== 'string') spoil(request.input);
        return model.getResponse(request);
      },
      getStreamedResponse: (request) => model.getStreamedResponse(request),
    };
    const { history, finalOutput } = await sdk.run(agent, input);
    return { input: toJson(input), history: toJson(history), finalOutput: finalOutput ?? null };
  },

  'an input guardrail that changes its input': async (sdk, testing) => {
    const input = hi();
    const { agent, model } = ticker(sdk, testing);
    agent.inputGuardrails.push({
      name: 'changes',
      runInParallel: false,
      execute: async ({ input: seen }) => {
        if (typeof seen !== 'string') spoil(seen);
        return { tripwireTriggered: false, outputInfo: null };
      },
    });
    const { history } = await sdk.run(agent, input);
    const asked = model.calls.map(({ request }) => request.input);
    return { input: toJson(input), history: toJson(history), asked: toJson(asked) };
  },

  'a handoff filter that changes the history in place': async (sdk, testing) => {
    const input = hi();
    const { agent: next, model } = ticker(sdk, testing);
    const first = sdk.Agent.create({
      name: 'First',
      model: new testing.ScriptedModel([[testing.functionCall('transfer_to_Ticker', {}, { callId: 'call_0' })]]),
      handoffs: [
        sdk.handoff(next, {
          inputFilter: (data) => {
            if (typeof data.inputHistory !== 'string') spoil(data.inputHistory);
            return data;
          },
        }),
      ],
    });
    await sdk.run(first, input);
    return { input: toJson(input), asked: toJson(model.calls.map(({ request }) => request.input)) };
  },
};
