import { UserError } from '../event/errors.ts';

/** @throws UserError SESSION_ID_INVALID */
export function checkSessionId(given: unknown): string {
  if (typeof given === 'string' && given !== '' && given.length <= 256 && !/[\u0000-\u001f\u007f]/.test(given))
    return given;
  throw new UserError('A session id is a text of 1 to 256 characters without control characters.', {
    code: 'SESSION_ID_INVALID',
  });
}
