/** What a handler is told. */
import type { AnyAgent } from '../agent/agent.ts';
import type { OnDisconnect } from '../event/run-event.ts';
import type { LogStore } from '../port/log-store.ts';
import type { RuntimeOptions } from '../runtime/options.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What somebody wants to do. `inspect`: see a run as its log holds it, with prompts, arguments, spans and error texts. */
export type Action =
  | 'run'
  | 'read'
  | 'list'
  | 'cancel'
  | 'approve'
  | 'input'
  | 'inspect'
  | 'delete'
  | 'session.read'
  | 'session.delete';

/** Who asks. */
export interface Principal {
  /** Stored with each run that they submit. Never empty. */
  id: string;
  /** May act on runs of others, too: `authorize` has decided that itself, by the run's id. */
  allRuns?: boolean;
}

export interface AuthorizeTarget {
  action: Action;
  runId?: string;
  sessionId?: string;
}

/**
 * Says who asks. `null`: nobody that is known (401); `false`: they are known, and may not do this (403). Runs of other principals are 404 to them without its doing.
 * Asked on every request, on every reconnect, and again while a stream is open. About a request that begins a run it is asked twice: for `{ action: 'run' }` before the body is
 * read, where only `null` ends it, and then, with the session that the body names, whether they may. What it throws is a 500, and so is anything else that it gives.
 */
export type Authorize = (
  request: Request,
  target: AuthorizeTarget,
) => Principal | null | undefined | false | Promise<Principal | null | undefined | false>;

export interface HandlerLimits {
  /** Bytes of a request's body. 1 MiB by default; more is answered with 413. */
  bodyBytes?: number;
  /** Levels of a body's JSON. 64 by default. */
  bodyDepth?: number;
  /** How long a body may take to arrive, in milliseconds. 30,000 by default. */
  bodyMs?: number;
  /** Unfinished runs that one principal may have. 100 by default. */
  runsPerPrincipal?: number;
  /** Open streams that one principal may have. 100 by default. */
  streamsPerPrincipal?: number;
  /** Bytes that wait for one slow client; it is read on when they have gone out. 1 MiB by default. */
  bufferedBytes?: number;
  /** How long a client may take nothing before its connection is closed, to be resumed. 120,000 by default. */
  stallMs?: number;
  /** How long `authorize` may take, in milliseconds: a request is answered with 503 then, and a stream ended, to be resumed. 10,000 by default. */
  authorizeMs?: number;
}

interface CommonOptions {
  /**
   * Who may do what. Without it only requests to a loopback name are served, and with `createNodeListener` and `serve` only on a loopback address. A proxy on this machine,
   * and `createHandler` in a server that others reach, need it: what they pass on can look as if it came from here.
   */
  authorize?: Authorize;
  /**
   * Makes the context of a posted run, for the segments that this process drives. A segment that another process drives gets the `context` of its runtime, which is
   * told the principal's id.
   */
  context?: (request: Request, principal: Principal) => unknown;
  /** Where the routes begin. '' by default. */
  basePath?: string;
  /** What follows when the last reader of a streamed run leaves before its end. `{ cancelAfterMs: 30_000 }` by default. */
  onDisconnect?: OnDisconnect;
  /** Clients of the AI SDK and of AG-UI are told what models reason, where their providers tell it. False by default. */
  exposeReasoning?: boolean;
  /**
   * Origins that a browser may call from. None by default: then no request that names another origin is served. `credentials: true` lets their pages send cookies; without
   * it a browser sends none and hands out no answer to a request that asked for them.
   */
  cors?: { origins: readonly string[]; credentials?: boolean };
  /** Names under which this server may be addressed, beside loopback ones: the request's Host. Any, by default, once `authorize` is given. */
  hosts?: readonly string[];
  /** A comment is sent on a stream that was silent for so long, in milliseconds. 15,000 by default. */
  heartbeatMs?: number;
  /** `authorize` is asked again about an open stream after so long, in milliseconds. 60,000 by default. */
  recheckMs?: number;
  limits?: HandlerLimits;
  /**
   * Told of what went wrong here, which the client sees only as a code; without a request when a run of the handler's own runtime cannot be driven, and waits for a process
   * that can, or when that runtime cannot look for runs. What it throws, or rejects with, is ignored.
   */
  onError?: (error: unknown, request: Request | undefined) => void;
}

/** `{ agents, store }` in place of `runtime` makes a runtime that the handler owns, and starts. */
export type HandlerOptions = CommonOptions &
  (
    | { runtime: Runtime; agents?: never; store?: never; runConfig?: never }
    | {
        runtime?: never;
        agents: Readonly<Record<string, AnyAgent>>;
        store: LogStore;
        /** For all runs, as `createRuntime` takes it. */
        runConfig?: RuntimeOptions['runConfig'];
      }
  );

export const HTTP_DEFAULTS: Required<HandlerLimits> & {
  heartbeatMs: number;
  recheckMs: number;
  onDisconnect: OnDisconnect;
} = {
  bodyBytes: 1024 * 1024,
  bodyDepth: 64,
  bodyMs: 30_000,
  runsPerPrincipal: 100,
  streamsPerPrincipal: 100,
  bufferedBytes: 1024 * 1024,
  stallMs: 120_000,
  authorizeMs: 10_000,
  heartbeatMs: 15_000,
  recheckMs: 60_000,
  onDisconnect: { cancelAfterMs: 30_000 },
};
