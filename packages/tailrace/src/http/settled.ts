import { isTerminal } from '../event/run-event.ts';
import type { Runtime } from '../runtime/runtime.ts';

/**
 * Resolves when the run has ended, or waits after it has done so `waits` times before; also when `signal` aborts: then nobody waits for the answer.
 */
export async function settled(runtime: Runtime, id: string, signal: AbortSignal, waits: number = 0): Promise<void> {
  await using reader = runtime.attach(id, { signal });
  let waited = 0;
  try {
    for (let batch = await reader.nextBatch(); batch; batch = await reader.nextBatch()) {
      for (const { type } of batch) if (type === 'run.suspended') waited += 1;
      const last = batch.at(-1);
      if (last && (isTerminal(last) || (last.type === 'run.suspended' && waited > waits))) return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
