/**
 * How long the provider asks us to wait, in milliseconds: `retry-after-ms`, or `retry-after` as seconds or as an
 * HTTP date. A date is taken relative to the answer's own `date`, so that a clock that is wrong here does no harm.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(
  header: (name: string) => string | undefined,
  now: number = Date.now(),
): number | undefined {
  const millis = positive(header('retry-after-ms'));
  if (millis !== undefined) return millis;
  const value = header('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  const inMillis = /^(\d+(?:\.\d+)?)ms$/.exec(value);
  if (inMillis) return Number(inMillis[1]);
  const seconds = positive(value.replace(/s$/, ''));
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(value);
  if (Number.isNaN(date)) return undefined;
  const answered = Date.parse(header('date') ?? '');
  return Math.max(0, date - (Number.isNaN(answered) ? now : answered));
}

function positive(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d+(?:\.\d+)?$/.test(value.trim())) return undefined;
  return Number(value);
}
