// Every way in which a run can end, as cells of a matrix.
import { LEAVING } from './exits-leaving.ts';
import { FAILING } from './exits-failing.ts';
import { GUARDED } from './exits-guarded.ts';
import { OBSERVED } from './exits-observed.ts';
import { STOPPING } from './exits-stopping.ts';
import type { FlowFacts } from './course.ts';
import type { Cell } from './watched-run.ts';

/** A way to end. A flow to which it does not apply has no cells of it. */
export interface Exit {
  name: string;
  cells: (facts: FlowFacts) => Iterable<CellOfFlow>;
}

export type CellOfFlow = Omit<Cell, 'flow'>;

export const EXITS: readonly Exit[] = [...FAILING, ...GUARDED, ...STOPPING, ...LEAVING, ...OBSERVED];
