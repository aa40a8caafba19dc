/** Waits for what a run comes to. */
import { AbortScope } from '../base/abort.ts';
import { isTerminal } from '../event/run-event.ts';
import type { Service } from './service.ts';

/**
 * Waits until the run has ended, or waits after it has done so `waits` times before. False when it came to neither: `signal` aborted, and nobody waits for the answer,
 * or the server stops, and the run goes on elsewhere.
 */
export async function settled(
  { runtime, stopped }: Pick<Service, 'runtime' | 'stopped'>,
  id: string,
  signal: AbortSignal,
  waits: number = 0,
): Promise<boolean> {
  using over = new AbortScope(signal, stopped);
  await using reader = runtime.attach(id, { signal: over.signal });
  let waited = 0;
  try {
    for (let batch = await reader.nextBatch(); batch; batch = await reader.nextBatch()) {
      for (const { type } of batch) if (type === 'run.suspended') waited += 1;
      const last = batch.at(-1);
      if (last && (isTerminal(last) || (last.type === 'run.suspended' && waited > waits))) return true;
    }
    return true;
  } catch (error) {
    if (!over.aborted) throw error;
    return false;
  }
}
