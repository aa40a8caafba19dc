/** What a runtime and its calls are told, and how it is checked. */
import type { AnyAgent } from '../agent/agent.ts';
import { isAgent } from '../agent/agent-parts.ts';
import { checkJson, checkKinds, checkOptions } from '../agent/option.ts';
import type { Json } from '../base/json.ts';
import { UserError } from '../event/errors.ts';
import type { OnDisconnect } from '../event/run-event.ts';
import type { ReadLogOptions } from '../log/reader.ts';
import type { DrivenRun, Driver } from '../port/driver.ts';
import type { LogStore } from '../port/log-store.ts';
import { checkSessionId } from '../port/session-id.ts';
import type { Session } from '../port/session.ts';
import type { AnswerOptions } from '../run/answer.ts';
import type { RunConfig } from '../run/options.ts';
import { checkOnDisconnect } from './on-disconnect.ts';
import type { RunInfo } from './segment.ts';

/** What a runtime works with. */
export interface RuntimeOptions {
  /** Where logs are kept, and, without a `driver`, who drives what: `sqlite(path)` for any number of processes. */
  store: LogStore;
  /** By the names that runs are submitted with. A name must mean the same agent in every process. */
  agents: Readonly<Record<string, AnyAgent>>;
  /** For all runs. */
  runConfig?: Omit<Partial<RunConfig>, 'store'>;
  /** Makes the context of a run, once for each segment. What it throws ends the run. */
  context?: (run: RunInfo) => unknown;
  /** Opens a session by its id. By default the store's own; in this process's memory where it keeps none. */
  sessions?: (sessionId: string) => Session | Promise<Session>;
  /** Who decides where and when runs are driven. By default the processes that share the store do. */
  driver?: Driver;
  /** For the default driver: how long a process may give no sign of life before others take its runs, in milliseconds. 10,000 by default. */
  leaseMs?: number;
  /** Runs driven at the same time by this process. 16 by default. */
  concurrency?: number;
  /** How many processes in a row may die on a run without completing a step; then it ends with `RUN_POISONED`. 5 by default. */
  maxTakeovers?: number;
  /**
   * Told of what kept this process from driving a run: another try follows, here or elsewhere. Without a run: it cannot look for runs, because the store does not
   * answer; told once until the store does again. What it throws, or rejects with, is ignored.
   */
  onDriveError?: (error: unknown, run: DrivenRun | undefined) => void;
}

/** JSON only: nothing else outlives the process. */
export interface SubmitOptions {
  /** The conversation that the run belongs to. One run at a time has it. */
  sessionId?: string;
  /** A conversation that the provider keeps, as in `run()`. One of the three. */
  conversationId?: string;
  /** The same, as a chain of responses that begins with this one. */
  previousResponseId?: string;
  /** Comes back from `get` and `list`. */
  metadata?: Json;
  /** 1 to 128 of `A-Z a-z 0-9 _ -`; a random one by default. */
  runId?: string;
  /** On whose behalf it runs: comes back from `get` and `list`, and the HTTP handler lets only them at the run. */
  principal?: string;
  /** For readers that count themselves, as the HTTP handler's do: what follows when the last one has left before the end. `'continue'` by default. */
  onDisconnect?: OnDisconnect;
  /** Model turns. 10 by default; null: no limit. */
  maxTurns?: number | null;
  /** The W3C header of the request that submits it: the run is in that trace. Of no effect when it is no such header. */
  traceparent?: string;
}

/** What only this process has. */
export interface LocalOptions {
  /** The run's context in the segments that this process drives, in place of the runtime's `context`. Let go of with the run. */
  context?: unknown;
}

export interface DecisionOptions {
  /** Who decides. */
  by?: string;
  /** What the model is told of a rejection. */
  message?: string;
  /** Holds for all later calls of the same tool by the same agent, too. */
  always?: boolean;
}

