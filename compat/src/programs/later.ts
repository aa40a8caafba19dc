import { z } from 'zod';
import { observe } from '../observe.ts';
import { bothWays, type Program } from '../program.ts';

/** Programs that need what Tailrace does not have yet: `notYet` has a row for each. */
export const laterPrograms: Record<string, Program> = {
  ...bothWays('agent as a tool', (sdk, testing, stream) => {
    const innerModel = new testing.ScriptedModel([[testing.assistantMessage('Bonjour.')]]);
    const outerModel = new testing.ScriptedModel([
      [testing.functionCall('translate', { input: 'Hello' }, { callId: 'call_1' })],
      [testing.assistantMessage('It is Bonjour.')],
    ]);
    const inner = new sdk.Agent({ name: 'Translator', instructions: 'Translate.', model: innerModel });
    const agent = new sdk.Agent({
      name: 'Host',
      model: outerModel,
      tools: [inner.asTool({ toolName: 'translate', toolDescription: 'Translates.' })],
    });
    return observe(sdk, { agent, input: 'Hello in French?', stream, models: [outerModel, innerModel] });
  }),

  ...bothWays('max turns handled', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.functionCall('again', {}, { callId: 'call_1' })]]);
    const again = sdk.tool({
      name: 'again',
      description: 'Again.',
      parameters: z.object({}),
      execute: async () => 'again',
    });
    const agent = new sdk.Agent({ name: 'Looper', model, tools: [again] });
    const options = { maxTurns: 1, errorHandlers: { maxTurns: () => ({ finalOutput: 'Enough.' }) } };
    return observe(sdk, { agent, input: 'Loop', stream, options, models: [model] });
  }),

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
};
