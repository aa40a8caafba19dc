import { z } from 'zod';
import { observe } from '../observe.ts';
import { bothWays, type Program } from '../program.ts';

const city = z.object({ name: z.string(), people: z.number() });

/** Structured output and the limits on a run. */
export const outputPrograms: Record<string, Program> = {
  ...bothWays('structured output', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('{"name":"Oslo","people":700000}')]]);
    const agent = new sdk.Agent({ name: 'Atlas', model, outputType: city });
    return observe(sdk, { agent, input: 'Oslo?', stream, models: [model] });
  }),

  ...bothWays('structured output that does not fit', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('{"name":"Oslo"}')]]);
    const agent = new sdk.Agent({ name: 'Atlas', model, outputType: city });
    return observe(sdk, { agent, input: 'Oslo?', stream, models: [model] });
  }),

  ...bothWays('structured output that is not JSON', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('Oslo it is')]]);
    const agent = new sdk.Agent({ name: 'Atlas', model, outputType: city });
    return observe(sdk, { agent, input: 'Oslo?', stream, models: [model] });
  }),

  ...bothWays('JSON schema output', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[testing.assistantMessage('{"ok":true}')]]);
    const agent = new sdk.Agent({
      name: 'Schema',
      model,
      outputType: {
        type: 'json_schema',
        name: 'verdict',
        strict: true,
        schema: {
          type: 'object',
          properties: { ok: { type: 'boolean' } },
          required: ['ok'],
          additionalProperties: false,
        },
      },
    });
    return observe(sdk, { agent, input: 'Ok?', stream, models: [model] });
  }),

  ...bothWays('refusal', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [
        {
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'refusal', refusal: 'I will not.' }],
        },
      ],
    ]);
    const agent = new sdk.Agent({ name: 'Refuser', model });
    return observe(sdk, { agent, input: 'Do it', stream, models: [model] });
  }),

  ...bothWays('max turns', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('again', {}, { callId: 'call_1' })],
      [testing.functionCall('again', {}, { callId: 'call_2' })],
      [testing.functionCall('again', {}, { callId: 'call_3' })],
    ]);
    const again = sdk.tool({
      name: 'again',
      description: 'Again.',
      parameters: z.object({}),
      execute: async () => 'again',
    });
    const agent = new sdk.Agent({ name: 'Looper', model, tools: [again] });
    const session = new sdk.MemorySession();
    return observe(sdk, { agent, input: 'Loop', stream, options: { maxTurns: 2 }, models: [model], session });
  }),

  ...bothWays('an option of a union with a part left out', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.functionCall('look', { what: { kind: 'city', limit: null } }, { callId: 'call_1' })],
      [testing.assistantMessage('Done.')],
    ]);
    const what = z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('city'), limit: z.number().optional() }),
      z.object({ kind: z.literal('land') }),
    ]);
    const look = sdk.tool({
      name: 'look',
      description: 'Looks.',
      parameters: z.object({ what }),
      execute: async (input: unknown) => JSON.stringify(input),
    });
    const agent = new sdk.Agent({ name: 'Looker', model, tools: [look] });
    return observe(sdk, { agent, input: 'Look', stream, models: [model] });
  }),

  ...bothWays('default max turns', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel(
      Array.from({ length: 12 }, (_, turn) => [testing.functionCall('again', {}, { callId: `call_${turn}` })]),
    );
    const again = sdk.tool({
      name: 'again',
      description: 'Again.',
      parameters: z.object({}),
      execute: async () => 'again',
    });
    const agent = new sdk.Agent({ name: 'Looper', model, tools: [again] });
    return observe(sdk, { agent, input: 'Loop', stream });
  }),

  ...bothWays('an empty response', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([[], [testing.assistantMessage('At last.')]]);
    const agent = new sdk.Agent({ name: 'Quiet', model });
    return observe(sdk, { agent, input: 'Say', stream, options: { maxTurns: 3 }, models: [model] });
  }),

  ...bothWays('several messages in one response', (sdk, testing, stream) => {
    const model = new testing.ScriptedModel([
      [testing.assistantMessage('First.', { id: 'msg_1' }), testing.assistantMessage('Second.', { id: 'msg_2' })],
    ]);
    const agent = new sdk.Agent({ name: 'Talker', model });
    return observe(sdk, { agent, input: 'Say', stream, models: [model] });
  }),
};
