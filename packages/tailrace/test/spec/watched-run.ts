// One run under watch, from its start to everything that it must have left behind clean.
import { AssertionError } from 'node:assert';
import {
  isAgentsError,
  isTerminal,
  MemoryLogStore,
  MemorySession,
  type RunConfig,
  type RunEvent,
  Runner,
  type Session,
  setTraceProcessors,
  type StreamRunOptions,
  type StreamedRunResult,
  type TerminalEvent,
  type TracingProcessor,
} from '../../src/index.ts';
import { errorText } from '../../src/base/error-text.ts';
import type { Durability } from '../../src/port/log-store.ts';
import { assertCleanRun, startCleanRunProbe } from '../../src/testing/index.ts';
import type { Flow, FlowParts } from './flows.ts';

export type End = 'completed' | 'failed' | 'cancelled';
type Shared = Omit<StreamRunOptions, 'stream' | 'signal' | 'runId' | 'onDisconnect'>;

/** What a cell of a matrix does to a run, and how the run is to end. */
export interface Cell {
  name: string;
  flow: Flow;
  streamed: boolean;
  parts?: FlowParts;
  config?: Partial<RunConfig>;
  options?: Shared;
  onDisconnect?: StreamRunOptions['onDisconnect'];
  session?: Session;
  processors?: TracingProcessor[];
  /** Called in the store's append, for each event that has just been stored. `cancel` is an immediate cancel. */
  onStored?: (event: RunEvent, run: RunHandle) => void;
  /** Consumes a streamed run, or does not. By default all of its events are read. */
  read?: (result: StreamedRunResult, run: RunHandle) => Promise<unknown>;
  /** One of these. */
  ends: readonly End[];
  /** The code of the error that a failed run ends with. */
  code?: string;
  /** What else must hold. */
  check?: (outcome: Outcome) => void | Promise<void>;
}

export interface RunHandle {
  cancel: (mode?: 'immediate' | 'after_turn') => void;
  signal: AbortController;
}

/** Anything can be thrown, undefined too. */
export interface Thrown {
  error: unknown;
}

export interface Outcome {
  events: readonly RunEvent[];
  end: TerminalEvent;
  /** What iteration, `completed` or `run()` threw. */
  thrown: Thrown | undefined;
  session: Session;
  tookMs: number;
  result: StreamedRunResult | undefined;
}

/** A memory store that says what it has stored while it stores it: the earliest moment at which anybody could act on an event. */
export class TellingStore extends MemoryLogStore {
  readonly #tell: (event: RunEvent) => void;

  constructor(tell: (event: RunEvent) => void) {
    super();
    this.#tell = tell;
  }

  override append(
    run: string,
    epoch: number,
    clientSeq: number,
    events: readonly RunEvent[],
    durability: Durability,
  ): void {
    super.append(run, epoch, clientSeq, events, durability);
    for (const event of events) this.#tell(event);
  }
}

const HUNG_MS = 15_000;
let count = 0;

/** Runs the cell; throws whatever is wrong with how it ended or with what it left. */
export async function watch(cell: Cell): Promise<Outcome> {
  let late: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`hung for ${HUNG_MS} ms`)), HUNG_MS);
  });
  try {
    return await Promise.race([watched(cell), hung]);
  } catch (error) {
    throw new Error(`${cell.name}: ${errorText(error)}`, { cause: error });
  } finally {
    clearTimeout(late);
    await shutDown(cell.processors ?? []);
  }
}

// One that is asked again by its successor has nothing left to wait for.
async function shutDown(processors: readonly TracingProcessor[]): Promise<void> {
  for (const processor of processors) {
    const asked = new Promise((resolve) => resolve(processor.shutdown(10)));
    await Promise.race([asked.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 20).unref())]);
  }
  setTraceProcessors([]);
  for (let turns = 0; processors.length > 0 && turns < 3; turns++)
    await new Promise((resolve) => setImmediate(resolve));
}

