const SECRET =
  /\b(?:sk|pk|rk|gsk|xai|key|AIza|ghp|hf)[-_][\w-]{8,}|\bBearer\s+[\w.~+/=-]{8,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?<=:\/\/)[^\s/@:]{1,256}:[^\s/@]{1,256}@/g;
const MAX_PROVIDER_TEXT = 500;
const MAX_EXCERPT = 200;

/** The last four characters of a key, to tell keys apart without giving them away. */
export function keyTail(key: string): string {
  return key.length < 12 ? '…' : `…${key.slice(-4)}`;
}

/** A provider's words without credentials, on one line and of bounded length. */
export function redactText(text: string, key: string | undefined): string {
  const bounded = text.slice(0, MAX_PROVIDER_TEXT * 4);
  const keyless = key !== undefined && key.length >= 8 ? bounded.replaceAll(key, keyTail(key)) : bounded;
  return oneLine(keyless.replace(SECRET, '[redacted]'), MAX_PROVIDER_TEXT);
}

/** The first 200 characters of a body, control characters escaped, in quotes. */
export function excerpt(text: string, key: string | undefined): string {
  const clean = redactText(text.slice(0, MAX_EXCERPT * 2), key);
  return JSON.stringify(oneLine(clean, MAX_EXCERPT));
}

function oneLine(text: string, limit: number): string {
  let line = '';
  for (const char of text) {
    if (line.length >= limit) return `${line}…`;
    const code = char.codePointAt(0) as number;
    line += code < 0x20 || code === 0x7f || (code >= 0x80 && code < 0xa0) ? ' ' : char;
  }
  return line.trim();
}
