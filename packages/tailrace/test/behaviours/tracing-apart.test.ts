/** Traces and who is beside them: processors that fail, other async contexts, a process that only imports. */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, vi } from 'vitest';
import {
  addTraceProcessor,
  BatchTraceProcessor,
  getCurrentSpan,
  getCurrentTrace,
  getGlobalTraceProvider,
  type TracingProcessor,
  withCustomSpan,
  withTrace,
} from '../../src/index.ts';
import { modelStall, textStream } from '../../src/testing/index.ts';
import { scripted, toolScript, weather } from './cast.ts';
import { on, read, settled, wait } from './stage.ts';

afterEach(() => vi.restoreAllMocks());

const step = textStream('One two three.', { provider: 'none' });

function processorOf(each: () => unknown): TracingProcessor {
  const call = each as () => Promise<void>;
  return { onTraceStart: call, onTraceEnd: call, onSpanStart: call, onSpanEnd: call, shutdown: call, forceFlush: call };
}

describe('processors that misbehave', () => {
  const bad: Record<string, () => TracingProcessor> = {
    throws: () =>
      processorOf(() => {
        throw new Error('processor');
      }),
    rejects: () => processorOf(() => Promise.reject(new Error('processor'))),
    'never settles': () => processorOf(() => new Promise(() => undefined)),
    'has an exporter that rejects': () =>
      new BatchTraceProcessor({ export: () => Promise.reject(new Error('exporter')) }, { scheduleDelay: 1 }),
    'has an exporter that throws': () =>
      new BatchTraceProcessor(
        {
          export: () => {
            throw new Error('exporter');
          },
        },
        { scheduleDelay: 1 },
      ),
  };
  on.for(Object.entries(bad))('[E93] one that %s neither stops nor delays a run', async ([, make], { stage }) => {
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    const processor = make();
    addTraceProcessor(processor);
    const at = performance.now();
    const { result, error } = await stage.seen(scripted(toolScript(), { tools: [weather()] }));
    const whole = await stage.whole(scripted(toolScript(), { tools: [weather()] }));
    expect(performance.now() - at).toBeLessThan(5_000);
    expect([error, result.finalOutput, whole.result?.finalOutput]).toEqual([undefined, 'Sunny.', 'Sunny.']);
    await wait(5);
    if (processor instanceof BatchTraceProcessor) await processor.shutdown(100);
  });
});

describe('other async contexts', () => {
  on('[E99] a trace that is ended from another context ends, once', async ({ stage }) => {
    const elsewhere = new AsyncResource('elsewhere');
    const trace = getGlobalTraceProvider().createTrace({ name: 'By hand' });
    await trace.start();
    await new AsyncLocalStorage().run({}, () => trace.end());
    elsewhere.runInAsyncScope(() => void trace.end());
    expect([stage.trace.traceStarts, stage.trace.traceEnds]).toEqual([1, 1]);
    expect([getCurrentTrace(), getCurrentSpan()]).toEqual([null, null]);
  });

  on(
    '[E99] a run that is read and left in another context than it was started in ends its trace once',
    async ({ stage }) => {
      const elsewhere = new AsyncResource('elsewhere');
      const result = await withTrace('Around', () => stage.stream(scripted([step])));
      await elsewhere.runInAsyncScope(() => read(result));
      await settled(result);
      expect([stage.trace.traceStarts, stage.trace.traceEnds]).toEqual([1, 1]);
    },
  );

  on(
    '[E100] an iterator that another task abandons leaves nothing current, neither there nor here',
    async ({ stage }) => {
      const result = await stage.stream(scripted([modelStall(step.events.slice(0, 2))]));
      const iterator = result[Symbol.asyncIterator]();
      await withTrace('Mine', () =>
        withCustomSpan(
          async (span) => {
            await iterator.next();
            expect(getCurrentSpan()).toBe(span);
            await new Promise<void>((resolve) => {
              setImmediate(() => void iterator.return?.().then(() => resolve()));
            });
            expect(getCurrentSpan()).toBe(span);
          },
          { data: { name: 'mine' } },
        ),
      );
      await settled(result);
      expect([getCurrentTrace(), getCurrentSpan()]).toEqual([null, null]);
      stage.trace.reset();
      await stage.seen(scripted([step]));
      expect(stage.spans('task')[0]?.parentId).toBeNull();
      expect(new Set(stage.trace.spans.map(({ traceId }) => traceId)).size).toBe(1);
    },
  );

  on('[E96] a run that fails leaves the caller’s span current', async ({ stage }) => {
    await withTrace('Mine', () =>
      withCustomSpan(
        async (span) => {
          await stage.seen(scripted([]));
          await stage.whole(scripted([]));
          expect(getCurrentSpan()).toBe(span);
        },
        { data: { name: 'mine' } },
      ),
    );
    expect(getCurrentSpan()).toBeNull();
  });
});

describe('importing', () => {
  on(
    '[E101] starts nothing: no timer, socket, listener or request; an exporter begins with its first span',
    async () => {
      const program = `
      const before = Object.fromEntries(process.eventNames().map((name) => [name, process.listenerCount(name)]));
      let fetched = 0;
      globalThis.fetch = () => { fetched += 1; return Promise.reject(new Error('no')); };
      const { BatchTraceProcessor } = await import('tailrace');
      await import('tailrace/testing');
      let exported = 0;
      const processor = new BatchTraceProcessor({ export: async () => { exported += 1; } });
      const resources = process.getActiveResourcesInfo();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const after = Object.fromEntries(process.eventNames().map((name) => [name, process.listenerCount(name)]));
      console.log(JSON.stringify({ before, after, resources, fetched, exported, processor: processor !== undefined }));
    `;
      const args = ['--conditions=@tailrace/source', '--input-type=module', '--eval', program];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
      const told = JSON.parse(stdout) as {
        before: object;
        after: object;
        resources: string[];
        fetched: number;
        exported: number;
      };
      expect(told.after).toEqual(told.before);
      expect(told.resources.filter((name) => /Timeout|TCP|TLS|MessagePort|Worker|Immediate/.test(name))).toEqual([]);
      expect([told.fetched, told.exported]).toEqual([0, 0]);
    },
  );
});
