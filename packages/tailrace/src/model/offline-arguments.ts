/** Fills a JSON schema from a text, property by property: by its enum, its type, its format, and the words of its name and description. */
import { expressionIn } from './offline-expression.ts';
import { choiceOf, pick, type Value } from './offline-choice.ts';
import { placesIn } from './offline-places.ts';
import { isNullable, type Kind, kindOf, type Schema, type Side, sideOf, unwrapped } from './offline-schema.ts';
import {
  clockTimesIn,
  currenciesIn,
  datesIn,
  emailsIn,
  idsIn,
  languagesIn,
  numbersIn,
  phonesIn,
  quotesIn,
  unitsIn,
  urlsIn,
} from './offline-values.ts';
import { stemsOf } from './offline-words.ts';

/** What fills arguments: the text, what is left of it when the request's own words are taken away, and today. */
export interface Source {
  readonly text: string;
  readonly remainder: string;
  readonly now: Date;
}

export interface Filled {
  readonly args: Record<string, unknown>;
  /** Required properties that the text does not fill. */
  readonly missing: readonly string[];
  /** How much the values found speak for the schema. */
  readonly evidence: number;
}

// What has a form of its own is looked for before what takes any number or any words.
const ORDER: readonly Kind[] = [
  'choice',
  'expression',
  'email',
  'url',
  'date',
  'clock',
  'unit',
  'currency',
  'language',
  'place',
  'phone',
  'boolean',
  'id',
  'number',
  'list',
  'object',
  'words',
];

/** A property that waits for its value. */
interface Slot {
  readonly name: string;
  readonly schema: Schema;
  readonly kind: Kind;
  readonly side: Side | undefined;
  /** Nothing else would give it a value. */
  readonly needed: boolean;
  /** It may take words of no particular form. */
  readonly words: boolean;
}

export function fill(schema: Schema, source: Source): Filled {
  const properties = Object.entries(schema.properties ?? {});
  const values = new Map<string, Value>();
  const used = new Map<Kind, Set<number>>();
  for (const slot of slotsOf(schema, source.text)) {
    const taken = used.get(slot.kind) ?? new Set();
    used.set(slot.kind, taken);
    const value = valueFor(slot, source, taken);
    if (!value) continue;
    values.set(slot.name, value);
    if (value.at !== undefined) taken.add(value.at);
  }
  const args: Record<string, unknown> = {};
  const missing: string[] = [];
  for (const [name, property] of properties) {
    const value = values.get(name);
    if (value) args[name] = value.value;
    else if (!schema.required?.includes(name)) continue;
    else if (property.default !== undefined) args[name] = property.default;
    else if (isNullable(property)) args[name] = null;
    else missing.push(name);
  }
  const evidence = [...values.values()].reduce((sum, value) => sum + value.evidence, 0);
  return { args, missing, evidence };
}

function slotsOf(schema: Schema, text: string): Slot[] {
  const slots = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const inner = unwrapped(property);
    const required = schema.required?.includes(name) ?? false;
    const needed = required && !isNullable(property) && property.default === undefined;
    return { name, schema: inner, kind: kindOf(name, inner), needed };
  });
  const sure = slots.length === 1;
  // Words of no form would fit each such property: with several to fill there is no telling which.
  const open = slots.filter(({ kind, needed }) => kind === 'words' && needed).length - quotesIn(text).length;
  return slots
    .map((slot) => {
      // Where a kind comes once, `to` is no side: in `to: email` it is the only one.
      const alone = slots.filter(({ kind }) => kind === slot.kind).length === 1;
      const needed = slot.needed || sure;
      return { ...slot, needed, side: alone ? undefined : sideOf(slot.name), words: needed && open <= 1 };
    })
    .toSorted((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind));
}

