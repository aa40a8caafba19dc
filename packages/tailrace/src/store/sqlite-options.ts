/** The options of a store in a file: unknown ones are refused, and so is what is no number. */
import { UserError } from '../event/errors.ts';

/** `own`: names with a check of their own. @throws UserError OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE */
export function checkSqliteOptions(
  where: string,
  options: unknown,
  numbers: readonly string[],
  texts: readonly string[] = [],
  own: readonly string[] = [],
): void {
  if (typeof options !== 'object' || options === null)
    throw new UserError(`${where} takes its options as an object, got ${options === null ? 'null' : typeof options}.`, {
      code: 'OPTION_TYPE',
    });
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || own.includes(name)) continue;
    if (texts.includes(name) && typeof value === 'string') continue;
    if (texts.includes(name))
      throw new UserError(`${where}: ${name} must be a text, got ${value === null ? 'null' : typeof value}.`, {
        code: 'OPTION_TYPE',
      });
    if (!numbers.includes(name))
      throw new UserError(
        `${where} has no option '${name}'. Known are: ${[...own, ...texts, ...numbers].join(', ')}.`,
        {
          code: 'OPTION_UNKNOWN',
        },
      );
    if (typeof value !== 'number')
      throw new UserError(`${where}: ${name} must be a number, got a ${typeof value}.`, { code: 'OPTION_TYPE' });
    if (!(value >= 0))
      throw new UserError(`${where}: ${name} must be 0 or more, got ${value}.`, { code: 'OPTION_RANGE' });
  }
}
