/** Runs that outlive the process: submitted by name and data, driven by whoever serves, read and answered from anywhere. */
import type { AnyAgent } from '../agent/agent.ts';
import { outsideOfRuns } from '../base/carrier.ts';
import type { Json } from '../base/json.ts';
import { tellObserver } from '../base/observer.ts';
import { UserError } from '../event/errors.ts';
import { type LogReader, readLog } from '../log/reader.ts';
import type { Drive, DriveOutcome, Driver, Serving } from '../port/driver.ts';
import type { LogStore } from '../port/log-store.ts';
import { checkSessionId } from '../port/session-id.ts';
import type { Session } from '../port/session.ts';
import { answer, hasEnded, leaveInput } from '../run/answer.ts';
import { type CancelOptions, checkCancelOptions, reasonText } from '../run/control.ts';
import { decide } from '../run/decide.ts';
import type { RunPlan } from '../run/plan.ts';
import { writeStart } from '../run/submit.ts';
import { Runner, type RunInput } from '../runner.ts';
import { LocalContexts } from './local-contexts.ts';
import { DEFAULT_LEASE_MS, localDriverOf } from './local-driver.ts';
import { sessionBusy } from './held-sessions.ts';
import { type ListOptions, listRuns, type RunSummary } from './run-list.ts';
import { type RunStatus, runStatus } from './run-status.ts';
import {
  type AttachOptions,
  checkAttachOptions,
  checkDecisionOptions,
  checkInputOptions,
  checkRuntimeOptions,
  checkStopOptions,
  checkSubmitOptions,
  type LocalOptions,
  type DecisionOptions,
  type InputOptions,
  type RuntimeOptions,
  type StopOptions,
  type SubmitOptions,
} from './options.ts';
import { driveRun, type RunInfo, type SegmentParts } from './segment.ts';
import { lastingSource } from './lasting-watch.ts';
import { agentNamed, planSubmission } from './submission.ts';
import { SessionsById } from './sessions-by-id.ts';

const STOP_GRACE_MS = 10_000;

/**
 * Makes a runtime: it stores runs, reads them and decides about them. It drives runs only after `start()`, and then also those that other processes submitted or
 * left behind.
 *
 * @throws UserError OPTION_UNKNOWN, OPTION_RANGE, OPTION_TYPE
 */
export function createRuntime(options: RuntimeOptions): Runtime {
  return new Runtime(options);
}

