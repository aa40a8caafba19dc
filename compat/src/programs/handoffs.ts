import { z } from 'zod';
import { observe } from '../observe.ts';
import { bothWays, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';
import { noParameters } from '../fixtures.ts';

function billingPair(
  testing: TestingNamespace,
  first = testing.functionCall('transfer_to_Billing', {}, { callId: 'call_1' }),
) {
  const triageModel = new testing.ScriptedModel([[first]]);
  const billingModel = new testing.ScriptedModel([[testing.assistantMessage('Refunded.')]]);
  return { triageModel, billingModel };
}

function noteTool(sdk: SdkNamespace, notes: string[]) {
  return sdk.tool({
    name: 'note',
    description: 'Notes.',
    parameters: noParameters,
    execute: async () => {
      notes.push('noted');
      return 'noted';
    },
  });
}

/** Runs that move from one agent to another. */
export const handoffPrograms: Record<string, Program> = {
  ...bothWays('handoff', (sdk, testing, stream) => {
    const { triageModel, billingModel } = billingPair(testing);
    const billing = new sdk.Agent({
      name: 'Billing',
      instructions: 'Bill.',
      handoffDescription: 'Money.',
      model: billingModel,
    });
    const agent = sdk.Agent.create({ name: 'Triage', instructions: 'Route.', model: triageModel, handoffs: [billing] });
    return observe(sdk, { agent, input: 'Refund me', stream, models: [triageModel, billingModel] });
  }),

  ...bothWays('handoff with inputType and callback', (sdk, testing, stream) => {
    const call = testing.functionCall('escalate', { reason: 'late' }, { callId: 'call_1' });
    const { triageModel, billingModel } = billingPair(testing, call);
    const notes: Record<string, unknown> = {};
    const billing = new sdk.Agent({ name: 'Billing', model: billingModel });
    const escalate = sdk.handoff(billing, {
      toolNameOverride: 'escalate',
      toolDescriptionOverride: 'Escalates.',
      inputType: z.object({ reason: z.string() }),
      onHandoff: (_context, input) => {
        notes['input'] = input;
      },
    });
    const agent = new sdk.Agent({ name: 'Triage', model: triageModel, handoffs: [escalate] });
    return observe(sdk, { agent, input: 'Late!', stream, models: [triageModel, billingModel], notes });
  }),

  ...bothWays('handoff input that does not fit', (sdk, testing, stream) => {
    const call = testing.functionCall('transfer_to_Billing', { wrong: 1 }, { callId: 'call_1' });
    const { triageModel, billingModel } = billingPair(testing, call);
    const billing = new sdk.Agent({ name: 'Billing', model: billingModel });
    const strict = sdk.handoff(billing, { inputType: z.object({ reason: z.string() }), onHandoff: () => {} });
    const agent = new sdk.Agent({ name: 'Triage', model: triageModel, handoffs: [strict] });
    return observe(sdk, { agent, input: 'Late!', stream, models: [triageModel, billingModel] });
  }),

  ...bothWays('handoff with an input filter', (sdk, testing, stream) => {
    const notes: Record<string, unknown> = {};
    const triageModel = new testing.ScriptedModel([
      [testing.functionCall('note', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Moving you.'), testing.functionCall('transfer_to_Billing', {}, { callId: 'call_2' })],
    ]);
    const billingModel = new testing.ScriptedModel([[testing.assistantMessage('Refunded.')]]);
    const billing = new sdk.Agent({ name: 'Billing', model: billingModel });
    const filtered = sdk.handoff(billing, {
      inputFilter: (data) => {
        notes['inputHistory'] = data.inputHistory;
        notes['preHandoffItems'] = data.preHandoffItems.map((item) => item.type);
        notes['newItems'] = data.newItems.map((item) => item.type);
        return { ...data, inputHistory: 'Short history.', preHandoffItems: [] };
      },
    });
    const agent = new sdk.Agent({
      name: 'Triage',
      model: triageModel,
      tools: [noteTool(sdk, [])],
      handoffs: [filtered],
    });
    return observe(sdk, { agent, input: 'Refund me', stream, models: [triageModel, billingModel], notes });
  }),

  ...bothWays('handoff beside a tool call', (sdk, testing, stream) => {
    const order: string[] = [];
    const triageModel = new testing.ScriptedModel([
      [
        testing.functionCall('transfer_to_Billing', {}, { callId: 'call_1' }),
        testing.functionCall('note', {}, { callId: 'call_2' }),
      ],
    ]);
    const billingModel = new testing.ScriptedModel([[testing.assistantMessage('Refunded.')]]);
    const billing = new sdk.Agent({ name: 'Billing', model: billingModel });
    const agent = new sdk.Agent({
      name: 'Triage',
      model: triageModel,
      tools: [noteTool(sdk, order)],
      handoffs: [billing],
    });
    return observe(sdk, { agent, input: 'Go', stream, models: [triageModel, billingModel], notes: { order } });
  }),

  ...bothWays('two handoffs at once', (sdk, testing, stream) => {
    const triageModel = new testing.ScriptedModel([
      [
        testing.functionCall('transfer_to_Billing', {}, { callId: 'call_1' }),
        testing.functionCall('transfer_to_Legal', {}, { callId: 'call_2' }),
      ],
    ]);
    const billingModel = new testing.ScriptedModel([[testing.assistantMessage('Billing here.')]]);
    const legalModel = new testing.ScriptedModel([[testing.assistantMessage('Legal here.')]]);
    const billing = new sdk.Agent({ name: 'Billing', model: billingModel });
    const legal = new sdk.Agent({ name: 'Legal', model: legalModel });
    const agent = new sdk.Agent({ name: 'Triage', model: triageModel, handoffs: [billing, legal] });
    return observe(sdk, { agent, input: 'Go', stream, models: [triageModel, billingModel, legalModel] });
  }),

  ...bothWays('there and back again', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('transfer_to_Second_agent', {}, { callId: 'call_1' })],
      [testing.functionCall('transfer_to_First', {}, { callId: 'call_2' })],
      [testing.assistantMessage('Home.')],
    ]);
    const first = new sdk.Agent({ name: 'First', instructions: 'One.', model });
    const second = new sdk.Agent({ name: 'Second agent', instructions: 'Two.', model, handoffs: [first] });
    first.handoffs = [second];
    return observe(sdk, { agent: first, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('handoff that is not enabled', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Staying.')]]);
    const off = sdk.handoff(new sdk.Agent({ name: 'Off', model }), { isEnabled: false });
    const maybe = sdk.handoff(new sdk.Agent({ name: 'Maybe', model }), {
      isEnabled: ({ agent }) => agent.name === 'Gate',
    });
    const agent = new sdk.Agent({ name: 'Gate', model, handoffs: [off, maybe] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...bothWays('handoff filter of the runner that removes tools', (sdk, testing, stream) => {
    const triageModel = new testing.ScriptedModel([
      [testing.functionCall('note', {}, { callId: 'call_1' })],
      [testing.functionCall('transfer_to_Billing', {}, { callId: 'call_2' })],
    ]);
    const billingModel = new testing.ScriptedModel([[testing.assistantMessage('Clean.')]]);
    const billing = new sdk.Agent({ name: 'Billing', model: billingModel });
    const agent = new sdk.Agent({
      name: 'Triage',
      model: triageModel,
      tools: [noteTool(sdk, [])],
      handoffs: [billing],
    });
    const runner = new sdk.Runner({
      handoffInputFilter: (data) => ({
        ...data,
        preHandoffItems: data.preHandoffItems.filter((item) => !item.type.startsWith('tool_')),
        newItems: data.newItems.filter((item) => !item.type.startsWith('handoff_')),
      }),
    });
    const run = runner.run.bind(runner);
    return observe(sdk, { agent, input: 'Go', stream, run, models: [triageModel, billingModel] });
  }),

  ...bothWays('handoff with a session and a list as input', (sdk, testing, stream) => {
    const { triageModel, billingModel } = billingPair(testing);
    const billing = new sdk.Agent({ name: 'Billing', model: billingModel });
    const agent = new sdk.Agent({ name: 'Triage', model: triageModel, handoffs: [billing] });
    const session = new sdk.MemorySession({ initialItems: [sdk.user('Earlier')] });
    const input = [sdk.system('Be quick.'), sdk.user('Refund me')];
    return observe(sdk, { agent, input, stream, session, models: [triageModel, billingModel] });
  }),

  ...bothWays('output guardrails of the agent that ends the run', (sdk, testing, stream) => {
    const ran: string[] = [];
    const { triageModel, billingModel } = billingPair(testing);
    const guard = (name: string) => ({
      name,
      execute: async () => {
        ran.push(name);
        return { tripwireTriggered: false, outputInfo: null };
      },
    });
    const billing = new sdk.Agent({ name: 'Billing', model: billingModel, outputGuardrails: [guard('billing')] });
    const agent = new sdk.Agent({
      name: 'Triage',
      model: triageModel,
      handoffs: [billing],
      outputGuardrails: [guard('triage')],
    });
    const runner = new sdk.Runner({ outputGuardrails: [guard('runner')] });
    return observe(sdk, { agent, input: 'Go', stream, run: runner.run.bind(runner), notes: { ran } });
  }),

  'handoff messages and helpers': async (sdk) => {
    const agent = new sdk.Agent({ name: 'Night desk', handoffDescription: 'At night.' });
    const made = sdk.handoff(agent);
    return {
      transfer: sdk.getTransferMessage(agent),
      toolName: made.toolName,
      toolDescription: made.toolDescription,
      inputJsonSchema: JSON.stringify(made.inputJsonSchema),
      strict: made.strictJsonSchema,
      agentName: made.agentName,
      asTool: JSON.stringify(made.getHandoffAsFunctionTool()),
    };
  },
};
