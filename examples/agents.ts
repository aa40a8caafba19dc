// What the servers of these examples serve; `npx tailrace serve examples/agents.ts` serves it, too. `offlineModel()` needs no key and is no language model.
import { Agent, tool } from 'tailrace';
import { offlineModel } from 'tailrace/offline';
import { z } from 'zod';

const weather = tool({
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  // Clients see what a tool was asked and said only if it allows that.
  exposeToClient: true,
  execute: ({ city }) => `Sunny in ${city}, 21 °C.`,
});

export const assistant: Agent = new Agent({
  name: 'Assistant',
  tools: [weather],
  model: offlineModel({ wordDelayMs: 20 }),
});
