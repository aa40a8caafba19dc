import { LANGUAGES, MONTHS, WEEKDAYS } from './offline-names.ts';
import type { Found } from './offline-values.ts';

let zones: ReadonlyMap<string, string> | undefined;

/** Cities that name a time zone, in lower case, each with the zone. Made once, when first asked for. */
export function zoneCities(): ReadonlyMap<string, string> {
  zones ??= new Map(
    Intl.supportedValuesOf('timeZone')
      .filter((zone) => zone.includes('/') && !zone.startsWith('Etc/'))
      .map((zone) => [
        zone
          .slice(zone.lastIndexOf('/') + 1)
          .replaceAll('_', ' ')
          .toLowerCase(),
        zone,
      ]),
  );
  return zones;
}

const LEADS = /^(?:in|at|for|from|to|of|near|and|is|around)$/i;
const NOT_PLACES = new Set(
  [...MONTHS, ...WEEKDAYS, ...LANGUAGES, ...MONTHS.map((month) => month.slice(0, 3))]
    .map((name) => name.toLowerCase())
    .concat(
      'i',
      'a',
      'the',
      'what',
      'how',
      'when',
      'who',
      'where',
      'is',
      'are',
      'please',
      'can',
      'could',
      'tell',
      'show',
      'give',
      'do',
    ),
);

/** Places: time zones by their name, cities that name one, other capitalised names, and what follows `in`. In the order of the text. */
export function placesIn(text: string): Found[] {
  const places: Found[] = [];
  const take = (value: string, start: number, sure: number): void => {
    const end = start + value.length;
    if (places.some((other) => start < other.start + other.value.length && other.start < end)) return;
    const before = /(\p{L}+)[^\p{L}\d]*$/u.exec(text.slice(0, start))?.[1]?.toLowerCase() ?? '';
    places.push({ value, start, sure, before });
  };
  for (const match of text.matchAll(/\b\p{Lu}[\p{L}_]+(?:\/\p{Lu}[\p{L}_+-]+)+|\b(?:UTC|GMT)(?:[+-]\d{1,2})?/gu))
    take(match[0], match.index, 1);
  const words = Array.from(text.matchAll(/\p{L}[\p{L}'’.-]*/gu), (match) => ({
    word: match[0].replace(/(?:['’]s|[.'’-]+)$/u, ''),
    start: match.index,
  }));
  for (let size = 3; size > 0; size -= 1) {
    for (const [index, { start }] of words.entries()) {
      const last = words[index + size - 1];
      if (!last) continue;
      const value = text.slice(start, last.start + last.word.length);
      const lead = words[index - 1]?.word ?? '';
      const known = zoneCities().has(value.toLowerCase());
      if (known && (/^\p{Lu}/u.test(value) || LEADS.test(lead))) take(value, start, 1);
    }
  }
  for (const match of text.matchAll(/\p{Lu}[\p{L}'’-]*(?:[ ](?:(?:de|da|do|of|la|el|del)[ ])?\p{Lu}[\p{L}'’-]*)*/gu)) {
    const value = match[0].replace(/['’]s$/u, '');
    if (NOT_PLACES.has(value.toLowerCase())) continue;
    const lead = /(\p{L}+)\s+$/u.exec(text.slice(0, match.index))?.[1] ?? '';
    if (LEADS.test(lead)) take(value, match.index, 0.9);
    else if (match.index > 0 && !/[.?!]\s*$/.test(text.slice(0, match.index))) take(value, match.index, 0.5);
  }
  const spoken =
    /\b(?:in|at|for|near)\s+(?!the\b|my\b|a\b|an\b)(\p{Ll}[\p{L}'’ -]*?)(?=\s+(?:right|now|today|tomorrow|please|this|on|at|in|and|like)\b|[,.?!;]|\s*$)/u.exec(
      text,
    );
  if (places.length === 0 && spoken?.[1] && spoken[1].split(' ').length <= 3) {
    take(spoken[1].trim(), spoken.index + spoken[0].indexOf(spoken[1]), 0.4);
  }
  return places.sort((one, other) => one.start - other.start);
}
