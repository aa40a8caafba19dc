/** What tracing costs a span: runs of 100 tool turns with the model in this process, tracing on and off by turns. */
import { type Case, spent, taskOf } from './case.ts';

export const spans: Case = async (subject, { quick }) => {
  const on = taskOf('turns:100');
  const off = taskOf('turns:100', { tracing: false });
  for (const task of [on, off, on, off]) await spent(quick ? 3 : 10, () => subject.run(task));
  subject.takeSpans();
  let cpuMs = 0;
  let count = 0;
  for (let round = 0; round < (quick ? 10 : 40); round++) {
    cpuMs += (await spent(1, () => subject.run(on))).cpuMs;
    count += subject.takeSpans();
    cpuMs -= (await spent(1, () => subject.run(off))).cpuMs;
  }
  return { µs: (cpuMs * 1_000) / count };
};
