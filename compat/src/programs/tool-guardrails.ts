import { z } from 'zod';
import { toJson } from '../json.ts';
import { observe } from '../observe.ts';
import { bothWays, type Program, type SdkNamespace } from '../program.ts';

type Verdict = 'allow' | 'reject' | 'throw';

function verdictOf(sdk: SdkNamespace, what: Verdict) {
  const factory = sdk.ToolGuardrailFunctionOutputFactory;
  if (what === 'reject') return factory.rejectContent('Not that.', { why: 1 });
  return what === 'throw' ? factory.throwException({ why: 2 }) : factory.allow({ why: 0 });
}

/** A tool with two guardrails on each side, and all that happens around its call. */
function guardedTool(
  sdk: SdkNamespace,
  order: string[],
  verdicts: { in?: Verdict; out?: Verdict },
  options: object = {},
) {
  const input = (name: string, what: Verdict = 'allow') =>
    sdk.defineToolInputGuardrail({
      name,
      run: async ({ toolCall, agent }) => {
        order.push(`${name} ${agent.name} ${toolCall.callId}`);
        return verdictOf(sdk, what);
      },
    });
  const output = (name: string, what: Verdict = 'allow') =>
    sdk.defineToolOutputGuardrail({
      name,
      run: async (data) => {
        order.push(`${name} ${JSON.stringify(data.output)}`);
        return verdictOf(sdk, what);
      },
    });
  return sdk.tool({
    name: 'guarded',
    description: 'Guarded.',
    parameters: z.object({}),
    inputGuardrails: [input('in-1', verdicts.in), input('in-2')],
    outputGuardrails: [output('out-1', verdicts.out), output('out-2')],
    execute: async () => {
      order.push('called');
      return { secret: 1 };
    },
    ...options,
  });
}

const verdicts: Record<string, { in?: Verdict; out?: Verdict }> = {
  'allow everything': {},
  'reject the input': { in: 'reject' },
  'fail the run on the input': { in: 'throw' },
  'reject the output': { out: 'reject' },
  'fail the run on the output': { out: 'throw' },
};

