// C0 and C1 controls (a terminal obeys them), line and paragraph separators, and the marks that turn text around.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text as one line that a terminal or a log file shows and does not obey: what is not printable becomes `\uXXXX`. */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
