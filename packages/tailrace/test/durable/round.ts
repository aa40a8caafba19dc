// One file, the runs in it, and everybody around it that is not killed: the model, whoever submits and decides, and what was witnessed.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRuntime, isTerminal, type RunEvent, type Runtime } from '../../src/index.ts';
import { OpenAIResponsesModel } from '../../src/model/index.ts';
import { sqlite, type SqliteStore } from '../../src/store/sqlite.ts';
import { startWireServer, type WireServer } from '../../src/testing/index.ts';
import { scriptedAgent } from './agents.ts';
import type { Child, WorkerWorld } from './children.ts';
import { eventsOf } from './cut.ts';
import { type Chance, long } from './random.ts';
import { answerTo, placeOf, promptOf, type Script, scriptOf, type ScriptOptions } from './script.ts';

/** A request for an answer of the model, by the process that made it. */
export interface Asked {
  run: number;
  turn: number;
  pid: number;
}

export interface Effect {
  tool: string;
  callId: string;
  attempt: number;
  pid: number;
}

export interface RoundOptions extends ScriptOptions {
  leaseMs: number;
  /** Runs of each session, one after the other. */
  chains: number[][];
  chance: Chance;
  /** How long the test's own process waits for the file's lock, in milliseconds: nothing else happens in it meanwhile. 5,000 by default. */
  patienceMs?: number;
}

export class Round implements AsyncDisposable {
  readonly world: WorkerWorld;
  readonly store: SqliteStore;
  readonly runtime: Runtime;
  readonly options: RoundOptions;
  readonly asked: readonly Asked[];
  /** How long the model takes before it begins an answer, in milliseconds. */
  readonly model: { delayMs: number };
  readonly #directory: string = mkdtempSync(join(place(), 'durable-'));
  readonly #server: WireServer;
  readonly #over: AbortController = new AbortController();

  static async begin(options: RoundOptions): Promise<Round> {
    const asked: Asked[] = [];
    const model = { delayMs: 0 };
    const server = await startWireServer({
      script: (request) => {
        asked.push({ ...placeOf(request, options), pid: Number(request.headers['x-worker']) });
        return { ...answerTo(request, options), headDelayMs: model.delayMs };
      },
    });
    return new Round(options, server, asked, model);
  }

  private constructor(options: RoundOptions, server: WireServer, asked: Asked[], pace: { delayMs: number }) {
    this.options = options;
    this.#server = server;
    this.asked = asked;
    this.model = pace;
    const at = (name: string): string => join(this.#directory, name);
    this.world = {
      db: at('runs.db'),
      url: server.url,
      effects: at('effects'),
      traces: at('traces'),
      leaseMs: options.leaseMs,
    };
    this.store = sqlite(this.world.db, { pollMs: 5, busyTimeoutMs: options.patienceMs ?? 5_000 });
    const model = new OpenAIResponsesModel({ baseURL: server.url, apiKey: 'none' }, 'scripted');
    this.runtime = createRuntime({
      store: this.store,
      agents: { first: scriptedAgent(model, this.world.effects) },
    });
  }

  get runs(): number[] {
    return this.options.chains.flat();
  }

  get effects(): Effect[] {
    return this.#lines(this.world.effects).map(([tool = '', callId = '', attempt, pid]) => ({
      tool,
      callId,
      attempt: Number(attempt),
      pid: Number(pid),
    }));
  }

  /** What trace processors were told, by all processes: what, trace, span, process. */
  get told(): string[][] {
    return this.#lines(this.world.traces);
  }

  script(run: number): Script {
    return scriptOf(run, this.options);
  }

  async log(run: number): Promise<RunEvent[]> {
    return eventsOf(this.store, idOf(run));
  }

  /** Submits the runs of each session, the next when the one before has ended, and decides what is asked. Resolves when all have ended. */
  async conduct(submitter?: () => Child): Promise<void> {
    await Promise.all(
      this.options.chains.map(async (chain, index) => {
        for (const run of chain) {
          await this.submit(run, `session${index}`, submitter);
          await this.attend(run);
        }
      }),
    );
  }

  /** By a process that may be killed at it, and then by this one: as somebody who got no answer would. */
  async submit(run: number, session: string, submitter?: () => Child): Promise<void> {
    const [id, input] = [idOf(run), promptOf(run)];
    try {
      if (submitter) {
        await submitter().tell({ do: 'submit', run: id, input, session });
        return;
      }
    } catch (error) {
      if ((error as { code?: string }).code !== 'KILLED') throw error;
      await sleep(20);
    }
    for (;;) {
      try {
        // The same again changes nothing, when it was stored before.
        return void (await this.insist(() => this.runtime.submit('first', input, { runId: id, sessionId: session })));
      } catch (error) {
        // Whoever ended the run before has yet to let go of the session, or to die over it.
        if ((error as { code?: string }).code !== 'SESSION_BUSY') throw error;
        await sleep(5);
      }
    }
  }

  /** Decides what the run asks, but for what was `decided` before. Resolves when it has ended. */
  async attend(run: number, decided: readonly string[] = []): Promise<void> {
    const { signal } = this.#over;
    const { rejected } = this.script(run);
    for await (const event of this.runtime.attach(idOf(run), { signal })) {
      if (isTerminal(event)) return;
      if (event.type !== 'approval.requested' && event.type !== 'wait.started') continue;
      const { callId } = event;
      if (decided.includes(callId) || (event.type === 'wait.started' && event.for === 'timer')) continue;
      await sleep(this.options.chance.upTo(40));
      await this.insist(async () => {
        try {
          if (event.type === 'wait.started') await this.runtime.input(idOf(run), callId, { callId });
          else if (rejected.has(callId)) await this.runtime.reject(idOf(run), callId);
          else await this.runtime.approve(idOf(run), callId);
        } catch (error) {
          // The decision was stored when the file was busy for what follows it.
          if (!TAKEN.has((error as { code?: string }).code)) throw error;
        }
      });
    }
  }

  /** A process that was stopped may hold the file's lock. */
  async insist<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if ((error as { code?: string }).code !== 'STORE_BUSY') throw error;
        await sleep(20);
      }
    }
  }

  #lines(path: string): string[][] {
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.runtime.stop();
    await this.store.close();
    await this.#server.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const TAKEN: ReadonlySet<string | undefined> = new Set(['APPROVAL_DECIDED', 'WAIT_ANSWERED']);

/** Somewhere fast: a process that is killed leaves there what it leaves on a disk. Long runs do without in half of their rounds. */
function place(): string {
  return existsSync('/dev/shm') && !(long && Math.random() < 0.5) ? '/dev/shm' : tmpdir();
}

export function idOf(run: number): string {
  return `run_${run}`;
}

/** Undefined when all runs have ended before the limit, or else how they stand. */
export async function notInTime(round: Round, conducted: Promise<void>, limitMs: number): Promise<string | undefined> {
  const timer = new AbortController();
  const late = sleep(limitMs, true, { signal: timer.signal }).catch(() => false);
  try {
    if (!(await Promise.race([conducted.then(() => false), late]))) return undefined;
  } finally {
    timer.abort();
  }
  const heads = await Promise.all(round.runs.map(async (run) => (await round.log(run)).at(-1)));
  return `not over in time: ${JSON.stringify(heads)}`;
}
