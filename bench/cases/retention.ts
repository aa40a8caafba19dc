/** What is left of finished runs: bytes of heap a run, and results that are still reachable. Needs --expose-gc. */
import { type Case, spent, taskOf } from './case.ts';

export const retention: Case = async (subject, { quick }) => {
  const watched: WeakRef<object>[] = [];
  const task = taskOf('turns:5', { watch: (result) => watched.push(new WeakRef(result)) });
  const runs = quick ? 300 : 1_000;
  await spent(runs, () => subject.run(task));
  subject.takeSpans();
  const before = await heapAtRest();
  watched.length = 0;
  await spent(runs, () => subject.run(task));
  subject.takeSpans();
  await heapAtRest();
  const reachable = watched.filter((ref) => ref.deref()).length;
  watched.length = 0;
  const after = await heapAtRest();
  return { bytesPerRun: (after - before) / runs, reachable };
};

async function heapAtRest(): Promise<number> {
  for (let time = 0; time < 5; time++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
