// An engine as small as one can be: it keeps its calls open while runs wait, as engines with durable promises do, and takes no lease.
import type { Drive, DrivenRun, DriveOutcome, Driver, DriveRun, ServeOptions, Serving } from '../../src/index.ts';

interface Server extends ServeOptions {
  drive: DriveRun;
  busy: Set<Promise<void>>;
  leave: AbortController;
  now: AbortController;
  dead: boolean;
}

interface Known extends DrivenRun {
  wanted: boolean;
  driven: Server | undefined;
  wake: (() => void) | undefined;
}

/** What the engine's own store would hold. */
export class EngineHub {
  readonly #runs: Map<string, Known> = new Map();
  readonly #servers: Set<Server> = new Set();

  driver(onServe: (server: Server) => void = () => undefined): Driver {
    return {
      submit: (run) => this.#submit(run),
      serve: (drive, options) => {
        const server: Server = { ...options, drive, dead: false, ...stopping() };
        onServe(server);
        return this.#serve(server);
      },
    };
  }

  /** One whose process may end: the engine sees that its connection is gone, and calls somebody else. */
  doomed(): { driver: Driver; die: () => void } {
    const servers: Server[] = [];
    return {
      driver: this.driver((server) => servers.push(server)),
      die: () => servers.forEach((one) => this.#bury(one)),
    };
  }

  #bury(server: Server): void {
    server.dead = true;
    this.#servers.delete(server);
    for (const run of this.#runs.values()) {
      if (run.driven !== server) continue;
      run.driven = undefined;
      run.wanted = true;
    }
    this.#deal();
  }

  #submit(run: DrivenRun): void {
    const known = this.#runs.get(run.id) ?? { ...run, wanted: false, driven: undefined, wake: undefined };
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
    run.driven = server;
    const call = this.#driven(server, run).finally(() => {
      server.busy.delete(call);
      if (server.dead) return;
      run.driven = undefined;
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
    if (server.dead) return;
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
