import type { Subject, Task } from '../task.ts';

/** Named figures of one process. */
export type Figures = Record<string, number>;

export interface CaseOptions {
  /** Of the model server, without a path; undefined for cases that need none. */
  readonly server: string;
  /** Fewer repetitions. */
  readonly quick: boolean;
}

export type Case = (subject: Subject, options: CaseOptions) => Promise<Figures>;

export interface Spent {
  cpuMs: number;
  wallMs: number;
}

/** What `work` cost this process, a time; user and system time of all its threads, the garbage collector's among them. */
export async function spent(times: number, work: () => Promise<unknown>): Promise<Spent> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  for (let time = 0; time < times; time++) await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1_000 / times, wallMs: (performance.now() - wall) / times };
}

export function taskOf(model: string, more: Partial<Task> = {}): Task {
  return { model, url: undefined, toolMs: 0, tracing: true, ...more };
}
