import { NonDeterministicRun } from '../event/errors.ts';
import type { RunScope } from './scope.ts';

/**
 * The hash for `model.called`; undefined for a run in memory alone, which nobody takes up.
 * @throws {NonDeterministicRun} when the turn's model was called with something else
 */
export function checkedInput(run: RunScope): string | undefined {
  if (!run.plan.config.store) return undefined;
  const { inputHash } = run.talk;
  const recorded = run.open?.inputHash;
  if (recorded === undefined || recorded === inputHash) return inputHash;
  const { runId } = run.plan;
  throw new NonDeterministicRun(
    `Run ${runId} cannot go on: in turn ${run.turn} its log says that the model was called with other items than this process comes to. ` +
      `Look what changed between the two: the log, or how items are read from it.`,
    { runId, data: { turn: run.turn, recorded, found: inputHash } },
  );
}