/** What `input` is told. */
export interface InputOptions extends AnswerOptions {
  /** The call that this answers. */
  callId?: string;
}

/** What `attach` is told. */
export type AttachOptions = Pick<ReadLogOptions, 'from' | 'signal'>;

/** What `stop` is told. */
export interface StopOptions {
  /** How long runs under way may take to their next step boundary, in milliseconds. 10,000 by default. */
  graceMs?: number;
}

const OPTION_NAMES = [
  'store',
  'agents',
  'runConfig',
  'context',
  'sessions',
  'driver',
  'leaseMs',
  'concurrency',
  'maxTakeovers',
  'onDriveError',
] as const;

/** @throws UserError OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE */
export function checkRuntimeOptions(options: RuntimeOptions): void {
  checkOptions('createRuntime()', options, OPTION_NAMES);
  const { store, agents }: { store: unknown; agents: unknown } = options;
  if (typeof store !== 'object' || store === null) {
    throw new UserError('createRuntime() needs a store that outlives the process, such as sqlite(path).', {
      code: 'OPTION_TYPE',
    });
  }
  if (typeof agents !== 'object' || agents === null || Array.isArray(agents) || !Object.values(agents).every(isAgent)) {
    throw new UserError(
      'createRuntime() needs its agents by the names that runs are submitted under: { agents: { support: agent } }.',
      { code: 'OPTION_TYPE' },
    );
  }
  checkAtLeast('leaseMs', options.leaseMs, 30);
  checkAtLeast('concurrency', options.concurrency, 1);
  checkAtLeast('maxTakeovers', options.maxTakeovers, 1);
}

/** @throws UserError OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE, SESSION_ID_INVALID */
export function checkSubmitOptions(options: SubmitOptions, local: LocalOptions): void {
  checkKinds('submit()', options, {
    sessionId: 'other',
    conversationId: 'text',
    previousResponseId: 'text',
    metadata: 'other',
    runId: 'other',
    principal: 'text',
    onDisconnect: 'other',
    maxTurns: 'other',
    traceparent: 'text',
  });
  checkKinds('submit()', local, { context: 'other' });
  checkJson('metadata', options.metadata);
  if (options.sessionId !== undefined) checkSessionId(options.sessionId);
  checkOnDisconnect('submit()', options.onDisconnect);
}

/** @throws UserError OPTION_UNKNOWN, OPTION_TYPE */
export function checkAttachOptions(options: AttachOptions): void {
  checkKinds('attach()', options, { from: 'other', signal: 'other' });
  if (options.signal === undefined || options.signal instanceof AbortSignal) return;
  throw new UserError(`attach(): signal must be an AbortSignal, got ${typeof options.signal}.`, {
    code: 'OPTION_TYPE',
  });
}

/** @throws UserError OPTION_UNKNOWN, OPTION_TYPE */
export function checkDecisionOptions(where: string, options: DecisionOptions): void {
  checkKinds(where, options, { by: 'text', message: 'text', always: 'flag' });
}

/** @throws UserError OPTION_UNKNOWN, OPTION_TYPE */
export function checkInputOptions(options: InputOptions): void {
  checkKinds('input()', options, { callId: 'text', by: 'text', step: 'text', messageId: 'text' });
}

/** @throws UserError OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE */
export function checkStopOptions(options: StopOptions): void {
  checkKinds('stop()', options, { graceMs: 'other' });
  checkMs('stop(): graceMs', options.graceMs);
}

function checkMs(name: string, value: number | undefined): void {
  if (value === undefined || (typeof value === 'number' && value >= 0)) return;
  throw new UserError(`${name} must be a number of milliseconds, 0 or more, got ${String(value)}.`, {
    code: 'OPTION_RANGE',
  });
}

function checkAtLeast(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw new UserError(`${name} must be a whole number of ${least} or more, got ${String(value)}.`, {
    code: 'OPTION_RANGE',
  });
}
