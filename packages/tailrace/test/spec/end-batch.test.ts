// I7: a stop reaches what it stops at once, and the end of a run is one append, after which everybody hears of it in order.
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Agent,
  isTerminal,
  MemoryLogStore,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  type RunEvent,
  type RunHead,
  Runner,
  setTraceProcessors,
  tool,
  type TracingProcessor,
} from '../../src/index.ts';
import type { Durability } from '../../src/port/log-store.ts';
import {
  functionCall,
  modelStall,
  modelStreamResponder,
  ScriptedModel,
  startWireServer,
  textStream,
} from '../../src/testing/index.ts';
import { wrapped } from '../log/stores.ts';
import { quickest } from '../quickest.ts';
import { stalling } from './course.ts';
import { FLOWS } from './flows.ts';
import { drained, played } from './played.ts';
import { SCRIPTS } from './scripts.ts';

afterEach(() => setTraceProcessors([]));

interface Append {
  events: readonly RunEvent[];
  durability: Durability;
}

/** Remembers each append as it came. */
class Recording extends MemoryLogStore {
  readonly appends: Append[] = [];

  override append(
    run: string,
    epoch: number,
    clientSeq: number,
    events: readonly RunEvent[],
    durability: Durability,
  ): void {
    this.appends.push({ events: [...events], durability });
    super.append(run, epoch, clientSeq, events, durability);
  }
}

function checkEnd({ appends }: Recording): void {
  const ends = appends.filter(({ events }) => events.some(isTerminal));
  expect(ends).toEqual([appends.at(-1)]);
  const [last] = ends;
  expect(last?.durability).toBe('full');
  // The span of the run itself is open to the end, so this batch has at least its end.
  const open = new Set<string>();
  for (const { events } of appends.slice(0, -1)) for (const event of events) follow(event, open);
  const roots = appends.flatMap(({ events }) => events).filter(isRoot);
  expect(roots.length).toBeGreaterThan(0);
  for (const { span } of roots) expect(open).toContain(span);
  for (const event of last?.events ?? []) {
    // Whatever had been left open ends here, and nothing begins.
    expect(event.type).not.toBe('span.started');
    follow(event, open);
    if (isTerminal(event)) expect([...open]).toEqual([]);
  }
  expect(isTerminal(last?.events.at(-1) as RunEvent)).toBe(true);
}

function isRoot(event: RunEvent): event is RunEvent & { type: 'span.started' } {
  return event.type === 'span.started' && event.data.type === 'task';
}

function follow(event: RunEvent, open: Set<string>): void {
  if (event.type === 'span.started') open.add(event.span);
  if (event.type === 'span.ended') open.delete(event.span);
}

describe('the end of a run', () => {
  it.each(SCRIPTS)('[I7] is one append: $name', async (script) => {
    for (const streamed of [true, false]) {
      const store = new Recording();
      await played(script.play(), store, streamed);
      checkEnd(store);
    }
  });

  it('[I7] is one append when it is cancelled, wherever the model is', async () => {
    for (const flow of FLOWS)
      for (const [call, step] of flow.steps().entries())
        for (let at = 0; at < step.events.length; at++) {
          const store = new Recording();
          const agent = flow.agent({ steps: stalling(flow, call, at) });
          const result = await new Runner({ store }).run(agent, 'Go', { stream: true });
          const read = drained(result);
          await turn();
          for (let turns = 0; turns < 20 * (call + 1); turns++) await turn();
          result.cancel();
          await read;
          expect(result.cancelled).toBe(true);
          checkEnd(store);
        }
  });

  it('[I7] is not interrupted by a cancel that comes while it is stored', async () => {
    for (const flow of FLOWS) {
      const memory = new MemoryLogStore();
      let cancel = (): void => undefined;
      const store = wrapped(memory, async (operation, perform) => {
        const head = memory.list()[0];
        if (operation === 'append' && head && head.next > 10) {
          const before = memory.read(head.run, 0, 1_000).length;
          const result = perform();
          const now = memory.read(head.run, before, 1_000);
          if (now.some(isTerminal)) cancel();
          await wait(1);
          return result;
        }
        return perform();
      });
      const result = await new Runner({ store }).run(flow.agent(), 'Go', { stream: true });
      cancel = () => result.cancel();
      await drained(result);
      await result.completed;
      expect(result.status).toBe('completed');
    }
  });

  it.each(SCRIPTS)(
    '[I2] [I7] is told to processors before any reader wakes and any promise settles: $name',
    async (script) => {
      for (const streamed of [true, false]) {
        const order: string[] = [];
        const note: TracingProcessor = {
          onTraceStart: () => void order.push('trace started'),
          onTraceEnd: () => void order.push('trace ended'),
          onSpanStart: () => undefined,
          onSpanEnd: ({ spanData }) => void order.push(`${spanData.type} ended`),
          shutdown: async () => undefined,
          forceFlush: async () => undefined,
        };
        setTraceProcessors([note]);
        await played(script.play(), new MemoryLogStore(), streamed, {
          read: async (result) => {
            // Readers are woken synchronously: whoever is woken for the end finds the trace ended.
            using _woken = result.log.watch(() => {
              if ((result.log.head() as RunHead).ended && !order.includes('woken')) order.push('woken');
            });
            const ended = result.completed.then(
              () => order.push('completed'),
              () => order.push('completed'),
            );
            const native = (async () => {
              for await (const event of result.events()) if (isTerminal(event)) order.push('log reader');
            })();
            const read = drained(result).then(
              () => order.push('reader'),
              () => order.push('reader'),
            );
            await Promise.all([ended, native, read]);
          },
        });
        order.push('run() settled');
        expect(order[0]).toBe('trace started');
        const end = order.indexOf('trace ended');
        expect(end).toBeGreaterThan(0);
        expect(order.slice(0, end)).not.toContain('reader');
        expect(order.slice(end + 1).filter((name) => name.endsWith(' ended'))).toEqual([]);
        expect(order.slice(end + 1).toSorted()).toEqual(
          streamed ? ['completed', 'log reader', 'reader', 'run() settled', 'woken'] : ['run() settled'],
        );
      }
    },
  );
});

