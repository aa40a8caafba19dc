// I8: nothing happens outside before the log says durably that it is about to.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Agent,
  type FunctionTool,
  handoff,
  type LogStore,
  MemoryLogStore,
  type RunEvent,
  Runner,
  setTraceProcessors,
  tool,
} from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { functionCall, ScriptedModel, type ScriptedModelInput, textStream } from '../../src/testing/index.ts';
import { failingAt, slow, wrapped } from '../log/stores.ts';
import { upTo } from './course.ts';

afterEach(() => setTraceProcessors([]));

interface Effect {
  what: 'tool' | 'model';
  /** The call's id, or how often the model was asked before. */
  id: string;
  /** The log as it was stored when the effect began. */
  stored: readonly RunEvent[];
}

/** A run with a handoff and three calls, two of them side by side; each effect looks at what is stored at its moment. */
function effectsOf(stored: () => readonly RunEvent[]): { agent: Agent; effects: Effect[] } {
  const effects: Effect[] = [];
  const write: FunctionTool = tool({
    name: 'write',
    description: 'Changes the world.',
    parameters: undefined,
    execute: (_input, _context, details) => {
      effects.push({ what: 'tool', id: details?.callId ?? '?', stored: stored() });
      return 'written';
    },
  });
  const call = (id: string): ReturnType<typeof functionCall> => functionCall('write', {}, { callId: id });
  const steps = [
    textStream('first', { more: [call('c1')] }),
    textStream('over', { more: [functionCall('transfer_to_b', {}, { callId: 'c2' })] }),
    textStream('both', { more: [call('c3'), call('c4')] }),
    textStream('done'),
  ];
  const model = new (class extends ScriptedModel {
    override getResponse(...args: Parameters<ScriptedModel['getResponse']>): ReturnType<ScriptedModel['getResponse']> {
      effects.push({ what: 'model', id: String(this.calls.length), stored: stored() });
      return super.getResponse(...args);
    }

    override getStreamedResponse(
      ...args: Parameters<ScriptedModel['getStreamedResponse']>
    ): ReturnType<ScriptedModel['getStreamedResponse']> {
      effects.push({ what: 'model', id: String(this.calls.length), stored: stored() });
      return super.getStreamedResponse(...args);
    }
  })(steps as ScriptedModelInput[]);
  const b = new Agent({ name: 'b', model, tools: [write] });
  return { agent: new Agent({ name: 'a', model, tools: [write], handoffs: [handoff(b)] }), effects };
}

/** An effect that the log did not announce when it began. */
function unannounced(effects: readonly Effect[]): Effect[] {
  return effects.filter(({ what, id, stored }) =>
    what === 'tool'
      ? !stored.some((event) => event.type === 'tool.called' && event.callId === id)
      : stored.filter(({ type }) => type === 'model.called').length !== Number(id) + 1,
  );
}

async function perform(store: LogStore, memory: LogStore, runId: string, streamed: boolean): Promise<Effect[]> {
  const { agent, effects } = effectsOf(() => memory.read(runId, 0, 10_000) as readonly RunEvent[]);
  const runner = new Runner({ store });
  if (streamed) {
    const result = await runner.run(agent, 'Go', { stream: true, runId });
    await result.completed.catch(() => undefined);
  } else {
    await runner.run(agent, 'Go', { runId }).catch(() => undefined);
  }
  return effects;
}

const STORES: Record<string, () => { store: LogStore; inner: LogStore }> = {
  'a MemoryLogStore': () => {
    const inner = new MemoryLogStore();
    return { store: inner, inner };
  },
  'sqlite()': () => {
    const inner = sqlite(':memory:', { groupMs: 5 });
    return { store: inner, inner };
  },
  'a store that answers late': () => {
    const inner = new MemoryLogStore();
    return { store: slow(inner, () => turn()), inner };
  },
  'a store that answers late and groups': () => {
    const inner = new MemoryLogStore();
    return { store: slow(inner, () => new Promise((resolve) => setTimeout(resolve, 1)), 5), inner };
  },
};

describe('a tool and a model', () => {
  it.each(Object.entries(STORES))('[I8] are called after their event is stored: %s', async (_, open) => {
    for (const streamed of [true, false]) {
      const { store, inner } = open();
      const effects = await perform(store, inner, 'run', streamed);
      expect(effects.map(({ what }) => what).toSorted()).toEqual(
        [...upTo(4)].map(() => 'model').concat(['tool', 'tool', 'tool']),
      );
      expect(unannounced(effects)).toEqual([]);
      await inner.close();
    }
  });

  it('[I8] a tool is asked of the store as durable; a model, which may be asked again, as stored', async () => {
    const inner = new MemoryLogStore();
    const careless: RunEvent[] = [];
    const store = Object.assign(
      Object.create(inner) as MemoryLogStore,
      wrapped(inner, (_, act) => act()),
      {
        append: (...args: Parameters<MemoryLogStore['append']>) => {
          const [, , , events, durability] = args;
          if (durability !== 'full') careless.push(...events.filter(({ type }) => type === 'tool.called'));
          inner.append(...args);
        },
      },
    );
    const effects = await perform(store, inner, 'run', true);
    expect(effects).toHaveLength(7);
    expect(careless).toEqual([]);
  });

  it('[I8] are not called when their event cannot be stored, whichever append it is that fails', async () => {
    for (const streamed of [true, false])
      for (const when of ['before', 'after'] as const) {
        let before = -1;
        for (let n = 1; ; n++) {
          const inner = new MemoryLogStore();
          const effects = await perform(failingAt(n, when, new Error('no'), inner), inner, 'run', streamed);
          expect(unannounced(effects)).toEqual([]);
          // What was announced but whose storing was not acknowledged was not done either.
          const announced = inner.read('run', 0, 10_000).filter(({ type }) => type === 'tool.called').length;
          const done = effects.filter(({ what }) => what === 'tool').length;
          if (when === 'before') expect(done).toBe(announced);
          else expect(done).toBeLessThanOrEqual(announced);
          expect(effects.length).toBeGreaterThanOrEqual(before);
          before = effects.length;
          if (inner.head('run')?.ended === true && effects.length === 7 && when === 'before') break;
          if (n > 200) break;
        }
        expect(before).toBe(7);
      }
  }, 60_000);

  it('[I8] are not called once the run was told to stop while their event was being stored', async () => {
    for (const callId of ['c1', 'c3', 'c4']) {
      const inner = new MemoryLogStore();
      let cancel = (): void => undefined;
      const store = wrapped(inner, (operation, act) => {
        const result = act();
        const stored = operation === 'append' ? inner.read('run', 0, 10_000) : [];
        if (stored.some((event) => event.type === 'tool.called' && event.callId === callId)) cancel();
        return result;
      });
      const { agent, effects } = effectsOf(() => inner.read('run', 0, 10_000));
      const result = await new Runner({ store }).run(agent, 'Go', { stream: true, runId: 'run' });
      cancel = () => result.cancel();
      await result.completed;
      expect(result.cancelled).toBe(true);
      expect(effects.filter(({ what, id }) => what === 'tool' && id === callId)).toEqual([]);
    }
  });
});
