const DAY_MS = 86_400_000;

/** The whole days from one calendar date (YYYY-MM-DD) to another; negative when the second is earlier. Throws on what is no date. */
export function daysBetween(from: string, to: string): number {
  return Math.round((dateOf(to) - dateOf(from)) / DAY_MS);
}

function dateOf(text: string): number {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:T.*)?$/.exec(text.trim()) ?? [];
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const real =
    year !== undefined &&
    new Date(time).getUTCDate() === Number(day) &&
    new Date(time).getUTCMonth() === Number(month) - 1;
  if (!real) throw new Error(`'${text}' is no date. Write it as YYYY-MM-DD, for example 2026-03-07.`);
  return time;
}