async function watched(cell: Cell): Promise<Outcome> {
  const { flow, streamed, config = {}, options = {} } = cell;
  const signal = new AbortController();
  const probe = startCleanRunProbe({ signal: signal.signal });
  setTraceProcessors([...(cell.processors ?? []), probe.traces]);
  let result: StreamedRunResult | undefined;
  const handle: RunHandle = {
    signal,
    cancel: (mode = 'immediate') => {
      if (result) result.cancel({ mode, reason: 'the test says so' });
      else if (mode === 'immediate') signal.abort();
      else throw new Error('a run that is not streamed has no cancel after the turn');
    },
  };
  const store = new TellingStore((event) => cell.onStored?.(event, handle));
  const runId = `run_${++count}`;
  const session = cell.session ?? new MemorySession();
  const runner = new Runner({ ...config, store });
  const shared = { session, runId, signal: signal.signal, timeouts: { toolGraceMs: 20 }, ...options };
  const startedAt = performance.now();
  let thrown: Thrown | undefined;
  try {
    if (streamed) {
      const disconnect = cell.onDisconnect === undefined ? {} : { onDisconnect: cell.onDisconnect };
      result = await runner.run(flow.agent(cell.parts), 'Hello', {
        ...shared,
        ...disconnect,
        stream: true,
      });
      await (cell.read ?? readAll)(result, handle);
      await result.completed;
    } else {
      await runner.run(flow.agent(cell.parts), 'Hello', shared);
    }
  } catch (error) {
    thrown = { error };
  }
  const tookMs = performance.now() - startedAt;
  const events = store.read(runId, 0, Number.MAX_SAFE_INTEGER);
  const last = events.at(-1);
  if (!last || !isTerminal(last))
    throw new AssertionError({ message: `no end; last was ${last?.type}; ${describe(thrown)}` });
  await assertCleanRun(events, probe, { settleMs: 5_000 });
  const outcome: Outcome = { events, end: last, thrown, session, tookMs, result };
  await checkOutcome(cell, outcome);
  return outcome;
}

export async function readAll(result: StreamedRunResult): Promise<number> {
  let read = 0;
  for await (const _event of result) read++;
  return read;
}

async function checkOutcome(cell: Cell, outcome: Outcome): Promise<void> {
  const { end, thrown, result } = outcome;
  const how = end.type.slice('run.'.length) as End;
  if (!cell.ends.includes(how))
    fail(`ended ${how}, not ${cell.ends.join(' or ')}${end.type === 'run.failed' ? `: ${end.error.message}` : ''}`);
  if (how === 'failed' && cell.code !== undefined && end.type === 'run.failed' && end.error.code !== cell.code)
    fail(`failed with ${end.error.code}, not ${cell.code}`);
  if (result) checkStreamed(how, thrown, result);
  else if ((how === 'completed') !== (thrown === undefined)) fail(`the run ${how}, but run() ${describe(thrown)}`);
  checkCommits(outcome.events);
  await checkSession(outcome.session);
  await cell.check?.(outcome);
}

// I5: what was thrown from iteration or from `completed`, `error`, `cancelled` and the log are one story.
function checkStreamed(how: End, thrown: Thrown | undefined, result: StreamedRunResult): void {
  const { error } = result;
  if (result.status !== how) fail(`status is ${result.status}, not ${how}`);
  if (result.cancelled !== (how === 'cancelled')) fail(`cancelled is ${result.cancelled}`);
  if ((how === 'failed') !== (thrown !== undefined)) fail(`the run ${how}, but reading it ${describe(thrown)}`);
  if (thrown && (thrown.error ?? null) !== error) fail(`reading ${describe(thrown)}, but error is ${errorText(error)}`);
  if (how === 'completed' && error !== null) fail(`completed with the error ${errorText(error)}`);
  if (how === 'cancelled' && !(isAgentsError(error) && error.code === 'RUN_CANCELLED'))
    fail(`cancelled, but error is ${errorText(error)}`);
}

function describe(thrown: Thrown | undefined): string {
  return thrown ? `threw ${errorText(thrown.error)}` : 'threw nothing';
}

// What a turn added is in the session before the model is called again.
function checkCommits(events: readonly RunEvent[]): void {
  let added = 1;
  let committed = 0;
  for (const event of events) {
    if (event.type === 'item.added') added++;
    else if (event.type === 'session.committed') committed += event.items;
    else if (event.type === 'model.called' && committed !== added)
      fail(`${committed} of ${added} items were in the session when the model was called at seq ${event.seq}`);
  }
}

// However a run ends, a session never holds a call without its output, nor an output without its call.
async function checkSession(session: Session): Promise<void> {
  const open = new Set<string>();
  for (const item of await session.getItems()) {
    if (item.type === 'function_call') open.add(item.callId);
    else if (item.type === 'function_call_result' && !open.delete(item.callId))
      fail(`the session has an output without its call ${item.callId}`);
  }
  if (open.size > 0) fail(`the session has calls without their outputs: ${[...open].join(', ')}`);
}

function fail(message: string): never {
  throw new AssertionError({ message, stackStartFn: fail });
}
