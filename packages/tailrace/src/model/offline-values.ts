/** What a text holds that could fill an argument: found by its form, with its place in the text. */
import { CURRENCIES, LANGUAGES, MONTHS, UNITS, WEEKDAYS, withDigits } from './offline-names.ts';

export interface Found<T = string> {
  readonly value: T;
  readonly start: number;
  /** How sure the form is, from 0 to 1: `#A-17` is an id; a word after 'in' may be a place. */
  readonly sure: number;
  /** The word before it, in lower case; `#` for the unit or currency of a number. */
  readonly before: string;
}

function found<T>(text: string, start: number, value: T, sure: number): Found<T> {
  const before = /(\p{L}+)[^\p{L}\d]*$/u.exec(text.slice(0, start))?.[1]?.toLowerCase() ?? '';
  return { value, start, sure, before };
}

function all(text: string, pattern: RegExp, sure: number, group = 0): Found[] {
  return Array.from(text.matchAll(pattern), (match) => {
    const value = match[group] ?? '';
    return found(text, match.index + match[0].indexOf(value), value, sure);
  });
}

export function quotesIn(text: string): Found[] {
  return all(text, /"([^"]+)"|“([^”]+)”|(?<!\p{L})'([^']+)'(?!\p{L})|`([^`]+)`/gu, 1).map((quote) => ({
    ...quote,
    value: quote.value.slice(1, -1),
  }));
}

export function emailsIn(text: string): Found[] {
  return all(text, /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, 1);
}

export function urlsIn(text: string): Found[] {
  return all(text, /https?:\/\/[^\s"'<>]+[^\s"'<>.,;:!?)]/g, 1);
}

export function phonesIn(text: string): Found[] {
  return all(text, /\+?\d[\d ()-]{6,}\d/g, 0.8);
}

export function clockTimesIn(text: string): Found[] {
  return all(text, /\b(?:[01]?\d|2[0-3]):[0-5]\d(?:\s*[ap]m)?\b|\b\d{1,2}\s*[ap]m\b/gi, 1);
}

/** Ids: letters with digits, a number after `#`, or a number after the word for what it names. */
export function idsIn(text: string): Found[] {
  const named = all(text, /#\s?([\w-]*\d[\w-]*)/g, 1, 1);
  const mixed = all(text, /\b(?=[\w-]*\d)(?=[\w-]*\p{Lu})[\p{L}\d]+(?:-[\p{L}\d]+)*\b/gu, 1);
  const bare = all(text, /\b\d{3,}\b/g, 0.6);
  return dedupe([...named, ...mixed, ...bare]);
}

function dedupe(values: Found[]): Found[] {
  return values.filter((one, index) => values.findIndex((other) => other.start === one.start) === index);
}

/** Numbers, with thousands separators taken out. Digits of dates, times and ids are not numbers. */
export function numbersIn(text: string): (Found<number> & { percent: boolean })[] {
  const blank = (part: string): string => ' '.repeat(part.length);
  const digits = withDigits(text)
    .replace(/\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}\b/g, blank)
    .replace(/https?:\S+|\S+@\S+/g, blank)
    .replace(/#?\b\p{L}+-?\d[\w-]*/gu, blank);
  return Array.from(digits.matchAll(/(?<![\w.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?:\s?%)?/g), (match) => {
    const value = Number(match[0].replace(/[,%\s]/g, '').replace('−', '-'));
    return { ...found(digits, match.index, value, 0.5), percent: match[0].endsWith('%') };
  });
}

/** Dates as YYYY-MM-DD. Without a year, the year of `now`. */
export function datesIn(text: string, now: Date): Found[] {
  const iso = (year: number, month: number, day: number): string =>
    `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  const after = (days: number): string => {
    const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
    return iso(date.getFullYear(), date.getMonth() + 1, date.getDate());
  };
  const month = `(${MONTHS.map((name) => `${name.slice(0, 3)}(?:${name.slice(3)})?`).join('|')})\\.?`;
  const monthOf = (name = ''): number =>
    MONTHS.findIndex((each) => each.startsWith(name.toLowerCase().slice(0, 3))) + 1;
  const yearOf = (year: string | undefined): number => (year ? Number(year) : now.getFullYear());
  const near: Record<string, number> = { today: 0, tomorrow: 1, yesterday: -1 };
  const dates = [
    ...all(text, /\b\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?\b/g, 1),
    ...Array.from(
      text.matchAll(new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?\\s+(?:of\\s+)?${month}(?:,?\\s+(\\d{4}))?\\b`, 'gi')),
      (m) => found(text, m.index, iso(yearOf(m[3]), monthOf(m[2]), Number(m[1])), 1),
    ),
    ...Array.from(
      text.matchAll(new RegExp(`\\b${month}\\s+(\\d{1,2})(?:st|nd|rd|th)?(?:,?\\s+(\\d{4}))?\\b`, 'gi')),
      (m) => found(text, m.index, iso(yearOf(m[3]), monthOf(m[1]), Number(m[2])), 1),
    ),
    ...Array.from(text.matchAll(/\b(today|tomorrow|yesterday)\b/gi), (m) =>
      found(text, m.index, after(near[m[0].toLowerCase()] ?? 0), 0.9),
    ),
    ...Array.from(text.matchAll(new RegExp(`\\b(?:next |on )(${WEEKDAYS.join('|')})\\b`, 'gi')), (m) =>
      found(text, m.index, after(((WEEKDAYS.indexOf((m[1] ?? '').toLowerCase()) - now.getDay() + 6) % 7) + 1), 0.9),
    ),
  ];
  return dedupe(dates).sort((one, other) => one.start - other.start);
}

