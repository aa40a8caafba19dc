/** 100 calls in one turn of a tool that takes 20 ms, over HTTP; and what a call costs when there are 400. */
import { type Case, spent, taskOf } from './case.ts';

export const parallelCalls: Case = async (subject, { server, quick }) => {
  const task = (calls: number) => taskOf(`calls:${calls}`, { url: `${server}/w16/v1`, toolMs: 20 });
  for (const calls of [1, 100, 400, 100]) await spent(3, () => subject.run(task(calls)));
  const times = quick ? 4 : 10;
  const one = await spent(times, () => subject.run(task(1)));
  const hundred = await spent(times, () => subject.run(task(100)));
  const many = await spent(times >> 1, () => subject.run(task(400)));
  subject.takeSpans();
  return {
    cpuMs: hundred.cpuMs,
    wallMs: hundred.wallMs,
    µsPerCall100: ((hundred.cpuMs - one.cpuMs) * 1_000) / 99,
    µsPerCall400: ((many.cpuMs - one.cpuMs) * 1_000) / 399,
  };
};
