/** Text of models, tools and logs may hold anything; a terminal must show it and not obey it. */

// C0 and C1 controls but tab and newline, and the marks that turn text around.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The text with what a terminal would obey as visible escapes. Line breaks and tabs stay; CRLF becomes a line break. */
export function safeText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(UNSAFE, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The text on one line of at most `columns` characters. */
export function oneLine(text: string, columns: number): string {
  const line = safeText(text)
    .replace(/\s*\n\s*/g, ' ⏎ ')
    .replaceAll('\t', ' ')
    .trim();
  const points = Array.from(line);
  return points.length <= columns ? line : `${points.slice(0, Math.max(1, columns - 1)).join('')}…`;
}

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** ANSI styles, or none. */
export function paintFor(color: boolean): Paint {
  const style =
    (on: number, off: number) =>
    (text: string): string =>
      color ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
