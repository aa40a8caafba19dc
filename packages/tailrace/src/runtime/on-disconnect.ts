import { checkOptions } from '../agent/option.ts';
import { UserError } from '../event/errors.ts';

/** Checks what is to follow when the last reader leaves. @throws UserError OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE */
export function checkOnDisconnect(where: string, value: unknown): void {
  if (value === undefined || value === 'continue' || value === 'cancel') return;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(where, value);
  checkOptions(`${where} onDisconnect`, value, ['cancelAfterMs']);
  const ms: unknown = Reflect.get(value, 'cancelAfterMs');
  if (typeof ms !== 'number') throw refused(where, value);
  // Infinity is nothing that a log could hold.
  if (Number.isFinite(ms) && ms >= 0) return;
  throw new UserError(
    `${where}: onDisconnect.cancelAfterMs must be a number of milliseconds, 0 or more, got ${ms}. For never, say 'continue'.`,
    { code: 'OPTION_RANGE' },
  );
}

function refused(where: string, value: unknown): UserError {
  const got = typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : typeof value;
  return new UserError(
    `${where}: onDisconnect must be 'continue', 'cancel' or { cancelAfterMs: 30_000 }, got ${got === 'object' ? 'an object without such a number' : got}.`,
    { code: 'OPTION_TYPE' },
  );
}