/** Names from a table, as they are written in the text; of two that overlap, the longer. */
function namesIn(text: string, names: ReadonlyMap<string, string>): (Found & { name: string })[] {
  const lower = text.toLowerCase();
  const hits: (Found & { name: string })[] = [];
  for (const alias of [...names.keys()].toSorted((one, other) => other.length - one.length)) {
    const key = alias.toLowerCase();
    for (let at = lower.indexOf(key); at >= 0; at = lower.indexOf(key, at + key.length)) {
      if (
        !standsAlone(lower, at, key) ||
        hits.some((hit) => at < hit.start + hit.value.length && hit.start < at + key.length)
      )
        continue;
      const hit = { ...found(text, at, text.slice(at, at + key.length), 1), name: names.get(alias) ?? alias };
      // A currency may also stand before its amount: $20.
      const leads = names === CURRENCIES && /^\s*\d/.test(text.slice(at + key.length));
      const counted = leads || /\d\s*°?$/.test(text.slice(0, at));
      hits.push(counted ? { ...hit, before: '#' } : hit);
    }
  }
  return hits.sort((one, other) => one.start - other.start);
}

function standsAlone(text: string, at: number, word: string): boolean {
  const isWord = /\p{L}/u.test(word);
  const before = text[at - 1] ?? ' ';
  const after = text[at + word.length] ?? ' ';
  return !isWord || (!/[\p{L}/]/u.test(before) && !/[\p{L}\d/]/u.test(after));
}

/** Units. A symbol of one or two letters counts only beside a number or after `to`, `in` or `into`. */
export function unitsIn(text: string): (Found & { name: string })[] {
  return namesIn(text, UNITS).filter(({ value, before }) => {
    if (before === '#') return true;
    return value.length > 2 || (value.toLowerCase() !== 'in' && /^(to|in|into)$/.test(before));
  });
}

export function currenciesIn(text: string): (Found & { name: string })[] {
  return namesIn(text, CURRENCIES);
}

export function languagesIn(text: string): Found[] {
  return namesIn(text, new Map(LANGUAGES.map((name) => [name, name])));
}