function valueFor(slot: Slot, source: Source, used: ReadonlySet<number>): Value | undefined {
  const { kind, name, schema, side, needed } = slot;
  const { text, now } = source;
  switch (kind) {
    case 'choice':
      return choiceOf(schema, text, used, side);
    case 'expression': {
      const value = expressionIn(text);
      return value === undefined ? undefined : { value, evidence: 4 };
    }
    case 'email':
      return pick(emailsIn(text), side, used, 1.5);
    case 'url':
      return pick(urlsIn(text), side, used, 1.5);
    case 'phone':
      return pick(phonesIn(text), side, used, 1.5);
    case 'date':
      return dateFor(side, text, now, used);
    case 'clock':
      return pick(clockTimesIn(text), side, used, 1);
    case 'language':
      return pick(languagesIn(text), side, used, 1.5);
    case 'place':
      return pick(placesIn(text), side, used, 1.2);
    case 'id':
      return pick(idsIn(text), side, used, 1.5);
    case 'unit':
      return pick(unitsIn(text), side, used, 2);
    case 'currency':
      return pick(
        currenciesIn(text).map((one) => ({ ...one, value: one.name })),
        side,
        used,
        2,
      );
    case 'number':
      return numberFor(name, schema, text, used, needed);
    case 'boolean':
      return booleanFor(name, text);
    case 'list':
      return listFor(slot, source);
    case 'object': {
      const inner = fill(schema, source);
      return inner.missing.length > 0 ? undefined : { value: inner.args, evidence: inner.evidence };
    }
    case 'words':
      return wordsFor(slot, source, used);
  }
}

/** `Days until Christmas` begin today; `since` ends today. */
function dateFor(side: Side | undefined, text: string, now: Date, used: ReadonlySet<number>): Value | undefined {
  const dates = datesIn(text, now);
  const [only] = dates;
  const today = datesIn('today', now)[0]?.value;
  if (side !== undefined && only && dates.length === 1) {
    const other = /^(until|till|to|before)$/.test(only.before)
      ? 'from'
      : /^(since|from|after)$/.test(only.before)
        ? 'to'
        : undefined;
    if (other === side) return { value: today, evidence: 0.5 };
    if (other !== undefined) return { value: only.value, evidence: 1, at: only.start };
  }
  return pick(dates, side, used, 1);
}

function wordsFor({ words }: Slot, { text, remainder }: Source, used: ReadonlySet<number>): Value | undefined {
  const quote = quotesIn(text).find(({ start }) => !used.has(start));
  if (quote) return { value: quote.value, evidence: 0.8, at: quote.start };
  return words && used.size === 0 && remainder !== '' ? { value: remainder, evidence: 0, at: -1 } : undefined;
}

function numberFor(
  name: string,
  schema: Schema,
  text: string,
  used: ReadonlySet<number>,
  needed: boolean,
): Value | undefined {
  const whole = schema.type === 'integer';
  const free = numbersIn(text).filter(({ start, value }) => !used.has(start) && (!whole || Number.isInteger(value)));
  const wantsPercent = /percent|rate|pct|tip/i.test(name);
  const stems = stemsOf(name);
  const beside = free.find(({ start, before }) => {
    const after = /^[^\p{L}]*(\p{L}+)/u.exec(text.slice(start))?.[1] ?? '';
    return [...stemsOf(`${before} ${after}`)].some((stem) => stems.has(stem));
  });
  const best = beside ?? free.find(({ percent }) => percent === wantsPercent) ?? (needed ? free[0] : undefined);
  if (!best || (!beside && !needed)) return undefined;
  return { value: best.value, evidence: beside ? 1 : 0.5, at: best.start };
}

function booleanFor(name: string, text: string): Value | undefined {
  const stems = [...stemsOf(name)];
  const words = Array.from(text.matchAll(/\p{L}[\p{L}']*/gu), ([word]) => word.toLowerCase());
  const at = words.findIndex((word) => [...stemsOf(word)].some((stem) => stems.includes(stem)));
  if (at < 0) return undefined;
  const denied = words
    .slice(Math.max(0, at - 3), at)
    .some((word) => /^(no|not|without|never|don't|isn't|non)$/.test(word));
  return { value: !denied, evidence: 0.5 };
}

function listFor(slot: Slot, source: Source): Value | undefined {
  const items = unwrapped(slot.schema.items ?? { type: 'string' });
  const name = slot.name.replace(/s$/, '');
  const one: Slot = {
    ...slot,
    name,
    schema: items,
    kind: kindOf(name, items),
    side: undefined,
    needed: true,
    words: true,
  };
  const used = new Set<number>();
  const values: unknown[] = [];
  let evidence = 0;
  for (let next = valueFor(one, source, used); next && values.length < 100; next = valueFor(one, source, used)) {
    values.push(next.value);
    evidence = Math.max(evidence, next.evidence);
    if (next.at === undefined || next.at < 0) break;
    used.add(next.at);
  }
  const [only] = values;
  if (values.length === 1 && one.kind === 'words' && typeof only === 'string') {
    return { value: only.split(/\s*,\s*(?:and\s+)?|\s+and\s+/).filter(Boolean), evidence };
  }
  return values.length > 0 ? { value: values, evidence } : undefined;
}
