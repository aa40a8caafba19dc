/** A turn with one tool call, over HTTP, in runs of 50 and of 200 turns: what a turn costs, and whether that grows with the history. */
import { type Case, spent, taskOf } from './case.ts';

export const toolTurns: Case = async (subject, { server, quick }) => {
  const url = `${server}/w16/v1`;
  const short = taskOf('turns:50', { url });
  const long = taskOf('turns:200', { url });
  const cpu = { short: 0, long: 0 };
  const rounds = quick ? 1 : 3;
  // The first half is not counted: the compiler is at work until then, and mostly in the long runs.
  for (let round = -rounds; round < rounds; round++) {
    const shortMs = (await spent(4, () => subject.run(short))).cpuMs;
    const longMs = (await spent(1, () => subject.run(long))).cpuMs;
    subject.takeSpans();
    if (round < 0) continue;
    cpu.short += shortMs;
    cpu.long += longMs;
  }
  return {
    ms50: cpu.short / rounds / 50,
    ms200: cpu.long / rounds / 200,
    growth: (cpu.long / cpu.short) * (50 / 200),
  };
};
