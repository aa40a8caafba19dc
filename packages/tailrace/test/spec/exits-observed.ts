// Exits under observers that misbehave: they look, and whatever they do, the run ends as it would have without them.
import {
  BatchTraceProcessor,
  getGlobalTraceProvider,
  type TracingExporter,
  type TracingProcessor,
} from '../../src/index.ts';
import { failing } from './course.ts';
import type { CellOfFlow, Exit } from './exits.ts';

const CALLS = ['onTraceStart', 'onTraceEnd', 'onSpanStart', 'onSpanEnd'] as const;

const quiet: TracingProcessor = {
  onTraceStart: () => undefined,
  onTraceEnd: () => undefined,
  onSpanStart: () => undefined,
  onSpanEnd: () => undefined,
  shutdown: async () => undefined,
  forceFlush: async () => undefined,
};

const MISBEHAVIOURS: Record<string, () => unknown> = {
  throws: () => {
    throw new Error('the processor broke');
  },
  'throws nothing at all': () => {
    throw undefined;
  },
  rejects: () => Promise.reject(new Error('the processor broke')),
  'never settles': () => new Promise(() => undefined),
};

function* processors(): Generator<[name: string, processor: TracingProcessor]> {
  for (const [how, act] of Object.entries(MISBEHAVIOURS)) {
    for (const call of CALLS) yield [`${call} ${how}`, { ...quiet, [call]: act }];
    yield [
      `everything ${how}`,
      Object.fromEntries(
        [...CALLS, 'start', 'shutdown', 'forceFlush'].map((call) => [call, act]),
      ) as unknown as TracingProcessor,
    ];
  }
  for (const [how, act] of Object.entries(MISBEHAVIOURS)) {
    const exporter = { export: act } as unknown as TracingExporter;
    yield [`an exporter ${how}`, new BatchTraceProcessor(exporter, { scheduleDelay: 0, exportTimeoutMs: 20 })];
    yield [`a full queue, and its exporter ${how}`, new BatchTraceProcessor(exporter, { maxQueueSize: 1 })];
  }
}

const exporters: Exit = {
  name: 'exporter throws or hangs',
  *cells({ flow, streamed: log }) {
    for (const streamed of [true, false])
      for (const [name, processor] of processors()) {
        const cell = (what: string, rest: Omit<CellOfFlow, 'name' | 'streamed' | 'processors'>): CellOfFlow => ({
          name: `${name}, ${what}`,
          streamed,
          processors: [processor],
          check: flushIsBounded,
          ...rest,
        });
        yield cell('normal', { ends: ['completed'] });
        const steps = failing(flow, 0, streamed ? 3 : 0, new Error('the model broke'));
        yield cell('model error', { parts: { steps }, ends: ['failed'], code: 'UNEXPECTED' });
        const half = Math.floor(log.length / 3);
        const onStored: CellOfFlow['onStored'] = (event, run) => {
          if (event.seq === half) run.cancel();
        };
        yield cell('cancel', { onStored, ends: ['cancelled'] });
      }
  },
};

async function flushIsBounded(): Promise<void> {
  const startedAt = performance.now();
  await getGlobalTraceProvider().forceFlush(10);
  const tookMs = performance.now() - startedAt;
  if (tookMs > 1_000) throw new Error(`a flush of 10 ms took ${tookMs} ms`);
}

export const OBSERVED: readonly Exit[] = [exporters];
