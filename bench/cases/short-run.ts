/** A short run over HTTP: one turn, an answer of eight deltas. */
import { type Case, spent, taskOf } from './case.ts';

export const shortRun: Case = async (subject, { server, quick }) => {
  const task = taskOf('text:8', { url: `${server}/w16/v1` });
  await spent(quick ? 100 : 1_000, () => subject.run(task));
  subject.takeSpans();
  const { cpuMs } = await spent(quick ? 100 : 1_000, () => subject.run(task));
  return { ms: cpuMs };
};
