/** What all routes share: the runtime, the options with their defaults, and what is open. */
import { createRuntime, type Runtime } from '../runtime/runtime.ts';
import { Access } from './access.ts';
import type { ExposureOf } from './client-view.ts';
import { exposuresOf } from './exposures.ts';
import { OpenStreams } from './open-streams.ts';
import { checkHandlerOptions, type HandlerOptions, HTTP_DEFAULTS } from './options.ts';
import { Readership } from './readership.ts';

export interface Service {
  readonly runtime: Runtime;
  readonly options: HandlerOptions;
  readonly limits: typeof HTTP_DEFAULTS;
  readonly access: Access;
  readonly exposureOf: ExposureOf;
  readonly streams: OpenStreams;
  readonly readership: Readership;
  /** Resolves when a runtime that the handler owns drives. */
  readonly ready: Promise<void>;
  readonly ownsRuntime: boolean;
  /** True once it is told to stop: nothing new is taken. */
  stopping: boolean;
}

/** @throws UserError for options that cannot work */
export function serviceOf(options: HandlerOptions): Service {
  checkHandlerOptions(options);
  const runtime = options.runtime ?? createRuntime({ agents: options.agents, store: options.store });
  const given = {
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
    ...(options.recheckMs !== undefined && { recheckMs: options.recheckMs }),
    ...(options.onDisconnect !== undefined && { onDisconnect: options.onDisconnect }),
  };
  const limits = { ...HTTP_DEFAULTS, ...options.limits, ...given };
  const ready = options.runtime ? Promise.resolve() : runtime.start();
  // Whoever awaits it gets the error; a handler that nobody calls must not end the process.
  ready.catch(() => undefined);
  return {
    runtime,
    options,
    limits,
    access: new Access(runtime.store, options.authorize),
    exposureOf: exposuresOf(runtime.agents.values()),
    streams: new OpenStreams(limits),
    readership: new Readership((run) => runtime.cancel(run, { reason: 'the last reader left' })),
    ready,
    ownsRuntime: options.runtime === undefined,
    stopping: false,
  };
}
