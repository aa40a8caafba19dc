// An engine as small as one can be: it keeps its calls open while runs wait, as engines with durable promises do, and takes no lease.
import type { Drive, DrivenRun, DriveOutcome, Driver, DriveRun, ServeOptions, Serving } from '../../src/index.ts';

interface Server extends ServeOptions {
  drive: DriveRun;
  busy: Set<Promise<void>>;
  leave: AbortController;
  now: AbortController;
}

interface Known extends DrivenRun {
  wanted: boolean;
  driven: boolean;
  wake: (() => void) | undefined;
}

/** What the engine's own store would hold. */
export class EngineHub {
  readonly #runs: Map<string, Known> = new Map();
  readonly #servers: Set<Server> = new Set();

  driver(): Driver {
    return {
      submit: (run) => this.#submit(run),
      serve: (drive, options) => this.#serve({ ...options, drive, ...stopping() }),
    };
  }

  #submit(run: DrivenRun): void {
    const known = this.#runs.get(run.id) ?? { ...run, wanted: false, driven: false, wake: undefined };
    this.#runs.set(run.id, known);
    known.wanted = true;
    known.wake?.();
    this.#deal();
  }

  #serve(server: Server): Serving {
    this.#servers.add(server);
    this.#deal();
    return {
      stop: async ({ graceMs }) => {
        this.#servers.delete(server);
        server.leave.abort();
        const grace = setTimeout(() => server.now.abort(), graceMs);
        while (server.busy.size > 0) await Promise.all(server.busy);
        clearTimeout(grace);
      },
    };
  }

  #deal(): void {
    for (const run of this.#runs.values()) {
      if (!run.wanted || run.driven) continue;
      const free = [...this.#servers].find(
        ({ busy, concurrency, agents }) => busy.size < concurrency && agents.includes(run.agent),
      );
      if (free) this.#call(free, run);
    }
  }

  #call(server: Server, run: Known): void {
    run.driven = true;
    const call = this.#driven(server, run).finally(() => {
      server.busy.delete(call);
      run.driven = false;
      this.#deal();
    });
    server.busy.add(call);
  }

  async #driven(server: Server, run: Known): Promise<void> {
    run.wanted = false;
    const { id, agent } = run;
    const drive: Drive = {
      id,
      agent,
      signal: server.now.signal,
      leave: server.leave.signal,
      wait: async (until) => {
        if (!run.wanted) await this.#woken(run, until, server.leave.signal);
        run.wanted = server.leave.signal.aborted;
        return !run.wanted;
      },
    };
    const outcome: DriveOutcome | 'failed' = await server.drive(drive).catch(() => 'failed');
    if (outcome === 'ended') this.#runs.delete(id);
    else run.wanted = true;
  }

  #woken(run: Known, until: number | undefined, leave: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = until === undefined ? undefined : setTimeout(() => run.wake?.(), until - Date.now());
      run.wake = () => {
        clearTimeout(timer);
        run.wake = undefined;
        resolve();
      };
      leave.addEventListener('abort', () => run.wake?.(), { once: true });
    });
  }
}

function stopping(): Pick<Server, 'busy' | 'leave' | 'now'> {
  return { busy: new Set(), leave: new AbortController(), now: new AbortController() };
}
