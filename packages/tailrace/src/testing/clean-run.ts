import { AssertionError } from 'node:assert';
import { getEventListeners } from 'node:events';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import type { LogStore } from '../port/log-store.ts';
import { getGlobalTraceProvider } from '../view/trace/provider.ts';
import { logViolations } from './clean-run-log.ts';
import { TimerWitness } from './clean-run-timers.ts';
import { TraceWitness } from './clean-run-traces.ts';

type Awaitable<T> = T | Promise<T>;

/** A log that can be read by pages. `result.log` is one. */
export interface ReadableLog {
  readonly run: string;
  read(from: number, limit: number): Awaitable<readonly RunEvent[]>;
}

export type CleanRunTarget =
  | readonly RunEvent[]
  | ReadableLog
  | { readonly log: ReadableLog }
  | { readonly store: LogStore; readonly runId: string };

export interface CleanRunProbeOptions {
  /** The signal that the run is given: it must have no more listeners afterwards than before. */
  signal?: AbortSignal;
}

export interface AssertCleanRunOptions {
  /** How long resources may take to be released, in milliseconds. 1,000 by default; what is clean at once costs a few event-loop turns. */
  settleMs?: number;
}

// What getActiveResourcesInfo names, as far as a run could own it. Unref'd ones, idle pooled connections among them, are not listed.
const SOCKETS = /^(TCPSocketWrap|TCPServerWrap|TCPConnectWrap|TLSWrap|GetAddrInfoReqWrap|MessagePort|ProcessWrap)$/;

/** What the process looked like before a run. Make it before, give it to `assertCleanRun` after; or dispose it. */
export class CleanRunProbe implements Disposable {
  /** Registered as a trace processor: it sees whether every trace and span ends once. */
  readonly traces: TraceWitness = new TraceWitness();
  readonly #signal: AbortSignal | undefined;
  readonly #listeners: number;
  readonly #sockets: Map<string, number>;
  readonly #timers = new TimerWitness();
  readonly #rejections: unknown[] = [];
  readonly #onRejection = (reason: unknown): void => void this.#rejections.push(reason);

  constructor(options: CleanRunProbeOptions = {}) {
    this.#signal = options.signal;
    this.#listeners = listenersOn(this.#signal);
    this.#sockets = activeSockets();
    process.on('unhandledRejection', this.#onRejection);
    const provider = getGlobalTraceProvider();
    provider.setProcessors([...provider.processors, this.traces]);
  }

  /** What is left now that was not there before. */
  violations(): string[] {
    const wrong: string[] = [];
    for (const at of this.#timers.active()) wrong.push(`a timer is left, set ${at}`);
    for (const [kind, count] of activeSockets()) {
      const before = this.#sockets.get(kind) ?? 0;
      if (count > before) wrong.push(`${count - before} more active ${kind} than before the run`);
    }
    const listeners = listenersOn(this.#signal) - this.#listeners;
    if (listeners > 0) wrong.push(`${listeners} abort listeners left on the caller's signal`);
    for (const reason of this.#rejections) wrong.push(`unhandled rejection: ${describe(reason)}`);
    return [...wrong, ...this.traces.violations()];
  }

  [Symbol.dispose](): void {
    this.#timers[Symbol.dispose]();
    process.off('unhandledRejection', this.#onRejection);
    const provider = getGlobalTraceProvider();
    provider.setProcessors(provider.processors.filter((processor) => processor !== this.traces));
  }
}

/** Remembers the timers, sockets and listeners of the process, and watches for unhandled rejections and traces. */
export function startCleanRunProbe(options: CleanRunProbeOptions = {}): CleanRunProbe {
  return new CleanRunProbe(options);
}

/**
 * Throws an `AssertionError` with everything that is wrong with a run that has ended: see `logViolations` for its log; with a probe also
 * timers, sockets, listeners, rejections and traces that it left. Disposes the probe.
 */
export async function assertCleanRun(
  target: CleanRunTarget,
  probe?: CleanRunProbe,
  options: AssertCleanRunOptions = {},
): Promise<void> {
  const events = await eventsOf(target);
  const wrong = logViolations(events);
  if (probe) {
    wrong.push(...(await settledViolations(probe, options.settleMs ?? 1_000)));
    probe[Symbol.dispose]();
    wrong.push(...missingTrace(events, probe));
  }
  if (wrong.length === 0) return;
  const message = `Run ${events[0]?.run ?? '(none)'} did not end clean:\n- ${wrong.join('\n- ')}`;
  throw new AssertionError({ message, actual: wrong, expected: [], stackStartFn: assertCleanRun });
}

function missingTrace(events: readonly RunEvent[], probe: CleanRunProbe): string[] {
  const [started] = events;
  // A test that set processors of its own has taken the probe's out.
  if (started?.type !== 'run.started' || started.traceId === undefined || probe.traces.traceCount === 0) return [];
  return probe.traces.knows(started.traceId) ? [] : [`trace ${started.traceId} of the run was never started`];
}

async function settledViolations(probe: CleanRunProbe, settleMs: number): Promise<string[]> {
  const deadline = performance.now() + settleMs;
  // Rejections are reported a turn after they happen.
  for (let turn = 0; turn < 3; turn += 1) await eventLoopTurn();
  for (;;) {
    const wrong = probe.violations();
    if (wrong.length === 0 || performance.now() > deadline) return wrong;
    await eventLoopTurn();
  }
}

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

async function eventsOf(target: CleanRunTarget): Promise<readonly RunEvent[]> {
  if (Array.isArray(target)) return target as readonly RunEvent[];
  if ('store' in target) return pagesOf((from, limit) => target.store.read(target.runId, from, limit));
  const log = 'log' in target ? target.log : (target as ReadableLog);
  return pagesOf((from, limit) => log.read(from, limit));
}

async function pagesOf(read: (from: number, limit: number) => Awaitable<readonly RunEvent[]>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await read((events.at(-1)?.seq ?? -1) + 1, 1000);
    const last = page.at(-1);
    if (!last) return events;
    events.push(...page);
    if (isTerminal(last) && page.length < 1000) return events;
  }
}

function activeSockets(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (SOCKETS.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function listenersOn(signal: AbortSignal | undefined): number {
  return signal ? getEventListeners(signal, 'abort').length : 0;
}

function describe(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
