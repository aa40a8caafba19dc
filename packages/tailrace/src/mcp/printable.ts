const SECRET =
  /\b(?:sk|pk|rk|gsk|xai|key|AIza|ghp|hf)[-_][\w-]{8,}|\bBearer\s+[\w.~+/=-]{8,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?<=:\/\/)[^\s/@:]{1,256}:[^\s/@]{1,256}@/g;
/** A query may be a key. */
const QUERY = /(?<=https?:\/\/[^\s?"']{1,256})\?[^\s"']*/g;
const LONGEST = 500;

/** The end of what a process said, on one line, without the values of the environment that it was given and what looks like a credential. */
export function printable(text: string, env: Record<string, string> = {}): string {
  let clean = text.slice(-4 * LONGEST);
  for (const value of Object.values(env)) if (value.length >= 6) clean = clean.replaceAll(value, '[redacted]');
  return clean
    .replace(SECRET, '[redacted]')
    .replace(QUERY, '')
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(-LONGEST);
}
