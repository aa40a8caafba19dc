// An agent with one tool, its answer streamed. `offlineModel()` is a stand-in that needs no key: leave the line out to use OpenAI.
import { Agent, run, tool } from 'tailrace';
import { offlineModel } from 'tailrace/offline';
import { z } from 'zod';

const weather = tool({
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `Sunny in ${city}, 21 °C.`,
});
const agent = new Agent({ name: 'Assistant', instructions: 'Be brief.', tools: [weather], model: offlineModel() });

const result = await run(agent, 'What is the weather in Oslo?', { stream: true });
for await (const text of result.toTextStream()) process.stdout.write(text);
console.log(`\n${result.runId} ${result.status}`);
