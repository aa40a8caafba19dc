// An agent that asks other agents: as tools, beside each other, with arguments of their own, heard while they work.
import assert from 'node:assert/strict';
import { Agent, run } from 'tailrace';
import { assistantMessage, functionCall, ScriptedModel } from 'tailrace/testing';
import { z } from 'zod';

const translator = new Agent({
  name: 'Translator',
  instructions: 'Translate what you are given. Answer with the translation alone.',
  model: new ScriptedModel([[assistantMessage('Bonjour')]]),
});
const researcher = new Agent({
  name: 'Researcher',
  instructions: 'Say what is known about the subject, in one sentence.',
  outputType: z.object({ fact: z.string() }),
  model: new ScriptedModel([[assistantMessage('{"fact":"Mills leave through a tailrace."}')]]),
});

const heard: string[] = [];
const host = new Agent({
  name: 'Host',
  tools: [
    translator.asTool({
      toolName: 'translate',
      toolDescription: 'Translates a text.',
      // Without `parameters` the tool takes { input: string }.
      parameters: z.object({ text: z.string().describe('what to translate'), language: z.string() }),
      inputBuilder: ({ params }) => `Into ${params.language}: ${params.text}`,
    }),
    researcher.asTool({
      toolName: 'research',
      toolDescription: 'Looks something up.',
      runOptions: { maxTurns: 3 },
      // What the model is told. By default the nested agent's final output as text.
      customOutputExtractor: ({ finalOutput }) => finalOutput.fact,
      onStream: ({ event, agent }) => {
        if (event.type === 'run_item_stream_event') heard.push(`${agent.name}: ${event.name}`);
      },
    }),
  ],
  model: new ScriptedModel([
    [
      functionCall('translate', { text: 'Hello', language: 'French' }, { callId: 'call_1' }),
      functionCall('research', { input: 'tailraces' }, { callId: 'call_2' }),
    ],
    [assistantMessage('Done.')],
  ]),
});

const result = await run(host, 'Greet, and look it up.');
assert.equal(result.finalOutput, 'Done.');
// The conversation is the host's: of the agents that it asked it has the answers.
const outputs = result.newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : []));
assert.deepEqual(outputs, ['Bonjour', 'Mills leave through a tailrace.']);
assert.deepEqual(heard, ['Researcher: message_output_created']);
// What they used counts for the run, and what they did is in its log.
assert.equal(result.state.usage.requests, 4);
for await (const event of result.events()) {
  if (event.type === 'agent.ended') console.log(event.scope, event.agent, event.output);
}
