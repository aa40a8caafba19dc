// Readers in processes of their own, one for each lane of a test's rounds. They come back by position when their connection is dropped.
import { Child } from './children.ts';
import type { ReaderCommand, ReaderReport } from './reader.ts';
import { idOf, type Round } from './round.ts';

export class Readers implements AsyncDisposable {
  readonly #readers: readonly Child<ReaderCommand>[];

  constructor(lanes: number) {
    this.#readers = Array.from({ length: lanes }, () => new Child<ReaderCommand>('reader.ts'));
  }

  /** The lane's reader reads this run, from before it begins. */
  async follow(lane: number, round: Round, run: number): Promise<Follower> {
    const reader = this.#readers[lane] as Child<ReaderCommand>;
    await reader.tell({ do: 'read', db: round.world.db, run: idOf(run) });
    return {
      drop: async () => void (await reader.tell({ do: 'drop' })),
      violations: async () => readerViolations((await reader.tell({ do: 'report' })) as ReaderReport, round, run),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#readers.map(async (reader) => reader.kill()));
  }
}

export interface Follower {
  /** Its server is gone: it comes back at its place. */
  drop: () => Promise<void>;
  /** What is wrong with what it shows. The run must have ended. */
  violations: () => Promise<string[]>;
}

function readerViolations(report: ReaderReport, round: Round, run: number): string[] {
  const { turns } = round.script(run);
  const wrong = report.gaps.map((gap) => `the reader got ${gap}`);
  for (const [turn, { text }] of turns.entries()) {
    const shown = report.texts[`${turn + 1}:model:0`] ?? '';
    if (shown !== text.join('')) wrong.push(`the reader shows '${shown}' for turn ${turn}`);
  }
  if (report.ended !== 'run.completed') wrong.push(`the reader ended with ${report.ended}`);
  if (report.resets > 0) wrong.push(`the reader was reset ${report.resets} times`);
  return wrong;
}
