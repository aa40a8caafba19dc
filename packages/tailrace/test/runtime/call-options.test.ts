import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  createRuntime,
  type ErrorCode,
  MemoryLogStore,
  run,
  type RunEvent,
  type Runtime,
  tool,
  UserError,
} from '../../src/index.ts';
import { assertCleanRun, assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { createHandler } from '../../src/http/index.ts';
import { Stage } from './stage.ts';

type Row = [what: string, act: (runtime: Runtime, id: string) => unknown, code: ErrorCode, message: RegExp];

const any = (value: unknown): never => value as never;
const ROWS: readonly Row[] = [
  ['cancel: mode', (r, id) => r.cancel(id, any({ mode: 'bogus' })), 'OPTION_TYPE', /'bogus' is no mode.*after_turn/],
  ['cancel: no text', (r, id) => r.cancel(id, any({ mode: 1 })), 'OPTION_TYPE', /mode must be a text, got number/],
  ['cancel: unknown', (r, id) => r.cancel(id, any({ modes: 'x' })), 'OPTION_UNKNOWN', /mean 'mode'/],
  ['cancel: a text', (r, id) => r.cancel(id, any('after_turn')), 'OPTION_TYPE', /as an object, got string/],
  ['cancel: null', (r, id) => r.cancel(id, any(null)), 'OPTION_TYPE', /as an object, got null/],
  ['approve: unknown', (r, id) => r.approve(id, 'c1', any({ allways: true })), 'OPTION_UNKNOWN', /mean 'always'/],
  ['approve: always', (r, id) => r.approve(id, 'c1', any({ always: 'no' })), 'OPTION_TYPE', /always must be true or/],
  ['approve: by', (r, id) => r.approve(id, 'c1', any({ by: { id: 1 } })), 'OPTION_TYPE', /by must be a text/],
  ['reject: unknown', (r, id) => r.reject(id, 'c1', any({ reason: 'x' })), 'OPTION_UNKNOWN', /reject\(\) has no/],
  ['reject: message', (r, id) => r.reject(id, 'c1', any({ message: 1 })), 'OPTION_TYPE', /message must be a text/],
  ['input: unknown', (r, id) => r.input(id, 'x', any({ call: 'c1' })), 'OPTION_UNKNOWN', /no option 'call'/],
  ['input: callId', (r, id) => r.input(id, 'x', any({ callId: 1 })), 'OPTION_TYPE', /callId must be a text/],
  ['input: a Date', (r, id) => r.input(id, any(new Date())), 'OPTION_TYPE', /Input must be JSON.*\$ is of class Date/],
  ['list: unknown', (r) => r.list(any({ state: 'running' })), 'OPTION_UNKNOWN', /no option 'state'/],
  ['list: agent', (r) => r.list(any({ agent: 1 })), 'OPTION_TYPE', /agent must be a text/],
  ['attach: unknown', (r, id) => r.attach(id, any({ form: 3 })), 'OPTION_UNKNOWN', /mean 'from'/],
  ['attach: signal', (r, id) => r.attach(id, any({ signal: {} })), 'OPTION_TYPE', /must be an AbortSignal/],
  ['stop: unknown', (r) => r.stop(any({ grace: 1 })), 'OPTION_UNKNOWN', /no option 'grace'/],
  ['stop: below 0', (r) => r.stop({ graceMs: -1 }), 'OPTION_RANGE', /0 or more, got -1/],
  ['stop: no number', (r) => r.stop({ graceMs: Number.NaN }), 'OPTION_RANGE', /got NaN/],
  ['submit: here', (r) => r.submit('a', 'x', {}, any({ contxt: 1 })), 'OPTION_UNKNOWN', /mean 'context'/],
  ['submit: principal', (r) => r.submit('a', 'x', any({ principal: 7 })), 'OPTION_TYPE', /principal must be a text/],
  ['submit: leaving', (r) => r.submit('a', 'x', any({ onDisconnect: 'stop' })), 'OPTION_TYPE', /onDisconnect must be/],
  ['submit: ms', (r) => r.submit('a', 'x', { onDisconnect: { cancelAfterMs: -1 } }), 'OPTION_RANGE', /got -1/],
  ['submit: a Date', (r) => r.submit('a', 'x', { metadata: any(new Date()) }), 'OPTION_TYPE', /\$ is of class Date/],
  [
    'submit: a Map',
    (r) => r.submit('a', 'x', any({ metadata: { m: new Map() } })),
    'OPTION_TYPE',
    /\$\.m is of class Map/,
  ],
  [
    'submit: bytes',
    (r) => r.submit('a', any([{ role: 'user', content: [{ type: 'input_text', text: 'x', b: new Uint8Array(1) }] }])),
    'OPTION_TYPE',
    /input must be JSON.*\$\[0\]\.content\[0\]\.b is of class Uint8Array/,
  ],
];

test('what a runtime’s methods do not know, or cannot use, is refused before anything happens', async () => {
  await using stage = new Stage();
  const store = new MemoryLogStore();
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const model = new ScriptedModel([[functionCall('pay', {}, { callId: 'c1' })], [assistantMessage('Done.')]]);
  const runtime = stage.runtime({ store, agents: { a: new Agent({ name: 'A', tools: [pay], model }) } });
  await runtime.start();
  const { id } = await runtime.submit('a', 'Pay.', { runId: 'r1' });
  for await (const event of runtime.attach(id)) if (event.type === 'run.suspended') break;
  for (const [what, act, code, message] of ROWS) {
    const error = await (async () => act(runtime, id))().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error, what).toBeInstanceOf(UserError);
    expect(error, what).toMatchObject({ code, message: expect.stringMatching(message) });
  }
  expect((await runtime.list()).map((run) => run.id)).toEqual([id]);
  expect(store.mail(id, 0)).toEqual([]);
  // It was not stopped either.
  await runtime.approve(id, 'c1', { by: 'ada', always: false });
  const events: RunEvent[] = [];
  for await (const event of runtime.attach(id, { from: 0, signal: new AbortController().signal })) events.push(event);
  expect(events.at(-1)?.type).toBe('run.completed');
  await runtime.stop({ graceMs: 0 });
  await assertCleanRun(events);
});

test('options that are undefined are as good as left out', async () => {
  await using runtime = createRuntime({ store: new MemoryLogStore(), agents: {} });
  expect(await runtime.list(any({ status: undefined, agent: undefined, foo: undefined }))).toEqual([]);
  await runtime.stop(any({ graceMs: undefined }));
});

test('a plain run’s cancel and a handler’s stop refuse the same', async () => {
  const agent = new Agent({ name: 'A', model: new ScriptedModel([[assistantMessage('Done.')]]) });
  const result = await run(agent, 'Hi', { stream: true });
  expect(() => result.cancel(any({ mode: 'bogus' }))).toThrow(/'bogus' is no mode/);
  expect(() => result.cancel(any({ resaon: 'x' }))).toThrow(/mean 'reason'/);
  await result.completed;
  expect(result.finalOutput).toBe('Done.');
  const handler = createHandler({ agents: { a: agent }, store: new MemoryLogStore() });
  await expect(handler.stop({ graceMs: -1 })).rejects.toMatchObject({ code: 'OPTION_RANGE' });
  await expect(handler.stop(any({ grace: 1 }))).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' });
  const answer = await handler(new Request('http://localhost/runs'));
  expect(answer.status).toBe(200);
  await handler.stop({ graceMs: 0 });
});
