/** The published @openai/agents behind Hono, as its users serve it: nothing is stored, and a client that leaves aborts its run. */
import { getRequestListener } from '@hono/node-server';
import { Agent, OpenAIResponsesModel, Runner, setTraceProcessors } from '@openai/agents';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { OpenAI } from 'openai';
import { OpenSpans } from './open-spans.ts';
import { MODELS, type ServedSubject, type ServeOptions } from './subject.ts';

export function subject({ model }: ServeOptions): ServedSubject {
  const spans = new OpenSpans();
  setTraceProcessors([spans]);
  const client = new OpenAI({ baseURL: model, apiKey: 'sk-bench' });
  const agents = new Map(
    MODELS.map((name) => [
      name,
      new Agent({ name: 'Surveyor', instructions: 'Be brief.', model: new OpenAIResponsesModel(client, name) }),
    ]),
  );
  const runner = new Runner();
  const app = new Hono();
  app.post('/runs', async (context) => {
    const asked = await context.req.json<{ agent: string; input: string }>();
    const agent = agents.get(asked.agent);
    if (!agent) return context.notFound();
    return streamSSE(context, async (stream) => {
      const left = new AbortController();
      stream.onAbort(() => left.abort());
      const result = await runner.run(agent, asked.input, { stream: true, signal: left.signal });
      for await (const event of result)
        if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta')
          await stream.writeSSE({ data: JSON.stringify({ text: event.data.delta }) });
      await result.completed;
    });
  });
  const answer = getRequestListener(app.fetch);
  return { listener: (request, response) => void answer(request, response), openSpans: () => spans.open };
}
