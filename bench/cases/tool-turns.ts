/** A turn with one tool call, over HTTP, in runs of 50 and of 200 turns: what a turn costs, and whether that grows with the history. */
import { type Case, spent, taskOf } from './case.ts';

export const toolTurns: Case = async (subject, { server, quick }) => {
  const url = `${server}/w16/v1`;
  const short = taskOf('turns:50', { url });
  const long = taskOf('turns:200', { url });
  await spent(quick ? 2 : 6, () => subject.run(short));
  await spent(quick ? 1 : 2, () => subject.run(long));
  const cpu = { short: 0, long: 0 };
  const rounds = quick ? 1 : 2;
  // Side by side: what the compiler and the collector do meanwhile falls on both.
  for (let round = 0; round < rounds; round++) {
    cpu.short += (await spent(4, () => subject.run(short))).cpuMs;
    cpu.long += (await spent(1, () => subject.run(long))).cpuMs;
    subject.takeSpans();
  }
  return { ms50: cpu.short / rounds / 50, ms200: cpu.long / rounds / 200, growth: (cpu.long / cpu.short) * (50 / 200) };
};
