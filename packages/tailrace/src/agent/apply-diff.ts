/** Makes the new content of a file from its old one and a diff that a model wrote. */
import { ModelBehaviorError } from '../event/errors.ts';

/** Lines that stand together: what is there, and what is to be there. Lines kept are numbers of lines of `old`. */
interface Block {
  readonly old: string[];
  readonly next: (string | number)[];
  atEnd: boolean;
}

type Section = { anchor: string } | Block;

const END_OF_FILE = '*** End of File';
const MAX_SHOWN = 6;

/**
 * Applies a diff of sections: each begins with `@@`, maybe with a line after which to look, and has lines that begin with a blank (kept), `-` (taken out) or `+` (put
 * in). `*** End of File` says that a section is the last. A section goes to the first place after the one before where its lines stand, blanks at the ends of lines
 * not counted where they must. Line ends stay as they are. With `create` there are only lines with `+`, and `input` is not looked at.
 *
 * @throws ModelBehaviorError for a diff that is none, or does not fit the input: what was looked for is named
 */
export function applyDiff(input: string, diff: string, mode: 'default' | 'create' = 'default'): string {
  const lines = diff.split('\n').map(withoutReturn);
  if (lines.at(-1) === '') lines.pop();
  return mode === 'create' ? created(lines) : changed(input, sectionsOf(lines));
}

function created(lines: readonly string[]): string {
  return lines
    .map((line, index) => {
      if (line.startsWith('+')) return line.slice(1);
      throw badLine(line, index, "every line of a new file begins with '+'");
    })
    .join('\n');
}

function sectionsOf(lines: readonly string[]): Section[] {
  const sections: Section[] = [];
  let block: Block | undefined;
  lines.forEach((line, index) => {
    if (line === '@@' || line.startsWith('@@ ')) {
      block = undefined;
      const anchor = line.slice(3);
      if (anchor.trim() !== '') sections.push({ anchor });
      return;
    }
    if (line === END_OF_FILE) {
      if (block) block.atEnd = true;
      block = undefined;
      return;
    }
    if (!block) sections.push((block = { old: [], next: [], atEnd: false }));
    takeLine(block, line, index);
  });
  return sections;
}

function takeLine({ old, next }: Block, line: string, index: number): void {
  const text = line.slice(1);
  // Models leave out the blank of a kept line that is empty.
  switch (line === '' ? ' ' : line[0]) {
    case ' ':
      next.push(old.length);
      old.push(text);
      return;
    case '-':
      old.push(text);
      return;
    case '+':
      next.push(text);
      return;
    default:
      throw badLine(line, index, "a line begins with ' ', '-', '+' or '@@'");
  }
}

function changed(input: string, sections: readonly Section[]): string {
  const lines = input.split('\n');
  const out: string[] = [];
  const returns = lines[0]?.endsWith('\r') === true;
  const last = lines.length - 1;
  let at = 0;
  const keep = (end: number): void => {
    for (; at < end; at++) {
      const line = lines[at] ?? '';
      // The last line has no line end; one that is put behind it gives it one.
      out.push(returns && at === last ? `${line}\r` : line);
    }
  };
  let from = 0;
  for (const section of sections) {
    if ('anchor' in section) {
      from = afterAnchor(lines, section.anchor, from);
      continue;
    }
    const start = placeOf(lines, section, from);
    keep(start);
    for (const line of section.next) {
      if (typeof line === 'string') out.push(returns ? `${line}\r` : line);
      else keep(advance(start + line));
    }
    at = from = start + section.old.length;
  }
  keep(lines.length);
  const text = out.join('\n');
  return returns && text.endsWith('\r') ? text.slice(0, -1) : text;

  function advance(index: number): number {
    at = index;
    return index + 1;
  }
}

type Reading = (line: string) => string;

// The exact line first: the next ones forgive what models get wrong.
const READINGS: readonly Reading[] = [(line) => line, (line) => line.trimEnd(), (line) => line.trim()];

/** Where to go on looking. A line that is not there is no error: the section itself has to fit. */
function afterAnchor(lines: readonly string[], anchor: string, from: number): number {
  for (const read of READINGS) {
    const found = lines.findIndex((line, index) => index >= from && read(withoutReturn(line)) === read(anchor));
    if (found >= 0) return found + 1;
  }
  return from;
}

function placeOf(lines: readonly string[], { old, atEnd }: Block, from: number): number {
  for (const read of READINGS) {
    const wanted = old.map(read);
    const fits = (start: number): boolean =>
      wanted.every((line, index) => {
        const there = lines[start + index];
        return there !== undefined && read(withoutReturn(there)) === line;
      });
    if (atEnd) {
      const end = lines.length - (lines.at(-1) === '' ? 1 : 0);
      for (const start of [end - old.length, lines.length - old.length]) if (start >= from && fits(start)) return start;
    }
    for (let start = from; start + old.length <= lines.length; start++) if (fits(start)) return start;
  }
  throw misfit(old, from);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function misfit(old: readonly string[], from: number): ModelBehaviorError {
  const shown = old.slice(0, MAX_SHOWN).join('\n');
  const more = old.length > MAX_SHOWN ? `\n… and ${old.length - MAX_SHOWN} more` : '';
  const where = from === 0 ? 'in the file' : `in the file from line ${from + 1} on`;
  return invalid(`The diff does not fit: these lines do not stand together ${where}:\n${shown}${more}`);
}

function badLine(line: string, index: number, rule: string): ModelBehaviorError {
  return invalid(`Line ${index + 1} of the diff is no line of a diff (${rule}): ${line.slice(0, 200)}`);
}

function invalid(message: string): ModelBehaviorError {
  return new ModelBehaviorError(message, { publicMessage: 'A diff of the model does not fit its file.' });
}
