import { describe, expect, it } from 'vitest';
import type { SpanRecord, TraceRecord, TracingExporter } from '../../../src/port/tracing.ts';
import { BatchTraceProcessor } from '../../../src/view/trace/batch-trace-processor.ts';
import { InMemorySpanExporter } from '../../../src/view/trace/in-memory-span-exporter.ts';
import { Span } from '../../../src/view/trace/span.ts';
import { Trace } from '../../../src/view/trace/trace.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const trace = new Trace({ name: 'Flow' });
const span = (name: string): SpanRecord => new Span({ traceId: 'trace_1', data: { type: 'custom', name, data: {} } });
const names = (items: readonly (TraceRecord | SpanRecord)[]): string[] =>
  items.map((item) => (item.type === 'trace' ? item.name : (item.spanData as { name: string }).name));
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** An exporter whose exports are settled by hand. */
class Gate implements TracingExporter {
  readonly batches: string[][] = [];
  readonly signals: AbortSignal[] = [];
  readonly #open: (() => void)[] = [];

  export(items: (TraceRecord | SpanRecord)[], signal?: AbortSignal): Promise<void> {
    this.batches.push(names(items));
    if (signal) this.signals.push(signal);
    return new Promise((resolve) => this.#open.push(resolve));
  }

  release(): void {
    for (const resolve of this.#open.splice(0)) resolve();
  }
}

describe('BatchTraceProcessor', () => {
  it('exports traces as they start and spans as they end, in order', async () => {
    const exporter = new InMemorySpanExporter();
    const batch = new BatchTraceProcessor(exporter);
    batch.onTraceStart(trace);
    const one = span('one');
    batch.onSpanStart(one);
    batch.onSpanEnd(one);
    batch.onSpanEnd(span('two'));
    batch.onTraceEnd(trace);
    expect(exporter.spans).toEqual([]);
    await batch.forceFlush();
    expect(names(exporter.traces)).toEqual(['Flow']);
    expect(names(exporter.spans)).toEqual(['one', 'two']);
  });

  it('[E102] exports after its delay, and keeps no timer when nothing waits', async () => {
    const before = timers();
    const exporter = new InMemorySpanExporter();
    const batch = new BatchTraceProcessor(exporter, { scheduleDelay: 5 });
    expect(timers()).toBeLessThanOrEqual(before);
    batch.onSpanEnd(span('one'));
    // Unref'd timers are not listed: the process may end.
    expect(timers()).toBeLessThanOrEqual(before);
    await sleep(20);
    expect(names(exporter.spans)).toEqual(['one']);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('[E102] exports at once when the queue has filled to the ratio, in batches', async () => {
    const gate = new Gate();
    const batch = new BatchTraceProcessor(gate, {
      maxQueueSize: 10,
      exportTriggerRatio: 0.5,
      maxBatchSize: 2,
      scheduleDelay: 60_000,
    });
    for (const name of ['1', '2', '3', '4']) batch.onSpanEnd(span(name));
    await sleep(1);
    expect(gate.batches).toEqual([]);
    batch.onSpanEnd(span('5'));
    for (let count = 1; count <= 3; count++) {
      await sleep(1);
      expect(gate.batches).toHaveLength(count);
      gate.release();
    }
    expect(gate.batches).toEqual([['1', '2'], ['3', '4'], ['5']]);
    await batch.shutdown();
  });

  it('[E102] drops and counts what the queue cannot hold', async () => {
    const gate = new Gate();
    const batch = new BatchTraceProcessor(gate, { maxQueueSize: 3, exportTriggerRatio: 1, maxBatchSize: 3 });
    for (let n = 0; n < 100; n++) batch.onSpanEnd(span(`${n}`));
    expect(batch.dropped).toBe(97);
    const flushed = batch.forceFlush();
    await sleep(1);
    gate.release();
    await flushed;
    expect(gate.batches).toEqual([['0', '1', '2']]);
  });

  it('[E102] waits for an export under way when it is flushed', async () => {
    const gate = new Gate();
    const batch = new BatchTraceProcessor(gate);
    batch.onSpanEnd(span('one'));
    void batch.forceFlush();
    await sleep(1);
    let flushed = false;
    const second = batch.forceFlush().then(() => (flushed = true));
    await sleep(5);
    expect(flushed).toBe(false);
    gate.release();
    await second;
  });

  it('flushes within a bound when the exporter never settles', async () => {
    const gate = new Gate();
    const batch = new BatchTraceProcessor(gate);
    batch.onSpanEnd(span('one'));
    const began = performance.now();
    await batch.forceFlush(15);
    expect(performance.now() - began).toBeLessThan(5_000);
    await batch.shutdown(5);
  });

  it('gives up an export that takes too long, aborts it, and goes on', async () => {
    const gate = new Gate();
    const batch = new BatchTraceProcessor(gate, { exportTimeoutMs: 5, maxBatchSize: 1 });
    batch.onSpanEnd(span('one'));
    batch.onSpanEnd(span('two'));
    await batch.forceFlush(1000);
    expect(gate.batches).toEqual([['one'], ['two']]);
    expect(gate.signals.every((signal) => signal.aborted)).toBe(true);
    expect(batch.dropped).toBe(2);
  });

  it('[E102] shuts down within its deadline, aborts the export, and takes nothing more', async () => {
    const before = timers();
    const gate = new Gate();
    const batch = new BatchTraceProcessor(gate, { maxBatchSize: 1 });
    batch.onSpanEnd(span('one'));
    batch.onSpanEnd(span('two'));
    const began = performance.now();
    await batch.shutdown(15);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(gate.signals.map((signal) => signal.aborted)).toEqual([true]);
    await sleep(1);
    batch.onSpanEnd(span('three'));
    await sleep(1);
    expect(gate.batches).toEqual([['one']]);
    expect(batch.dropped).toBe(3);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it.each<[string, () => Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['rejects without a reason', () => Promise.reject()],
  ])('counts what an exporter that %s has lost', async (_name, fail) => {
    const batch = new BatchTraceProcessor({ export: fail });
    batch.onSpanEnd(span('one'));
    await batch.forceFlush();
    batch.onSpanEnd(span('two'));
    await batch.shutdown();
    expect(batch.dropped).toBe(2);
  });
});
