// What the tests serve: an agent whose model is at MODEL_URL.
import { Agent, tool } from 'tailrace';
import { OpenAIResponsesModel } from 'tailrace/models';
import { z } from 'zod';

const client = { baseURL: process.env['MODEL_URL'] ?? '', apiKey: 'none' };
const look = tool({
  name: 'look',
  description: 'Looks.',
  parameters: z.object({}),
  effects: 'pure',
  execute: () => 'seen',
});
export const writer: Agent = new Agent({
  name: 'Writer',
  model: new OpenAIResponsesModel(client, 'scripted'),
  tools: [look],
});
