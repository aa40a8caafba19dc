/**
 * A program of its own, run with --expose-gc: makes runs of every kind of end, lets go of them, and says what the process still holds. It must
 * then end by itself.
 */
import { setImmediate as turn } from 'node:timers/promises';

const before = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
const { Agent, MemorySession, OpenAIResponsesModel, Runner } = await import('../../src/index.ts');
const { stalling } = await import('./course.ts');
const { FLOWS } = await import('./flows.ts');
const after = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);

type Flow = (typeof FLOWS)[number];
type Streamed = Awaited<ReturnType<typeof streamedRun>>['result'];

const ROUNDS = 10;
const signal = new AbortController().signal;
const runner = new Runner();
const refs: { kind: string; what: string; ref: WeakRef<object> }[] = [];

function watch(kind: string, held: Record<string, object | undefined>): void {
  for (const [what, object] of Object.entries(held)) if (object) refs.push({ kind, what, ref: new WeakRef(object) });
}

async function streamedRun(kind: string, flow: Flow, parts: Parameters<Flow['agent']>[0] = {}) {
  const agent = flow.agent(parts);
  const [session, context] = [new MemorySession(), { name: kind }];
  const timeouts = { toolGraceMs: 5 };
  const result = await runner.run(agent, 'Go', { stream: true, signal, session, context, timeouts });
  watch(kind, { agent, session, context, result, log: result.log, state: result.state });
  return { result };
}

const ENDS: Record<string, (flow: Flow) => Promise<unknown>> = {
  async completed(flow) {
    const { result } = await streamedRun('completed', flow);
    for await (const event of result) void event;
  },
  async whole(flow) {
    const agent = flow.agent();
    const result = await runner.run(agent, 'Go', { signal });
    watch('whole', { agent, result });
  },
  async failed(flow) {
    const { result } = await streamedRun('failed', flow, { steps: [] });
    const error: unknown = await result.completed.catch((thrown: unknown) => thrown);
    watch('failed', { error: error as object });
  },
  async 'failed, unread'(flow) {
    const { result } = await streamedRun('failed, unread', flow, { steps: [] });
    await ended(result);
  },
  async cancelled(flow) {
    const { result } = await streamedRun('cancelled', flow, { steps: stalling(flow, 0, 3) });
    setTimeout(() => result.cancel(), 1);
    for await (const event of result) void event;
  },
  async left(flow) {
    const { result } = await streamedRun('left', flow, { steps: stalling(flow, 0, 3) });
    for await (const event of result) {
      watch('left', { event });
      break;
    }
    await ended(result);
  },
  async 'left in the middle of a read'(flow) {
    const { result } = await streamedRun('left in the middle of a read', flow, { steps: stalling(flow, 0, 3) });
    const reader = result.toStream().getReader();
    for (let read = 0; read < 3; read++) await reader.read();
    void reader.read();
    await reader.cancel();
    await ended(result);
  },
  async 'never read'(flow) {
    const { result } = await streamedRun('never read', flow);
    watch('never read', { stream: result.toStream(), text: result.toTextStream(), reader: result.events() });
    await ended(result);
  },
  async 'tool abandoned'(flow) {
    if (!flow.hasTools) return;
    const { result } = await streamedRun('tool abandoned', flow, {
      look: { execute: () => new Promise<never>(() => undefined) },
    });
    for await (const event of result.events()) if (event.type === 'tool.called') result.cancel();
  },
  async 'over HTTP'() {
    const baseURL = process.argv[2] as string;
    const agent = new Agent({ name: 'a', model: new OpenAIResponsesModel({ apiKey: 'k', baseURL }, 'scripted') });
    const result = await runner.run(agent, 'Go', { stream: true, signal });
    watch('over HTTP', { agent, result });
    for await (const event of result.events()) watch('over HTTP', { event });
  },
};

async function ended(result: Streamed): Promise<void> {
  await result.completed.catch(() => undefined);
}

for (let round = 0; round < ROUNDS; round++)
  for (const flow of FLOWS) for (const end of Object.values(ENDS)) await end(flow);

const alive = (): typeof refs => refs.filter(({ ref }) => ref.deref() !== undefined);
for (let tries = 0; tries < 20 && alive().length > 0; tries++) {
  await turn();
  globalThis.gc?.();
}

const { getEventListeners } = await import('node:events');
const report = {
  watched: refs.length,
  alive: alive().map(({ kind, what }) => `${kind}: ${what}`),
  listeners: getEventListeners(signal, 'abort').length,
  imported: after.filter(([name, count]) => before.find(([known]) => known === name)?.[1] !== count),
  resources: process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate|TCP|TLS|HTTP/.test(kind)),
};
process.stdout.write(JSON.stringify(report));
