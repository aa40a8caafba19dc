/** Tailrace on SQLite, through `createNodeListener`: every event is stored, and every stream can be come back to. */
import { Agent, createRuntime, setTraceProcessors } from 'tailrace';
import { createNodeListener } from 'tailrace/http';
import { OpenAIResponsesModel } from 'tailrace/models';
import { sqlite } from 'tailrace/sqlite';
import { OpenSpans } from './open-spans.ts';
import { MODELS, type ServedSubject, type ServeOptions } from './subject.ts';

export async function subject({ model, path, onDisconnect }: ServeOptions): Promise<ServedSubject> {
  const spans = new OpenSpans();
  setTraceProcessors([spans]);
  const agents = Object.fromEntries(
    MODELS.map((name) => [
      name,
      new Agent({
        name: 'Surveyor',
        instructions: 'Be brief.',
        model: new OpenAIResponsesModel({ baseURL: model, apiKey: 'sk-bench' }, name),
      }),
    ]),
  );
  const runtime = createRuntime({ agents, store: sqlite(path), concurrency: 10_000 });
  await runtime.start();
  const listener = createNodeListener({
    runtime,
    authorize: (request) => ({ id: request.headers.get('authorization') ?? 'nobody' }),
    ...(onDisconnect === 'cancel' && { onDisconnect }),
  });
  return { listener, openSpans: () => spans.open };
}