const LIMIT_MS = 50;

describe('a stop', () => {
  it.each([OpenAIResponsesModel, OpenAIChatCompletionsModel])(
    "[I7] closes the provider's connection: %o",
    async (Wire) => {
      const took = await quickest(LIMIT_MS, async () => {
        await using server = await startWireServer({
          script: () => ({
            steps: [{ type: 'text', text: ['one ', 'two '] }],
            delivery: { stall: { afterEvents: 3 } },
          }),
        });
        const agent = new Agent({ name: 'a', model: new Wire({ apiKey: 'k', baseURL: server.url }, 'scripted') });
        const result = await new Runner().run(agent, 'Go', { stream: true });
        const read = drained(result);
        await expect.poll(() => server.activeRequests, { interval: 1 }).toBe(1);
        const startedAt = performance.now();
        result.cancel();
        expect(await server.requests[0]?.finished).toBe('left');
        const tookMs = performance.now() - startedAt;
        await read;
        return tookMs;
      });
      expect(took).toBeLessThan(LIMIT_MS);
    },
  );

  it("[I7] fires a tool's signal, and its end comes within the tool grace", async () => {
    const grace = 30;
    const ends: number[] = [];
    const took = await quickest(LIMIT_MS, async () => {
      let startedAt = 0;
      let firedMs = Number.POSITIVE_INFINITY;
      const slow = tool({
        name: 'slow',
        description: 'Looks at its signal and goes on.',
        parameters: undefined,
        execute: (_input, _context, details) => {
          details?.signal?.addEventListener('abort', () => (firedMs = performance.now() - startedAt));
          setTimeout(() => {
            startedAt = performance.now();
            result.cancel();
          }, 1);
          return new Promise<never>(() => undefined);
        },
      });
      const model = new ScriptedModel([textStream('I do', { more: [functionCall('slow', {}, { callId: 'c1' })] })]);
      const options = { stream: true, timeouts: { toolGraceMs: grace } } as const;
      const result = await new Runner().run(new Agent({ name: 'a', model, tools: [slow] }), 'Go', options);
      await drained(result);
      const endedMs = performance.now() - startedAt;
      ends.push(endedMs);
      return Math.max(firedMs, endedMs - grace);
    });
    expect(took).toBeLessThan(LIMIT_MS);
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(grace - 1);
  });

  it.each(['trips', 'throws'])('[I7] by a parallel guardrail that %s reaches the model', async (how) => {
    const took = await quickest(LIMIT_MS, async () => {
      let decidedAt = 0;
      let abortedAt = Number.POSITIVE_INFINITY;
      const model = new ScriptedModel([
        modelStreamResponder(async function* ({ request }) {
          request.signal?.addEventListener('abort', () => (abortedAt = performance.now()));
          yield { type: 'response_started' };
          await new Promise(() => undefined);
        }),
      ]);
      const guard = {
        name: 'guard',
        execute: async () => {
          await wait(2);
          decidedAt = performance.now();
          if (how === 'throws') throw new Error('no verdict');
          return { tripwireTriggered: true, outputInfo: null };
        },
      };
      const agent = new Agent({ name: 'a', model, inputGuardrails: [guard] });
      const result = await new Runner().run(agent, 'Go', { stream: true });
      await expect(drained(result)).rejects.toThrow(/guardrail/i);
      return abortedAt - decidedAt;
    });
    expect(took).toBeLessThan(LIMIT_MS);
  });

  it('[I7] unblocks every reader of a model that says nothing', async () => {
    const took = await quickest(LIMIT_MS, async () => {
      const agent = new Agent({ name: 'a', model: new ScriptedModel([modelStall()]) });
      const result = await new Runner().run(agent, 'Go', { stream: true });
      const readers = [drained(result), drained(result.toTextStream()), drained(result.events()), result.completed];
      await wait(2);
      const startedAt = performance.now();
      result.cancel();
      await Promise.all(readers);
      return performance.now() - startedAt;
    });
    expect(took).toBeLessThan(LIMIT_MS);
  });
});
