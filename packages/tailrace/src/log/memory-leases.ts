import type { RunEvent, RunStarted } from '../event/run-event.ts';
import type { BeginHolds, BeginOutcome, Lease, LeaseNext, LeaseStore } from '../port/lease-store.ts';
import type { RunHead } from '../port/log-store.ts';

/** The logs beside the leases. */
export interface LogsOfLeases {
  head(run: string): RunHead | undefined;
  claim(run: string): { epoch: number };
  append(run: string, epoch: number, clientSeq: number, events: readonly RunEvent[], durability: 'full'): void;
}

/** Leases in this process's memory: for runtimes that share one store object. */
export class MemoryLeases implements LeaseStore {
  readonly #rows: Map<string, Lease> = new Map();
  readonly #sessions: Map<string, string> = new Map();
  readonly #watchers: Set<() => void> = new Set();
  readonly #logs: LogsOfLeases;

  constructor(logs: LogsOfLeases) {
    this.#logs = logs;
  }

  begin(run: string, started: RunStarted, { agent, session }: BeginHolds): BeginOutcome {
    if ((this.#logs.head(run)?.next ?? 0) > 0) return 'exists';
    const holder = session === undefined ? undefined : this.#sessions.get(session);
    if (holder !== undefined && holder !== run && this.#logs.head(holder)?.ended === false) return { busy: holder };
    const { epoch } = this.#logs.claim(run);
    this.#logs.append(run, epoch, 1, [{ ...started, run, seq: 0, epoch, at: Date.now() }], 'full');
    if (session !== undefined) this.#sessions.set(session, run);
    if (agent !== undefined) this.want(run, agent);
    return 'begun';
  }

  want(run: string, agent: string): void {
    const row = this.#rows.get(run);
    if (row) row.wanted = true;
    else this.#rows.set(run, { run, agent, owner: undefined, beat: 0, wanted: true, wakeAt: undefined });
    this.#wake();
  }

  due(now: number): Lease[] {
    const isDue = ({ owner, wanted, wakeAt }: Lease): boolean =>
      owner !== undefined || wanted || (wakeAt !== undefined && wakeAt <= now);
    return [...this.#rows.values()].filter(isDue).map((row) => ({ ...row }));
  }

  take(seen: Pick<Lease, 'run' | 'owner' | 'beat'>, owner: string): boolean {
    const row = this.#rows.get(seen.run);
    if (row === undefined || row.owner !== seen.owner || row.beat !== seen.beat) return false;
    Object.assign(row, { owner, beat: row.beat + 1, wanted: false, wakeAt: undefined });
    return true;
  }

  beat(owner: string): string[] {
    const held = [...this.#rows.values()].filter((row) => row.owner === owner);
    for (const row of held) row.beat += 1;
    return held.map(({ run }) => run);
  }

  release(run: string, owner: string, next: LeaseNext): void {
    const row = this.#rows.get(run);
    if (row?.owner !== owner) return;
    const free = { owner: undefined, beat: row.beat + 1 };
    if (next === 'done') this.#rows.delete(run);
    else if (next === 'wanted') Object.assign(row, free, { wanted: true });
    else Object.assign(row, free, { wakeAt: next.wakeAt });
    this.#wake();
  }

  holdSession(session: string, run: string, instead?: string): string {
    const holder = this.#sessions.get(session);
    if (holder !== undefined && holder !== instead) return holder;
    this.#sessions.set(session, run);
    return run;
  }

  dropSession(session: string, run: string): void {
    if (this.#sessions.get(session) === run) this.#sessions.delete(session);
  }

  watchLeases(wake: () => void): Disposable {
    this.#watchers.add(wake);
    return { [Symbol.dispose]: () => void this.#watchers.delete(wake) };
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
  }
}
