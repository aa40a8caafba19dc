import { RUN_ID } from '../base/id.ts';
import { UserError } from '../event/errors.ts';

/** @throws {UserError} `RUN_ID_INVALID` for what cannot name a run. */
export function checkRunId(run: string): void {
  if (RUN_ID.test(run)) return;
  const message = `'${run.slice(0, 140)}' cannot name a run. Use 1 to 128 letters, digits, '_' and '-'.`;
  throw new UserError(message, { code: 'RUN_ID_INVALID' });
}
