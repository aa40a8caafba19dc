/** Reads what a request's body or query says, field by field. */
import { HttpError } from './http-error.ts';

type Fields = Record<string, unknown>;

/** @throws HttpError BODY_INVALID for a name that is not among `known` */
export function onlyFields(body: Fields, known: readonly string[]): void {
  for (const name of Object.keys(body)) {
    if (known.includes(name)) continue;
    const shown = JSON.stringify(name.slice(0, 40));
    throw new HttpError('BODY_INVALID', `There is no field ${shown}. Known are: ${known.join(', ')}.`);
  }
}

/** @throws HttpError BODY_INVALID */
export function textField(body: Fields, name: string, most = 4_096): string | undefined {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= most) return value;
  throw new HttpError('BODY_INVALID', `'${name}' must be a text of 1 to ${most} characters.`);
}

/** @throws HttpError BODY_INVALID */
export function booleanField(body: Fields, name: string): boolean | undefined {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw new HttpError('BODY_INVALID', `'${name}' must be true or false.`);
}

/** A whole number of the query. @throws HttpError OFFSET_INVALID, BODY_INVALID */
export function wholeNumber(
  url: URL,
  name: string,
  { most = Number.MAX_SAFE_INTEGER }: { most?: number } = {},
): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  if (/^(0|[1-9]\d{0,15})$/.test(text) && Number(text) <= most) return Number(text);
  throw new HttpError('BODY_INVALID', `'${name}' must be a whole number of 0 to ${most}.`);
}
