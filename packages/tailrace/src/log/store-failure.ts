import { type AgentsError, isAgentsError, SystemError } from '../event/errors.ts';

/** What a store threw, as an error of ours: unchanged if it is one, else `STORE_FAILED` with the other as its cause. */
export function storeFailure(run: string, error: unknown): AgentsError {
  if (isAgentsError(error)) return error;
  const message = `The store failed while run '${run}' was written. What it said is the cause; nothing was written after it.`;
  return new SystemError(message, { code: 'STORE_FAILED', cause: error, runId: run });
}