/** Runs that outlive their process. Make one with `createRuntime()`. */
export class Runtime implements AsyncDisposable {
  readonly #store: LogStore;
  readonly #agents: ReadonlyMap<string, AnyAgent>;
  readonly #runner: Runner;
  readonly #driver: Driver;
  readonly #options: RuntimeOptions;
  readonly #sessions: SessionsById;
  readonly #contexts: LocalContexts;
  #serving: Promise<Serving> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: RuntimeOptions) {
    checkRuntimeOptions(options);
    const { store, leaseMs, driver } = options;
    this.#options = options;
    this.#store = store;
    this.#contexts = new LocalContexts(store);
    this.#sessions = new SessionsById(store, options.sessions);
    this.#agents = new Map(Object.entries(options.agents));
    this.#runner = new Runner({ ...options.runConfig, store });
    this.#driver = driver ?? localDriverOf(store, leaseMs);
  }

  /** What all runs of this runtime are told to; for its hooks. */
  get runner(): Runner {
    return this.#runner;
  }

  /** How long a process may give no sign of life before it counts as dead, in milliseconds. */
  get leaseMs(): number {
    return this.#options.leaseMs ?? DEFAULT_LEASE_MS;
  }

  /** Where the runs are kept. */
  get store(): LogStore {
    return this.#store;
  }

  /** By the names that runs are submitted with. */
  get agents(): ReadonlyMap<string, AnyAgent> {
    return this.#agents;
  }

  /** Begins to drive runs: what is unfinished and driven by nobody, and what is submitted from now on. Idempotent. */
  async start(): Promise<void> {
    if (this.#stopped) throw new UserError('This runtime was stopped. Create another one.', { code: 'USER_ERROR' });
    const serving = (this.#serving ??= this.#serve());
    try {
      await serving;
    } catch (error) {
      if (this.#serving === serving) this.#serving = undefined;
      throw error;
    }
  }

  async #serve(): Promise<Serving> {
    const { concurrency = 16, maxTakeovers = 5, context = () => undefined, runConfig } = this.#options;
    const parts = {
      store: this.#store,
      runner: this.#runner,
      agents: this.#agents,
      context: (run: RunInfo) => (this.#contexts.has(run.id) ? this.#contexts.get(run.id) : context(run)),
      onEnded: (run: string) => this.#contexts.delete(run),
      session: (sessionId: string) => this.#sessions.open(sessionId),
      maxTakeovers,
    };
    // Whoever's request it was that a driver's loop was woken by: what it has around it is not this run's.
    const driven = (drive: Drive): Promise<DriveOutcome> => outsideOfRuns(() => this.#drive(parts, drive));
    const serving = await this.#driver.serve(driven, {
      agents: [...this.#agents.keys()],
      concurrency,
      onOutage: (error) => tellObserver(() => this.#options.onDriveError?.(error, undefined)),
      ...(runConfig?.codeVersion !== undefined && { codeVersion: runConfig.codeVersion }),
    });
    try {
      await this.#adopt();
    } catch (error) {
      await serving.stop({ graceMs: 0 });
      throw error;
    }
    return serving;
  }

  async #drive(parts: SegmentParts, drive: Drive): Promise<DriveOutcome> {
    try {
      return await driveRun(parts, drive);
    } catch (error) {
      tellObserver(() => this.#options.onDriveError?.(error, { id: drive.id, agent: drive.agent }));
      throw error;
    }
  }

  /** Runs whose submitting process died before it could ask a driver of the program's own, or an older version's. */
  async #adopt(): Promise<void> {
    // What is wanted, or held by somebody who drives it, needs no word of ours: that would only drive it once more.
    const due = this.#options.driver ? [] : ((await this.#store.leases?.due(Date.now())) ?? []);
    const known = new Set(due.map(({ run }) => run));
    let before: string | undefined;
    for (;;) {
      const page = await this.#store.list({ status: 'submitted', limit: 100, ...(before !== undefined && { before }) });
      for (const { run, about } of page)
        if (about && !known.has(run)) await this.#driver.submit({ id: run, agent: about.agent });
      before = page.at(-1)?.run;
      if (page.length < 100) return;
    }
  }

  /**
   * Gives a run to whoever drives; any process that shares the store may, this one only after `start`. Resolves when the run is durable. Called again with the same
   * `runId` and all else equal, it changes nothing: whoever is not sure may ask again.
   *
   * @throws UserError AGENT_NOT_REGISTERED, RUN_EXISTS for an id that names another run, and for input and options that cannot work. SystemError SESSION_BUSY
   */
  async submit(
    agentName: string,
    input: RunInput,
    options: SubmitOptions = {},
    local: LocalOptions = {},
  ): Promise<{ id: string }> {
    checkSubmitOptions(options, local);
    const agent = agentNamed(this.#agents, agentName);
    const { sessionId } = options;
    const session = sessionId === undefined ? undefined : await this.#sessions.open(sessionId);
    const plan = planSubmission({ agentName, agent, input, options, session }, this.#runner, this.#store);
    const id = plan.runId;
    // Before it is stored: from then on it may be driven.
    const fresh = 'context' in local && this.#contexts.add(id, local.context);
    try {
      await this.#begin(plan, agentName);
      this.#contexts.stored(id);
    } catch (error) {
      if (fresh) this.#contexts.delete(id);
      throw error;
    }
    return { id };
  }

  /** The run's own events, live, whichever process writes them. @throws UserError OFFSET_INVALID; the first read: RUN_NOT_FOUND, OFFSET_FUTURE */
  attach(id: string, options: AttachOptions = {}): LogReader {
    checkAttachOptions(options);
    return readLog(lastingSource(this.#store, id), options);
  }

  /**
   * Asks the run to stop, wherever it is driven. Resolves when that is stored; the end follows. Does nothing to a run that has ended.
   *
   * @throws UserError RUN_NOT_FOUND
   */
  async cancel(id: string, options: CancelOptions = {}): Promise<void> {
    checkCancelOptions(options);
    const { mode = 'immediate', reason } = options;
    if (await hasEnded(this.#store, id)) return;
    const body = { mode, reason: reasonText(reason) };
    await this.#store.post(id, { id: `cancel:${mode}`, kind: 'cancel', body });
    await this.#wake(id);
  }

  /** @throws UserError as `decide` does: RUN_NOT_FOUND, RUN_ENDED, APPROVAL_UNKNOWN, APPROVAL_DECIDED, APPROVAL_EXPIRED */
  async approve(id: string, callId: string, options: DecisionOptions = {}): Promise<void> {
    await this.#decide(id, callId, true, options);
  }

  /** @throws UserError as `approve` does */
  async reject(id: string, callId: string, options: DecisionOptions = {}): Promise<void> {
    await this.#decide(id, callId, false, options);
  }

  /**
   * Gives the run more to go on with. With a `callId`: the answer to that call, any JSON. Without: a text answers the one call that waits for input, if just one does; all else joins the
   * conversation before the next turn. A `messageId` that was used before changes nothing.
   *
   * @throws UserError RUN_NOT_FOUND, RUN_ENDED. Of an answer also WAIT_UNKNOWN, WAIT_ANSWERED, WAIT_EXPIRED. LimitError MAILBOX_FULL when 1,000 messages wait for the next turn
   */
  async input(id: string, input: RunInput | Json, options: InputOptions = {}): Promise<void> {
    checkInputOptions(options);
    const { callId, ...more } = options;
    if (callId === undefined) await leaveInput(this.#store, id, input, more);
    else await answer(this.#store, id, callId, input as Json, more);
    await this.#wake(id);
  }

  /** The session of this id, as its runs have it. @throws UserError SESSION_ID_INVALID */
  async session(sessionId: string): Promise<Session> {
    return this.#sessions.open(checkSessionId(sessionId));
  }

  /** How a run stands. @throws UserError RUN_NOT_FOUND */
  async get(id: string): Promise<RunStatus> {
    return runStatus(this.#store, id);
  }

  /** Runs, newest first, a page at a time: give the last one's id as `after` for the next. Reads no logs; `get` says more. @throws UserError as `listRuns` does */
  async list(options: ListOptions = {}): Promise<RunSummary[]> {
    return listRuns(this.#store, options);
  }

  /**
   * Takes no more runs, and leaves those under way at their next step boundary, or after `graceMs` (10,000 by default) as they are. Another process goes on with
   * them; none of them ends by this. Resolves when all are let go of. The store stays open. Idempotent.
   */
  async stop(options: StopOptions = {}): Promise<void> {
    checkStopOptions(options);
    const { graceMs = STOP_GRACE_MS } = options;
    // One that could not start has nothing to stop.
    this.#stopped ??= (async () => (await this.#serving?.catch(() => undefined))?.stop({ graceMs }))();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #decide(id: string, callId: string, approved: boolean, options: DecisionOptions): Promise<void> {
    checkDecisionOptions(approved ? 'approve()' : 'reject()', options);
    await decide(this.#store, id, { ...options, callId, approved });
    await this.#wake(id);
  }

  async #begin(plan: RunPlan, agent: string): Promise<void> {
    const { runId: id, submitted } = plan;
    const session = submitted?.sessionId;
    const own = this.#options.driver === undefined;
    const outcome = await writeStart(plan, { session, ...(own && { agent }) });
    if (typeof outcome === 'object') throw sessionBusy(session ?? '', id, outcome.busy);
    // Its lease was written with its beginning.
    if (own && outcome === 'begun') return;
    if (outcome === 'same' && (await hasEnded(this.#store, id))) this.#contexts.delete(id);
    else await this.#driver.submit({ id, agent });
  }

  /** There is something in the run's mailbox. A plain run is its own process's: that hears of it by itself, or takes it when it goes on. */
  async #wake(id: string): Promise<void> {
    const [first] = await this.#store.read(id, 0, 1);
    if (first?.type === 'run.started' && first.registered !== undefined)
      await this.#driver.submit({ id, agent: first.registered });
  }
}
