// `POST /agent/run` of one's own: `{ mode, query, content, stream }`, an agent for each mode; server-sent events with a last one that says so, or JSON.
import { Hono } from 'hono';
import { Agent, type Runner, serializeError, type StreamedRunResult } from 'tailrace';
import { z } from 'zod';

const modes = new Map([
  ['summarize', new Agent({ name: 'Summarizer', instructions: 'Summarize the content.', model: 'words' })],
  ['translate', new Agent({ name: 'Translator', instructions: 'Translate as asked.', model: 'words' })],
  ['audit', new Agent({ name: 'Auditor', instructions: 'Find what is wrong.', model: 'refuses' })],
]);

const Asked = z.object({
  mode: z.string(),
  query: z.string().min(1),
  content: z.string().default(''),
  stream: z.boolean().default(false),
});

export function agentRun(runner: Runner): Hono {
  return new Hono().post('/agent/run', async ({ req, json }) => {
    const asked = Asked.safeParse(await req.json().catch(() => undefined));
    if (!asked.success) return json({ code: 'BODY_INVALID', message: z.prettifyError(asked.error) }, 400);
    const { mode, query, content, stream } = asked.data;
    const agent = modes.get(mode);
    if (!agent) return json({ code: 'MODE_UNKNOWN', message: `Modes are ${[...modes.keys()].join(', ')}.` }, 400);
    const input = content === '' ? query : `${query}\n\n${content}`;

    if (stream) {
      const result = await runner.run(agent, input, { stream: true });
      const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
      return new Response(ReadableStream.from(frames(result)).pipeThrough(new TextEncoderStream()), { headers });
    }
    try {
      const { runId, finalOutput } = await runner.run(agent, input, { signal: req.raw.signal });
      return json({ data: finalOutput, runId });
    } catch (error) {
      return json(failure(error), 502);
    }
  });
}

/** Leaving ends this generator, and with its last reader the run. */
async function* frames(result: StreamedRunResult): AsyncGenerator<string, void> {
  try {
    for await (const text of result.toTextStream()) yield `data: ${JSON.stringify({ text })}\n\n`;
    await result.completed;
  } catch (error) {
    yield `event: error\ndata: ${JSON.stringify(failure(error))}\n\n`;
  }
  yield 'data: [DONE]\n\n';
}

/** The code, and not what the provider said: that is in the trace. */
function failure(error: unknown): { code: string; message: string } {
  return { code: serializeError(error).code, message: 'The agent could not answer.' };
}
