import { toJson } from '../json.ts';
import { observe } from '../observe.ts';
import { bothWays, type Json, type Program } from '../program.ts';

/** What agents, handoffs, guardrails and items are as values, and what of it a model is told. */
export const partPrograms: Record<string, Program> = {
  ...bothWays('prompt templates', async (sdk, testing, stream) => {
    const asked: Record<string, Json> = {};
    const prompts = {
      fixed: { prompt: { promptId: 'pmpt_1', version: '2', variables: { topic: 'tides' } } },
      made: { prompt: async (_context: unknown, agent: { name: string }) => ({ promptId: `pmpt_${agent.name}` }) },
      withInstructions: { prompt: { promptId: 'pmpt_1' }, instructions: 'Be brief.' },
      withModel: { prompt: { promptId: 'pmpt_1' }, model: 'named' },
      none: {},
    };
    for (const [name, options] of Object.entries(prompts)) {
      const model = new testing.ScriptedModel([testing.modelResponse([testing.assistantMessage('Hi')])]);
      const agent = new sdk.Agent({ name: 'Prompted', ...options });
      const runner = new sdk.Runner({ tracingDisabled: true, modelProvider: { getModel: () => model } });
      const result = stream ? await runner.run(agent, 'Hi', { stream }) : await runner.run(agent, 'Hi');
      if ('completed' in result) await result.completed;
      const { prompt, overridePromptModel, systemInstructions, toolsExplicitlyProvided } = model.calls[0]!.request;
      asked[name] = {
        ...{ prompt: toJson(prompt), overridePromptModel: toJson(overridePromptModel) },
        ...{ systemInstructions: toJson(systemInstructions), tools: toJson(toolsExplicitlyProvided) },
        given: toJson(await agent.getPrompt(new sdk.RunContext())),
        cloned: toJson(await agent.clone({ name: 'Other' }).getPrompt(new sdk.RunContext())),
      };
    }
    return { asked };
  }),

  'a prompt that cannot be made': async (sdk, testing) => {
    const model = new testing.ScriptedModel([testing.modelResponse([testing.assistantMessage('Hi')])]);
    const agent = new sdk.Agent({ name: 'P', model, prompt: () => Promise.reject(new RangeError('no prompt')) });
    const outcome = await new sdk.Runner({ tracingDisabled: true }).run(agent, 'Hi').then(
      () => 'resolved',
      (error: Error) => error.name,
    );
    return { outcome, left: model.remainingSteps };
  },

  'a clone of a handoff': async (sdk) => {
    const invoked: string[] = [];
    const [first, second] = [new sdk.Agent({ name: 'First' }), new sdk.Agent({ name: 'Second' })];
    const original = sdk.handoff(first, {
      toolNameOverride: 'go',
      isEnabled: false,
      onHandoff: () => void invoked.push('callback'),
    });
    const context = new sdk.RunContext();
    const facts = async (one: typeof original): Promise<Json> => ({
      ...{ agentName: one.agentName, toolName: one.toolName, toolDescription: one.toolDescription },
      ...{ agent: one.agent.name, strict: one.strictJsonSchema, tool: toJson(one.getHandoffAsFunctionTool()) },
      enabled: await one.isEnabled({ runContext: context, agent: first }),
      taken: (await one.onInvokeHandoff(context, '')).name,
      same: one instanceof sdk.Handoff,
    });
    const changed = original.clone({
      ...{
        agent: second,
        agentName: 'Renamed',
        toolName: 'leave',
        toolDescription: 'Leaves.',
        strictJsonSchema: false,
      },
      ...{ isEnabled: async () => true, onInvokeHandoff: () => second },
    });
    return {
      plain: await facts(original.clone()),
      other: await facts(original.clone({ agent: second })),
      changed: await facts(changed),
      invoked,
    };
  },

  'an output guardrail that is run by itself': async (sdk, testing) => {
    const guardrail = sdk.defineOutputGuardrail({
      name: 'tone',
      execute: async ({ agentOutput }) => ({ tripwireTriggered: agentOutput === 'bad', outputInfo: { agentOutput } }),
    });
    const agent = new sdk.Agent({ name: 'A' });
    const judge = async (agentOutput: string): Promise<Json> => {
      const result = await guardrail.run({ agent, agentOutput, context: new sdk.RunContext() });
      return { ...(toJson(result) as object), agent: result.agent.name };
    };
    const model = new testing.ScriptedModel([testing.modelResponse([testing.assistantMessage('bad')])]);
    const guarded = new sdk.Agent({
      name: 'Guarded',
      model,
      outputGuardrails: [{ name: guardrail.name, execute: guardrail.guardrailFunction }],
    });
    return {
      as: toJson(guardrail),
      good: await judge('good'),
      bad: await judge('bad'),
      run: await new sdk.Runner({ tracingDisabled: true }).run(guarded, 'Hi').then(
        () => 'resolved',
        (error: Error) => error.name,
      ),
    };
  },

  'names and ids of calls and of their outputs': async (sdk) => {
    const agent = new sdk.Agent({ name: 'A' });
    const status = 'completed';
    const calls = [
      { type: 'function_call', name: 'f', callId: 'call_1', arguments: '{}', status },
      { type: 'hosted_tool_call', id: 'ws_1', name: 'web_search_call', status },
      { type: 'hosted_tool_call', name: 'mcp_call', status },
      { type: 'computer_call', callId: 'call_2', status, action: { type: 'screenshot' } },
      { type: 'shell_call', callId: 'call_3', status, action: { commands: [] } },
      { type: 'apply_patch_call', callId: 'call_4', status, operation: { type: 'delete_file', path: 'x' } },
    ].map((rawItem) => new sdk.RunToolCallItem(rawItem as never, agent));
    const outputs = [
      { type: 'function_call_result', name: 'f', callId: 'call_1', status, output: 'x' },
      { type: 'shell_call_output', callId: 'call_3', output: [] },
    ].map((rawItem) => new sdk.RunToolCallOutputItem(rawItem as never, agent, 'x'));
    return {
      calls: calls.map(({ toolName, callId }) => toJson([toolName ?? null, callId ?? null])),
      outputs: outputs.map(({ callId }) => toJson(callId)),
    };
  },

  'usage in the words of the API': async (sdk) => ({
    request: toJson(
      new sdk.RequestUsage({ input_tokens: 3, output_tokens: 2, input_tokens_details: { cached_tokens: 1 } }),
    ),
    entries: toJson(new sdk.Usage({ request_usage_entries: [{ input_tokens: 1 }, { outputTokens: 4 }] })),
  }),

  ...bothWays('input that is staged in a state', async (sdk, testing, stream) => {
    const pay = sdk.tool({
      name: 'pay',
      description: 'Pays.',
      parameters: { type: 'object', properties: {}, required: [], additionalProperties: true },
      strict: false,
      needsApproval: true,
      execute: async () => 'paid',
    });
    const model = new testing.ScriptedModel([
      [testing.functionCall('pay', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Payer', tools: [pay], model });
    const { state, interruptions } = await sdk.run(agent, 'Pay.');
    state.addInput('never mind');
    state.clearPendingInput();
    state.addInput('And say hello.');
    const staged = toJson(state.pendingInput);
    const [first] = interruptions;
    if (first) state.approve(first);
    const copy = await sdk.RunState.fromString(agent, state.toString());
    const copied = toJson(copy.pendingInput);
    const seen = await observe(sdk, { agent, input: state, stream, models: [model] });
    const over = new sdk.Agent({ name: 'Over', model: new testing.ScriptedModel([[testing.assistantMessage('x')]]) });
    const ended = await sdk.run(over, 'Hi');
    let late = 'accepted';
    try {
      ended.state.addInput('late');
    } catch (error) {
      late = (error as Error).name;
    }
    return { ...seen, staged, copied, late };
  }),
};
