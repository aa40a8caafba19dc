/** What all routes share: the runtime, the options with their defaults, and what is open. */
import { checkStopOptions } from '../runtime/options.ts';
import { createRuntime, type Runtime } from '../runtime/runtime.ts';
import { Access } from './access.ts';
import type { ExposureOf } from './client-view.ts';
import { exposuresOf } from './exposures.ts';
import { OpenStreams } from './open-streams.ts';
import { checkHandlerOptions } from './option-checks.ts';
import { type HandlerOptions, HTTP_DEFAULTS } from './options.ts';
import { Readership } from './readership.ts';
import { type Report, reporter } from './report.ts';
import { RunCap } from './run-cap.ts';

export interface Service {
  readonly runtime: Runtime;
  readonly options: HandlerOptions;
  readonly limits: typeof HTTP_DEFAULTS;
  readonly access: Access;
  readonly report: Report;
  readonly exposureOf: ExposureOf;
  readonly streams: OpenStreams;
  readonly runCap: RunCap;
  readonly readership: Readership;
  /** Resolves when a runtime that the handler owns drives. */
  readonly ready: Promise<void>;
  /** Aborts once it is told to stop: nothing new is taken, and nobody is waited for. */
  readonly stopping: AbortSignal;
  /** Aborts when the runs have been let go of: an answer that waits for one's end is given as the run stands. */
  readonly stopped: AbortSignal;
  /** Takes nothing more, ends the streams so that their readers come back elsewhere, lets go of the runs, and sees the answers out. Idempotent. */
  readonly stop: (options?: { graceMs?: number }) => Promise<void>;
}

const STOP_GRACE_MS = 10_000;
/** How long clients may take to take the last of their answers when the server stops. */
const LAST_WORD_MS = 1_000;

function ownRuntime(
  { agents, store, runConfig }: Extract<HandlerOptions, { agents: object }>,
  report: Report,
): Runtime {
  return createRuntime({
    agents,
    store,
    ...(runConfig && { runConfig }),
    onDriveError: (error) => report(error, undefined),
  });
}

/** @throws UserError for options that cannot work */
export function serviceOf(options: HandlerOptions): Service {
  checkHandlerOptions(options);
  const report = reporter(options);
  const runtime = options.runtime ?? ownRuntime(options, report);
  const given = {
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
    ...(options.recheckMs !== undefined && { recheckMs: options.recheckMs }),
    ...(options.onDisconnect !== undefined && { onDisconnect: options.onDisconnect }),
  };
  const limits = { ...HTTP_DEFAULTS, ...options.limits, ...given };
  const ready = options.runtime ? Promise.resolve() : runtime.start();
  // Whoever awaits it gets the error; a handler that nobody calls must not end the process.
  ready.catch(() => undefined);
  const streams = new OpenStreams(limits);
  const readership = readershipOf(runtime);
  const stopping = new AbortController();
  const stopped = new AbortController();
  const ownsRuntime = options.runtime === undefined;
  let stop: Promise<void> | undefined;
  const over = async (graceMs: number): Promise<void> => {
    stopping.abort();
    // First: a reader that is sent away by us has not left.
    readership.close();
    streams.dismissAll();
    if (ownsRuntime) await runtime.stop({ graceMs });
    stopped.abort();
    await streams.emptied(LAST_WORD_MS);
    streams.closeAll();
  };
  return {
    runtime,
    options,
    limits,
    access: new Access({ store: runtime.store, authorize: options.authorize, authorizeMs: limits.authorizeMs, report }),
    report,
    exposureOf: exposuresOf(runtime.agents.values()),
    streams,
    runCap: new RunCap(runtime.store, limits),
    readership,
    ready,
    stopping: stopping.signal,
    stopped: stopped.signal,
    stop: async (options = {}) => {
      checkStopOptions(options);
      await (stop ??= over(options.graceMs ?? STOP_GRACE_MS));
    },
  };
}

function readershipOf(runtime: Runtime): Readership {
  const { store, leaseMs } = runtime;
  return new Readership({
    presence: store.presence,
    leaseMs,
    policyOf: async (run) => {
      const [[started], head] = await Promise.all([store.read(run, 0, 1), store.head(run)]);
      return started?.type === 'run.started' && head?.ended === false ? started.onDisconnect : undefined;
    },
    cancel: async (run) => {
      const head = await store.head(run);
      const [last] = head ? await store.read(run, head.next - 1, 1) : [];
      if (last?.type !== 'run.suspended') await runtime.cancel(run, { reason: 'the last reader left' });
    },
  });
}
