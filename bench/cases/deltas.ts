/** 10,000 deltas: over HTTP, in writes of 16 events and of one, and with the model in this process. */
import type { Subject, Task } from '../task.ts';
import { type Case, type CaseOptions, type Figures, spent, taskOf } from './case.ts';

const DELTAS = 10_000;

async function perDelta(subject: Subject, task: Task, { quick }: CaseOptions): Promise<Figures> {
  const first = await spent(1, () => subject.run(task));
  await spent(2, () => subject.run(task));
  subject.takeSpans();
  const later = await spent(quick ? 2 : 5, () => subject.run(task));
  return { µs: (later.cpuMs * 1_000) / DELTAS, firstµs: (first.cpuMs * 1_000) / DELTAS };
}

export const deltas16: Case = (subject, options) =>
  perDelta(subject, taskOf(`text:${DELTAS}`, { url: `${options.server}/w16/v1` }), options);

export const deltas1: Case = (subject, options) =>
  perDelta(subject, taskOf(`text:${DELTAS}`, { url: `${options.server}/w1/v1` }), options);

export const deltasInProcess: Case = (subject, options) => perDelta(subject, taskOf(`text:${DELTAS}`), options);
