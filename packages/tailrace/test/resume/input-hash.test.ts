import { expect, test } from 'vitest';
import { z } from 'zod';
import { Conversation } from '../../src/run/conversation.ts';
import type { RunEvent } from '../../src/event/run-event.ts';
import type { ModelCalled } from '../../src/event/step-events.ts';
import {
  Agent,
  type AgentInputItem,
  handoff,
  type HandoffInputFilter,
  MemoryLogStore,
  MemorySession,
  NonDeterministicRun,
  Runner,
  type SessionInputCallback,
  tool,
  user,
} from '../../src/index.ts';
import { assistantMessage, functionCall, ScriptedModel } from '../../src/testing/index.ts';
import { eventsOf, storeWith } from '../durable/cut.ts';

const script = () => [
  [functionCall('look', { n: 1 }, { callId: 'c1' })],
  [functionCall('transfer_to_Second', {}, { callId: 'c2' })],
  [functionCall('look', { n: 2 }, { callId: 'c3' })],
  [assistantMessage('Done.')],
];

interface Code {
  filter: HandoffInputFilter;
  callback: SessionInputCallback;
}

const codes: Record<'before' | 'after', Code> = {
  before: {
    filter: (data) => ({ ...data, preHandoffItems: [] }),
    callback: (history, items) => [...history, user('Callback 1.'), ...items],
  },
  after: {
    filter: (data) => ({ ...data, inputHistory: 'Something else.', newItems: [] }),
    callback: (_history, items) => [user('Callback 2.'), ...items],
  },
};

const tools = [
  tool({
    name: 'look',
    description: '',
    parameters: z.object({ n: z.number() }),
    effects: 'pure',
    execute: ({ n }) => `saw ${n}`,
  }),
];

function agentOf(model: ScriptedModel, { filter }: Code): Agent {
  const second = new Agent({ name: 'Second', model, tools });
  return new Agent({ name: 'First', model, tools, handoffs: [handoff(second, { inputFilter: filter })] });
}

async function wholeRun(): Promise<{ events: RunEvent[]; inputs: unknown[] }> {
  const store = new MemoryLogStore();
  const model = new ScriptedModel(script());
  const session = new MemorySession({ initialItems: [user('Earlier.')] });
  await new Runner({ store }).run(agentOf(model, codes.before), 'Go', {
    runId: 'run_1',
    session,
    sessionInputCallback: codes.before.callback,
  });
  return { events: await eventsOf(store, 'run_1'), inputs: model.calls.map(({ request }) => request.input) };
}

async function takeUp(log: readonly RunEvent[], code: Code) {
  const store = storeWith(log);
  const model = new ScriptedModel(script().slice(log.filter(({ type }) => type === 'model.returned').length));
  const session = new MemorySession({ initialItems: [user('Earlier.')] });
  const run = new Runner({ store }).resume(agentOf(model, code), 'run_1', {
    session,
    sessionInputCallback: code.callback,
  });
  const outcome: unknown = await run.catch((error: unknown) => error);
  return { outcome, model, events: await eventsOf(store, 'run_1') };
}

const hashesOf = (events: readonly RunEvent[]): (string | undefined)[] =>
  events.flatMap((event) => (event.type === 'model.called' ? [event.inputHash] : []));

test('each model call records a hash of all that it was given', async () => {
  const { events, inputs } = await wholeRun();
  const hashes = hashesOf(events);
  expect(new Set(hashes).size).toBe(4);
  expect(hashes).toEqual(inputs.map((input) => new Conversation(input as AgentInputItem[]).inputHash));
});

test('a filter and a session callback that changed between two processes do not run again, and change nothing that is recorded', async () => {
  const { events } = await wholeRun();
  for (let length = 1; length < events.length; length++) {
    const cut = events.slice(0, length);
    // Once what they gave is recorded, or was never asked for, the code of this process counts.
    const loaded = cut.some(({ type }) => type === 'session.loaded');
    const filtered = cut.some(({ type }) => type === 'handoff.occurred');
    const recorded = hashesOf(cut);
    const { outcome, events: after } = await takeUp(cut, codes.after);
    expect(outcome, `cut after ${length}`).toHaveProperty('finalOutput', 'Done.');
    const hashes = hashesOf(after);
    expect(hashes.slice(0, recorded.length)).toEqual(recorded);
    const last = hashesOf(events);
    if (loaded)
      expect(
        hashes.slice(0, 2).every((hash) => last.includes(hash)),
        `cut after ${length}`,
      ).toBe(true);
    if (filtered) expect(new Set(hashes), `cut after ${length}`).toEqual(new Set(last));
  }
});

/** The log with its first item told otherwise than it was. */
function retold(events: readonly RunEvent[]): RunEvent[] {
  return events.map((event) =>
    event.type === 'session.loaded' ? { ...event, input: [user('Never said.'), ...event.input] } : event,
  );
}

test('a turn whose model was called with something else is not gone on with', async () => {
  const { events } = await wholeRun();
  let refused = 0;
  for (let length = 1; length < events.length; length++) {
    const cut = events.slice(0, length);
    const turn = cut.slice(cut.findLastIndex(({ type }) => type === 'turn.ended' || type === 'run.started'));
    // The handoff filter replaced everything for the second agent, the retold item among it.
    const replaced =
      cut.some(({ type }) => type === 'handoff.occurred') && turn.every(({ type }) => type !== 'handoff.occurred');
    const called = turn.some((event): event is RunEvent & ModelCalled => event.type === 'model.called');
    const { outcome, model, events: after } = await takeUp(retold(cut), codes.before);
    if (!called || replaced) {
      expect(outcome, `cut after ${length}`).toHaveProperty('finalOutput', 'Done.');
      continue;
    }
    refused++;
    expect(outcome, `cut after ${length}`).toBeInstanceOf(NonDeterministicRun);
    expect(outcome).toMatchObject({ code: 'NON_DETERMINISTIC', runId: 'run_1', retryable: false });
    // Nothing was done after it.
    expect(model.calls).toHaveLength(0);
    expect(after.slice(cut.length).map(({ type }) => type)).not.toContain('tool.called');
    expect(after.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'NON_DETERMINISTIC' } });
  }
  expect(refused).toBeGreaterThan(10);
});

test('the hash costs what is new', () => {
  const talk = new Conversation(Array.from({ length: 1_000 }, (_, n) => user(`Message ${n}`)));
  const first = talk.inputHash;
  let looks = 0;
  const watched = new Proxy(user('New.'), {
    ownKeys: (target) => {
      looks++;
      return Reflect.ownKeys(target);
    },
  });
  const item = { rawItem: watched } as unknown as Parameters<Conversation['add']>[0];
  talk.add(item);
  const second = talk.inputHash;
  expect(second).not.toBe(first);
  const before = looks;
  expect(talk.inputHash).toBe(second);
  talk.add({ rawItem: user('Newer.') } as unknown as Parameters<Conversation['add']>[0]);
  expect(talk.inputHash).not.toBe(second);
  expect(looks).toBe(before);
});
