import { isTerminal } from '../event/run-event.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Resolves when the run has ended or waits; also when `signal` aborts: then nobody waits for the answer. */
export async function settled(runtime: Runtime, id: string, signal: AbortSignal): Promise<void> {
  await using reader = runtime.attach(id, { signal });
  try {
    for (let batch = await reader.nextBatch(); batch; batch = await reader.nextBatch()) {
      const last = batch.at(-1);
      if (last && (isTerminal(last) || last.type === 'run.suspended')) return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
