/** What SQLite and the file system say, in the store's error codes. */
import type { ErrorCode } from '../event/error-codes.ts';
import { isAgentsError, SystemError } from '../event/errors.ts';

// Primary result codes: https://www.sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/** The error to throw for what was thrown while the store did `what`. Errors of ours pass unchanged. */
export function storeError(path: string, what: string, cause: unknown): Error {
  if (isAgentsError(cause)) return cause;
  const [code, advice] = classify(primaryCode(cause), cause);
  const said = cause instanceof Error ? cause.message : String(cause);
  return new SystemError(`The store ${path} could not ${what}: ${said}. ${advice}`, { code, cause, data: { path } });
}

/** Whether the open file is not to be used any more: after a failed write or fsync nobody knows what is on disk. */
export function isFatal(cause: unknown): boolean {
  const code = primaryCode(cause);
  return code === IO_ERROR || code === CORRUPT || code === NOT_A_DATABASE;
}

function primaryCode(cause: unknown): number | undefined {
  const errcode = (cause as { errcode?: unknown } | undefined)?.errcode;
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

function classify(code: number | undefined, cause: unknown): [ErrorCode, string] {
  if (code === BUSY || code === LOCKED) {
    return ['STORE_BUSY', 'Another process holds its lock. Try again, or raise busyTimeoutMs.'];
  }
  if (code === FULL || (cause as { code?: unknown } | undefined)?.code === 'ENOSPC') {
    return ['STORE_FULL', 'Free some space, or raise maxBytes if it is set. What was written before is intact.'];
  }
  if (code === CORRUPT || code === NOT_A_DATABASE) {
    return ['STORE_FAILED', 'The file is damaged or not a database. Restore it, or give another path.'];
  }
  return ['STORE_FAILED', 'See the cause; check the path, its permissions and the disk.'];
}