/** Guardrails of single tools. */
export const toolGuardrailPrograms: Record<string, Program> = {
  ...bothWays('tool guardrails that allow and reject', (sdk, testing, stream) => {
    const order: string[] = [];
    const factory = sdk.ToolGuardrailFunctionOutputFactory;
    const guarded = sdk.tool({
      name: 'guarded',
      description: 'Guarded.',
      parameters: z.object({ word: z.string() }),
      inputGuardrails: [
        sdk.defineToolInputGuardrail({
          name: 'in',
          run: async ({ toolCall }) =>
            toolCall.arguments.includes('bad') ? factory.rejectContent('Not that word.') : factory.allow('fine'),
        }),
      ],
      outputGuardrails: [
        sdk.defineToolOutputGuardrail({
          name: 'out',
          run: async ({ output }) =>
            String(output).includes('secret') ? factory.rejectContent('Withheld.') : factory.allow(),
        }),
      ],
      execute: async ({ word }) => {
        order.push(word);
        return `said ${word}`;
      },
    });
    const model = new testing.ScriptedModel([
      [
        testing.functionCall('guarded', { word: 'good' }, { callId: 'call_1' }),
        testing.functionCall('guarded', { word: 'bad' }, { callId: 'call_2' }),
        testing.functionCall('guarded', { word: 'secret' }, { callId: 'call_3' }),
      ],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Guarded', model, tools: [guarded] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model], notes: { order } });
  }),

  ...bothWays('tool input guardrail that raises', (sdk, testing, stream) => {
    const guarded = sdk.tool({
      name: 'guarded',
      description: 'Guarded.',
      parameters: z.object({}),
      inputGuardrails: [
        sdk.defineToolInputGuardrail({
          name: 'in',
          run: async () => sdk.ToolGuardrailFunctionOutputFactory.throwException('stop'),
        }),
      ],
      execute: async () => 'never',
    });
    const model = new testing.ScriptedModel([[testing.functionCall('guarded', {}, { callId: 'call_1' })]]);
    const agent = new sdk.Agent({ name: 'Guarded', model, tools: [guarded] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model] });
  }),

  ...Object.assign(
    {},
    ...Object.entries(verdicts).map(([name, given]) =>
      bothWays(`tool guardrails: ${name}`, (sdk, testing, stream) => {
        const order: string[] = [];
        const model = new testing.ScriptedModel([
          [testing.functionCall('guarded', {}, { callId: 'call_1' })],
          [testing.assistantMessage('Done.')],
        ]);
        const agent = new sdk.Agent({ name: 'Guarded', model, tools: [guardedTool(sdk, order, given)] });
        agent.on('agent_tool_start', () => void order.push('starts'));
        agent.on('agent_tool_end', (_context, _tool, result) => void order.push(`ends ${result}`));
        return observe(sdk, { agent, input: 'Go', stream, models: [model], notes: { order } });
      }),
    ),
  ),

  ...bothWays('tool guardrails: a tool that throws', (sdk, testing, stream) => {
    const order: string[] = [];
    const execute = async () => {
      throw new Error('no');
    };
    const model = new testing.ScriptedModel([
      [testing.functionCall('guarded', {}, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const agent = new sdk.Agent({ name: 'Guarded', model, tools: [guardedTool(sdk, order, {}, { execute })] });
    return observe(sdk, { agent, input: 'Go', stream, models: [model], notes: { order } });
  }),

  ...Object.assign(
    {},
    ...(['allow', 'reject', 'throw'] as const).flatMap((what) =>
      [true, false].map((preApprovalInputGuardrails) =>
        bothWays(
          `tool guardrails and approval: ${what}, before it ${preApprovalInputGuardrails}`,
          async (sdk, testing, stream) => {
            const order: string[] = [];
            const model = new testing.ScriptedModel([
              [testing.functionCall('guarded', {}, { callId: 'call_1' })],
              [testing.assistantMessage('Done.')],
            ]);
            const tools = [guardedTool(sdk, order, { in: what }, { needsApproval: true })];
            const agent = new sdk.Agent({ name: 'Guarded', model, tools });
            const options = { toolExecution: { preApprovalInputGuardrails } };
            if (what !== 'allow')
              return observe(sdk, { agent, input: 'Go', stream, options, models: [model], notes: { order } });
            const first = await sdk.run(agent, 'Go', options);
            const before = toJson({ order: [...order], results: first.toolInputGuardrailResults });
            for (const item of first.interruptions) first.state.approve(item);
            const then = await observe(sdk, {
              agent,
              input: first.state,
              stream,
              options,
              models: [model],
              notes: { order },
            });
            return { ...then, before };
          },
        ),
      ),
    ),
  ),

  'tool guardrails by hand': async (sdk, testing) => {
    const seen: unknown[] = [];
    const onResult = (result: unknown) => void seen.push(result);
    const about = {
      context: new sdk.RunContext({}),
      agent: new sdk.Agent({ name: 'A' }),
      toolCall: testing.functionCall('guarded', {}, { callId: 'call_1' }) as never,
    };
    const run = async (what: Verdict) => verdictOf(sdk, what);
    const inputs = (what: Verdict) => sdk.resolveToolInputGuardrails([{ name: 'in', run: () => run(what) }]);
    const outputs = (what: Verdict) => sdk.resolveToolOutputGuardrails([{ name: 'out', run: () => run(what) }]);
    const failed = async (running: Promise<unknown>) =>
      running.then(
        (value) => ({ value }),
        (error: Error) => ({ error: error.constructor.name, result: (error as { result?: unknown }).result }),
      );
    const given: unknown[] = [];
    for (const what of ['allow', 'reject', 'throw'] as const) {
      given.push(await failed(sdk.runToolInputGuardrails({ guardrails: inputs(what), ...about, onResult })));
      given.push(
        await failed(sdk.runToolOutputGuardrails({ guardrails: outputs(what), ...about, toolOutput: 5, onResult })),
      );
    }
    const [input] = inputs('allow');
    return {
      given: toJson(given),
      seen: toJson(seen),
      defined: toJson({ type: input?.type, name: input?.name, none: sdk.resolveToolOutputGuardrails().length }),
      verdicts: toJson((['allow', 'reject', 'throw'] as const).map((what) => verdictOf(sdk, what))),
      classes: [
        new sdk.ToolInputGuardrailTripwireTriggered('m', {} as never) instanceof sdk.AgentsError,
        new sdk.ToolOutputGuardrailTripwireTriggered('m', {} as never) instanceof Error,
      ],
    };
  },
};
