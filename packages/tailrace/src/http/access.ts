/** Who may do what. The one place that resolves the principal, and compares them with the run's. */
import { AbortScope, abortable } from '../base/abort.ts';
import { systemClock } from '../base/clock.ts';
import { RUN_ID } from '../base/id.ts';
import { UserError } from '../event/errors.ts';
import type { EventEnvelope, RunStarted } from '../event/run-event.ts';
import type { LogStore } from '../port/log-store.ts';
import { HttpError } from './http-error.ts';
import type { Action, Authorize, AuthorizeTarget, Principal } from './options.ts';
import type { Report } from './report.ts';

/** Whoever asks a handler without `authorize`: only loopback requests get so far. */
const LOCAL: Principal = { id: 'local', allRuns: true };

export type StartedRun = RunStarted & EventEnvelope;

/** Whether a principal still stands for whoever asked. `unknown`: nobody could say. */
export type Standing = 'stands' | 'gone' | 'unknown';

export interface AccessOptions {
  store: LogStore;
  authorize: Authorize | undefined;
  authorizeMs: number;
  report: Report;
}

export class Access {
  readonly #store: LogStore;
  readonly #authorize: Authorize | undefined;
  readonly #authorizeMs: number;
  readonly #report: Report;

  constructor({ store, authorize, authorizeMs, report }: AccessOptions) {
    this.#store = store;
    this.#authorize = authorize;
    this.#authorizeMs = authorizeMs;
    this.#report = report;
  }

  /** @throws HttpError UNAUTHORIZED, FORBIDDEN, AUTHORIZE_TIMEOUT. UserError PRINCIPAL_INVALID, and what `authorize` throws */
  async principal(request: Request, target: AuthorizeTarget): Promise<Principal> {
    const principal = await this.#ask(request, target);
    if (principal) return principal;
    if (principal === false) throw new HttpError('FORBIDDEN', 'This is not yours to do.');
    throw unauthorized();
  }

  /**
   * Refuses whoever is nobody that is known. What the known may not do is for the question that their request comes to, when it has been read.
   *
   * @throws HttpError UNAUTHORIZED, and what `principal` throws
   */
  async known(request: Request, target: AuthorizeTarget): Promise<void> {
    if ((await this.#ask(request, target)) === null) throw unauthorized();
  }

  /**
   * The principal and the run that they may act on. To everybody else it does not exist: a run of somebody else's, and one that is not there, get the same answer.
   *
   * @throws HttpError NOT_FOUND, RUN_ID_INVALID, and what `principal` throws
   */
  async run(request: Request, action: Action, runId: string): Promise<{ principal: Principal; started: StartedRun }> {
    if (!RUN_ID.test(runId) || runId === '__proto__')
      throw new HttpError('RUN_ID_INVALID', 'A run id is 1 to 128 letters, digits, underscores or hyphens.');
    const [principal, [started]] = await Promise.all([
      this.principal(request, { action, runId }),
      this.#store.read(runId, 0, 1),
    ]);
    if (started?.type === 'run.started' && (principal.allRuns === true || started.principal === principal.id))
      return { principal, started };
    throw new HttpError('NOT_FOUND', 'There is no such run.');
  }

  /** For streams that are open for long. Never rejects: whoever made it unknown is told of in `onError`. */
  async standing(request: Request, target: AuthorizeTarget, principal: Principal): Promise<Standing> {
    try {
      const now = await this.#ask(request, target);
      if (!now || now.id !== principal.id) return 'gone';
      // Who may act on all runs no more still may on their own.
      if (principal.allRuns !== true || now.allRuns === true || target.runId === undefined) return 'stands';
      const [started] = await this.#store.read(target.runId, 0, 1);
      return started?.type === 'run.started' && started.principal === now.id ? 'stands' : 'gone';
    } catch (error) {
      this.#report(error, request);
      return 'unknown';
    }
  }

  /** True when `principal` may do that, too. */
  async still(request: Request, target: AuthorizeTarget, principal: Principal): Promise<boolean> {
    return (await this.standing(request, target, principal)) === 'stands';
  }

  async #ask(request: Request, target: AuthorizeTarget): Promise<Principal | null | false> {
    if (!this.#authorize) return LOCAL;
    using late = new AbortScope();
    using _timer = systemClock.timer(this.#authorizeMs, () => late.abort(timedOut()));
    const given = await abortable(this.#authorize(request, target), late);
    if (given === false || isPrincipal(given)) return given;
    if (given === null || given === undefined) return null;
    throw noPrincipal(given);
  }
}

function isPrincipal(given: unknown): given is Principal {
  if (typeof given !== 'object' || given === null || !('id' in given)) return false;
  return typeof given.id === 'string' && given.id !== '';
}

function noPrincipal(given: unknown): UserError {
  const got = typeof given !== 'object' ? typeof given : 'an object without such an id';
  return new UserError(
    `authorize must give { id } with a non-empty text, null for nobody that is known, or false for what they may not do; got ${got}.`,
    { code: 'PRINCIPAL_INVALID' },
  );
}

function unauthorized(): HttpError {
  return new HttpError('UNAUTHORIZED', 'This request is not authorized.');
}

function timedOut(): HttpError {
  return new HttpError('AUTHORIZE_TIMEOUT', 'Who asks could not be found out in time. Ask again.', {
    headers: { 'retry-after': '1' },
  });
}
