import { Agent, type Model, OpenAIResponsesModel, Runner, setTraceProcessors, tool } from '@openai/agents';
import { OpenAI } from 'openai';
import { checkSeen, measureDistance, QUESTION, type Seen, type Subject, type Task, TOOL } from '../task.ts';
import { modelEvents } from './in-process-model.ts';
import { SpanCounter } from './span-counter.ts';

const processor = new SpanCounter();
setTraceProcessors([processor]);

const traced = new Runner();
const untraced = new Runner({ tracingDisabled: true });
const agents = new Map<string, Agent>();

function agentOf({ model, url, toolMs }: Task): Agent {
  const key = `${model} ${toolMs} ${url}`;
  let agent = agents.get(key);
  if (!agent) {
    const measure = tool({ ...TOOL, strict: true, execute: () => measureDistance(toolMs) });
    const live = url === undefined ? inProcess(model) : overHttp(url, model);
    agent = new Agent({ name: 'Surveyor', instructions: 'Be brief.', model: live, tools: [measure] });
    agents.set(key, agent);
  }
  return agent;
}

function overHttp(url: string, model: string): Model {
  const client = new OpenAI({ baseURL: url, apiKey: 'sk-bench' });
  return new OpenAIResponsesModel(client, model);
}

function inProcess(model: string): Model {
  return {
    getResponse: () => Promise.reject(new Error('Streamed only')),
    getStreamedResponse: ({ input }) => modelEvents(model, input),
  } as Model;
}

export const subject: Subject = {
  async run(task) {
    const runner = task.tracing ? traced : untraced;
    const result = await runner.run(agentOf(task), QUESTION, { stream: true, maxTurns: 1_000 });
    task.watch?.(result);
    const seen: Seen = { deltas: 0, events: 0 };
    for await (const event of result) {
      seen.events++;
      if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') seen.deltas++;
    }
    await result.completed;
    return checkSeen(task, seen);
  },
  takeSpans: () => processor.take(),
};
