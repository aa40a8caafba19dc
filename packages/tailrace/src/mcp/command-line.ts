import { UserError } from '../event/errors.ts';

/** A command line as its words; quotes keep spaces together, a backslash keeps the next character. No shell reads it. @throws UserError OPTION_TYPE */
export function wordsOf(line: string): [command: string, ...args: string[]] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word = `${word ?? ''}${char === '\\' && quote === '"' ? (line[++at] ?? '') : char}`;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${char === '\\' ? (line[++at] ?? '') : char}`;
  }
  if (word !== undefined) words.push(word);
  const [command, ...args] = words;
  if (command !== undefined && command !== '' && quote === undefined) return [command, ...args];
  throw new UserError(
    `fullCommand must be a command and its arguments${quote === undefined ? '' : ', with its quotes closed'}, got ${JSON.stringify(line.slice(0, 80))}.`,
    { code: 'OPTION_TYPE' },
  );
}
