/** Who may do what. The one place that resolves the principal, and compares them with the run's. */
import { RUN_ID } from '../base/id.ts';
import type { EventEnvelope, RunStarted } from '../event/run-event.ts';
import type { LogStore } from '../port/log-store.ts';
import { HttpError } from './http-error.ts';
import type { Action, Authorize, AuthorizeTarget, Principal } from './options.ts';

/** Whoever asks a handler without `authorize`: only loopback requests get so far. */
const LOCAL: Principal = { id: 'local', allRuns: true };

export type StartedRun = RunStarted & EventEnvelope;

export class Access {
  readonly #store: LogStore;
  readonly #authorize: Authorize | undefined;

  constructor(store: LogStore, authorize: Authorize | undefined) {
    this.#store = store;
    this.#authorize = authorize;
  }

  /** @throws HttpError UNAUTHORIZED, FORBIDDEN */
  async principal(request: Request, target: AuthorizeTarget): Promise<Principal> {
    if (!this.#authorize) return LOCAL;
    const principal = await this.#authorize(request, target);
    if (principal) return principal;
    if (principal === false) throw new HttpError('FORBIDDEN', 'This is not yours to do.');
    throw new HttpError('UNAUTHORIZED', 'This request is not authorized.');
  }

  /**
   * The principal and the run that they may act on. To everybody else it does not exist: a run of somebody else's, and one that is not there, get the same answer.
   *
   * @throws HttpError NOT_FOUND, UNAUTHORIZED, FORBIDDEN
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

  /** True when `principal` still stands for whoever asked. For streams that are open for long. */
  async still(request: Request, target: AuthorizeTarget, principal: Principal): Promise<boolean> {
    if (!this.#authorize) return true;
    try {
      const now = await this.#authorize(request, target);
      return typeof now === 'object' && now?.id === principal.id;
    } catch {
      return false;
    }
  }
}
