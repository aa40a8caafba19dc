import type { Awaitable } from './log-store.ts';

/** A run, as an engine knows it. */
export interface DrivenRun {
  id: string;
  /** The name that its agent is registered by. */
  agent: string;
}

/** How a call of `DriveRun` came back: the run has ended; it waits (after `Drive.wait`); or it was left to another process. */
export type DriveOutcome = 'ended' | 'waiting' | 'left';

/** One run in the hands of this process. */
export interface Drive extends DrivenRun {
  /** True when whoever drove the run last may have died over it: it never let go of it, or its drive failed. False: it left it. Undefined where the engine does not know. */
  readonly abandoned?: boolean;
  /** Aborts when this process must let go of the run now: it has lost it, or its time to stop is over. */
  readonly signal: AbortSignal;
  /** Aborts when this process is asked to leave the run at its next step boundary. */
  readonly leave: AbortSignal;
  /**
   * The run waits: for `submit` to be called for it, or until `until` (wall clock, milliseconds since the epoch). True: that has come, go on here. False:
   * return `waiting`; the run is driven again, here or elsewhere, when it has.
   */
  wait(until: number | undefined): Promise<boolean>;
}

/** Drives a run until it ends, waits, or is left. A rejection: the run is driven again a little later. */
export type DriveRun = (drive: Drive) => Promise<DriveOutcome>;

export interface ServeOptions {
  /** Names of the agents whose runs can be driven here. */
  agents: readonly string[];
  /** How many runs at the same time. */
  concurrency: number;
  /** The version of the program that drives: an engine may keep runs with the version that they began with. */
  codeVersion?: string;
  /** Told when the engine cannot look for runs to drive, once until it can again. */
  onOutage?: (error: unknown) => void;
}

export interface Serving {
  /**
   * Takes no more runs, asks those under way to leave at their next step boundary, and after `graceMs` aborts them. Resolves when all are let go of. Idempotent.
   */
  stop(options: { graceMs: number }): Promise<void>;
}

/**
 * Decides who drives a run, and when. It never journals steps: what a run has done is in its log, and an engine that calls twice, or in two places, costs time and
 * nothing else. The contract suite `driverContract` in `tailrace/testing` says it as tests; in short:
 *
 * - A run that was submitted is driven until a call comes back with `ended`, also when the process that drove it is gone.
 * - Submitted again while it waits, or while it is being driven, it is driven again.
 * - Of all processes that serve, one at a time drives a run, as far as the engine can know; the log's epochs guard the rest.
 */
export interface Driver {
  /** Asks for the run to be driven. Durable when it resolves. */
  submit(run: DrivenRun): Awaitable<void>;
  /** Takes up what is submitted and nobody drives. */
  serve(drive: DriveRun, options: ServeOptions): Awaitable<Serving>;
}
