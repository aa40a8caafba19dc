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
};
