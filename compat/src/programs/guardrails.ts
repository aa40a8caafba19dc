import type { GuardrailFunctionOutput, HandoffInputData } from '@openai/agents';
import { z } from 'zod';
import { observe, pause } from '../observe.ts';
import { bothWays, type Program, type SdkNamespace } from '../program.ts';

function answer(tripwireTriggered: boolean, outputInfo: unknown): GuardrailFunctionOutput {
  return { tripwireTriggered, outputInfo };
}

function guard(name: string, trips: boolean, runInParallel: boolean, order: string[], delayMs = 0) {
  return {
    name,
    runInParallel,
    execute: async () => {
      order.push(`${name} starts`);
      if (delayMs > 0) await pause(delayMs);
      order.push(`${name} ends`);
      return answer(trips, { name });
    },
  };
}

function tickTool(sdk: SdkNamespace, order: string[]) {
  return sdk.tool({
    name: 'tick',
    description: 'Ticks.',
    parameters: z.object({}),
    execute: async () => {
      order.push('tool');
      return 'tock';
    },
  });
}

/** Input, output and tool guardrails: passing, tripping, throwing. */
export const guardrailPrograms: Record<string, Program> = {
  ...bothWays('input guardrails that pass', (sdk, testing, stream) => {
    const order: string[] = [];
    const model = new testing.ScriptedModel([
      testing.modelResponder(() => {
        order.push('model');
        return [testing.assistantMessage('Fine.')];
      }),
    ]);
    const agent = new sdk.Agent({
      name: 'Guarded',
      model,
      inputGuardrails: [guard('blocking', false, false, order, 5), guard('parallel', false, true, order)],
    });
    return observe(sdk, { agent, input: 'Hi', stream, models: [model], notes: { order } });
  }),

  ...bothWays('blocking input guardrail that trips', (sdk, testing, stream) => {
    const order: string[] = [];
    const model = new testing.ScriptedModel([[testing.assistantMessage('Never.')]]);
    const agent = new sdk.Agent({
      name: 'Guarded',
      model,
      inputGuardrails: [guard('stop', true, false, order)],
    });
    const session = new sdk.MemorySession();
    return observe(sdk, { agent, input: 'Bad', stream, models: [model], session, notes: { order } });
  }),

  ...bothWays('parallel input guardrail that trips while the model speaks', (sdk, testing, stream) => {
    const order: string[] = [];
    const model = new testing.ScriptedModel([
      testing.modelResponder(async () => {
        // Long beside the guardrail's 5 ms, on a busy machine too.
        await pause(400);
        return [testing.functionCall('tick', {}, { callId: 'call_1' })];
      }),
    ]);
    const agent = new sdk.Agent({
      name: 'Guarded',
      model,
      tools: [tickTool(sdk, order)],
      inputGuardrails: [guard('stop', true, true, order, 5)],
    });
    return observe(sdk, { agent, input: 'Bad', stream, notes: { order } });
  }),

  ...bothWays('input guardrail that throws', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Never.')]]);
    const agent = new sdk.Agent({
      name: 'Guarded',
      model,
      inputGuardrails: [
        {
          name: 'crash',
          runInParallel: false,
          execute: async () => {
            throw new Error('guard down');
          },
        },
      ],
    });
    return observe(sdk, { agent, input: 'Hi', stream, models: [model] });
  }),

  ...bothWays('input guardrails of the runner and only of the first agent', (sdk, testing, stream) => {
    const order: string[] = [];
    const model = new testing.ScriptedModel([
      [testing.functionCall('transfer_to_Second', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const second = new sdk.Agent({
      name: 'Second',
      model,
      inputGuardrails: [guard('second', true, false, order)],
    });
    const agent = new sdk.Agent({
      name: 'First',
      model,
      handoffs: [second],
      inputGuardrails: [guard('first', false, false, order)],
    });
    const runner = new sdk.Runner({ inputGuardrails: [guard('runner', false, false, order)] });
    const run = runner.run.bind(runner);
    return observe(sdk, { agent, input: 'Go', stream, models: [model], run, notes: { order } });
  }),

  ...bothWays('what an input guardrail and a handoff filter see of a session', (sdk, testing, stream) => {
    const notes: Record<string, unknown> = {};
    const model = new testing.ScriptedModel([
      [testing.functionCall('transfer_to_Second', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const second = new sdk.Agent({ name: 'Second', model });
    const inputFilter = (data: HandoffInputData) => {
      notes['filter'] = data.inputHistory;
      return data;
    };
    const agent = new sdk.Agent({
      name: 'First',
      model,
      handoffs: [sdk.handoff(second, { inputFilter })],
      inputGuardrails: [
        {
          name: 'look',
          execute: async ({ input }) => {
            notes['guardrail'] = input;
            return answer(false, null);
          },
        },
      ],
    });
    const session = new sdk.MemorySession({ initialItems: [sdk.user('Earlier'), sdk.assistant('Yes')] });
    return observe(sdk, { agent, input: 'Now', stream, session, models: [model], notes });
  }),

  ...bothWays('output guardrail that passes', (sdk, testing, stream) => {
    const notes: Record<string, unknown> = {};
    const model = new testing.ScriptedModel([[testing.assistantMessage('Fine words.')]]);
    const agent = new sdk.Agent({
      name: 'Guarded',
      model,
      outputGuardrails: [
        {
          name: 'check',
          execute: async ({ agentOutput, agent: self, details }) => {
            notes['saw'] = { agentOutput, agent: self.name, output: details?.output };
            return answer(false, 'ok');
          },
        },
      ],
    });
    return observe(sdk, { agent, input: 'Hi', stream, models: [model], notes });
  }),

  ...bothWays('output guardrail that trips', (sdk, testing, stream) => {
    const order: string[] = [];
    const model = new testing.ScriptedModel([
      [testing.functionCall('tick', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Secret.')],
    ]);
    const agent = new sdk.Agent({
      name: 'Guarded',
      model,
      tools: [tickTool(sdk, order)],
      outputGuardrails: [{ name: 'leak', execute: async () => answer(true, { leak: 'Secret' }) }],
    });
    const session = new sdk.MemorySession();
    return observe(sdk, { agent, input: 'Hi', stream, models: [model], session, notes: { order } });
  }),

  ...bothWays('output guardrail that throws', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Words.')]]);
    const agent = new sdk.Agent({
      name: 'Guarded',
      model,
      outputGuardrails: [
        {
          name: 'crash',
          execute: async () => {
            throw new Error('guard down');
          },
        },
      ],
    });
    return observe(sdk, { agent, input: 'Hi', stream, models: [model] });
  }),
};
