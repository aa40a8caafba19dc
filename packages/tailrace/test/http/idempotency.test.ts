// One Idempotency-Key of one principal is one run, whoever asks, how often, and when.
import { Agent } from 'tailrace';
import { sqlite } from 'tailrace/sqlite';
import { assistantMessage, modelResponder, modelResponse, ScriptedModel } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { native } from './stream-kinds.ts';
import { post, serve, type Served } from './serve.ts';

interface World {
  served: Served;
  model: ScriptedModel;
  context: () => number;
}

async function world(answers = 3): Promise<World> {
  const model = new ScriptedModel(
    Array.from({ length: answers }, (_, index) => modelResponse([assistantMessage(`Answer ${index}.`)])),
  );
  let contexts = 0;
  const served = await serve({
    agents: { agent: new Agent({ name: 'A', model }) },
    store: sqlite(':memory:'),
    authorize: (request) => ({ id: request.headers.get('x-user') ?? 'ann' }),
    context: () => ({ number: ++contexts }),
  });
  return { served, model, context: () => contexts };
}

const keyed = (body: object, key = 'k', user = 'ann'): RequestInit =>
  post(body, { 'idempotency-key': key, 'x-user': user, accept: 'text/event-stream' });

it('twenty equal posts at the same moment are one run', async () => {
  const { served, model } = await world();
  await using _ = served;
  const posts = Array.from({ length: 20 }, async (__, index) => {
    const response = await served.ask('/runs', keyed({ input: 'Hi', stream: index % 2 === 0 }));
    expect(response.status).toBe(200);
    if (index % 2 === 1) return JSON.stringify(((await response.json()) as { output: string }).output);
    return JSON.stringify(/"output":"([^"]*)"/.exec(await response.text())?.[1]);
  });
  expect(new Set(await Promise.all(posts))).toEqual(new Set(['"Answer 0."']));
  expect(model.calls).toHaveLength(1);
});

it('posted again after the end it is the same run, streamed from its beginning or as JSON', async () => {
  const { served, model } = await world();
  await using _ = served;
  const first = await (await served.ask('/runs', keyed({ input: 'Hi', stream: true }))).text();
  expect(await (await served.ask('/runs', keyed({ input: 'Hi', stream: true }))).text()).toBe(first);
  const json = await served.ask('/runs', keyed({ input: 'Hi', stream: false }));
  expect(await json.json()).toMatchObject({ output: 'Answer 0.', status: 'completed' });
  const background = await served.ask('/runs', keyed({ input: 'Hi', background: true }));
  expect([background.status, ((await background.json()) as { status: string }).status]).toEqual([202, 'completed']);
  expect(native.blocks(first).length).toBeGreaterThan(4);
  expect(model.calls).toHaveLength(1);
});

it.each([
  ['another input', { input: 'Ho' }],
  ['another session', { input: 'Hi', sessionId: 's' }],
  ['other metadata', { input: 'Hi', metadata: { a: 1 } }],
  ['more turns', { input: 'Hi', maxTurns: 3 }],
])('with %s it is refused, while the run goes on and afterwards', async (_name, body) => {
  const { served } = await world();
  await using _ = served;
  const running = served.ask('/runs', keyed({ input: 'Hi' }));
  const codes = async (): Promise<[number, string]> => {
    const response = await served.ask('/runs', keyed(body));
    return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
  };
  await (await running).text();
  expect(await codes()).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
});

it.each([
  ['more turns', { maxTurns: 3 }, { maxTurns: 4 }],
  ['as many turns as by default', { maxTurns: 3 }, {}],
])('turns count: %s is another request, and the same number the same one', async (_name, first, second) => {
  const { served, model } = await world();
  await using _ = served;
  const ask = async (more: object): Promise<number> =>
    (await served.ask('/runs', keyed({ input: 'Hi', ...more, stream: false }))).status;
  expect([await ask(first), await ask(second), await ask(first)]).toEqual([200, 422, 200]);
  expect(model.calls).toHaveLength(1);
});

it("somebody else's equal key is another run", async () => {
  const { served, model } = await world();
  await using _ = served;
  const runs = await Promise.all(
    ['ann', 'bob'].map(async (user) => {
      const response = await served.ask('/runs', keyed({ input: 'Hi', stream: false }, 'k', user));
      return ((await response.json()) as { id: string }).id;
    }),
  );
  expect(new Set(runs).size).toBe(2);
  expect(model.calls).toHaveLength(2);
});

it('the context is that of the request that began the run', async () => {
  const seen: unknown[] = [];
  const model = new ScriptedModel([modelResponder(() => [assistantMessage('Hi.')])]);
  const agent = new Agent<{ number: number }>({
    name: 'A',
    model,
    instructions: ({ context }) => {
      seen.push(context.number);
      return 'Answer.';
    },
  });
  let made = 0;
  await using served = await serve({
    agents: { agent },
    store: sqlite(':memory:'),
    context: () => ({ number: ++made }),
  });
  const ask = async (): Promise<unknown> => (await served.ask('/runs', keyed({ input: 'Hi', stream: false }))).json();
  await Promise.all([ask(), ask(), ask()]);
  await ask();
  expect(seen).toEqual([expect.any(Number)]);
});
