/** Picks, of the values that a text holds, the one for a property. */
import { CURRENCIES, OPERATIONS, UNITS } from './offline-names.ts';
import type { Schema, Side } from './offline-schema.ts';
import type { Found } from './offline-values.ts';

export interface Value {
  readonly value: unknown;
  /** How much it speaks for the tool that it was found. */
  readonly evidence: number;
  /** Where it stands, so that no two properties take the same. */
  readonly at?: number;
}

const TO = /^(to|into|in|until|till|as)$/;

/** The value for the side that a property names: `to` takes what follows a to, `from` what stands beside a number or comes first. */
export function pick(
  values: readonly Found<unknown>[],
  side: Side | undefined,
  used: ReadonlySet<number>,
  weight: number,
): Value | undefined {
  const free = values.filter(({ start }) => !used.has(start));
  const best =
    side === undefined ? free.toSorted((one, other) => other.sure - one.sure)[0] : onSide(free, values.length, side);
  return best && { value: best.value, evidence: weight * best.sure, at: best.start };
}

function onSide(free: readonly Found<unknown>[], count: number, side: Side): Found<unknown> | undefined {
  const counted = free.find(({ before }) => before === '#');
  const target = free.find(({ before }) => TO.test(before));
  if (side === 'from')
    return counted ?? free.find((one) => one.before === 'from') ?? free.find((one) => one !== target);
  return target ?? (count > 1 ? free.findLast((one) => one !== counted) : undefined);
}
/** The choice of an enum that a text names, by its own or another name. */
export function choiceOf(
  schema: Schema,
  text: string,
  used: ReadonlySet<number>,
  side: Side | undefined,
): Value | undefined {
  const choices = schema.enum ?? [schema.const];
  if (choices.length === 1) return { value: choices[0], evidence: 0 };
  const hits: Found<unknown>[] = [];
  for (const choice of choices) {
    for (const [alias, exact] of namesOf(choice)) {
      const sign = !/[\p{L}\d]/u.test(alias);
      const escaped = alias.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
      // A unit stands beside its number: 5km.
      const pattern = sign ? escaped : `(?<![\\p{L}/])${escaped}(?:s|es)?(?![\\p{L}/])`;
      for (const match of text.matchAll(new RegExp(pattern, 'giu'))) {
        const [short, lead] = [alias.length < 3 && !sign, text.slice(0, match.index)];
        if (short && !/\d\s*$|\b(?:to|in|into|from)\s+$/i.test(lead) && match[0] !== choice) continue;
        const counted = /\d\s*$/.test(lead);
        const before = counted ? '#' : (/(\p{L}+)[^\p{L}\d]*$/u.exec(lead)?.[1]?.toLowerCase() ?? '');
        hits.push({ value: choice, start: match.index, sure: exact ? 1 : 0.9, before });
      }
    }
  }
  const byPlace = hits.toSorted((one, other) => one.start - other.start);
  return pick(byPlace, side, used, 2);
}

/** What people may write for a choice: itself, and the other names of the same unit, currency or operation. */
function namesOf(choice: unknown): [alias: string, exact: boolean][] {
  const own = String(choice).replace(/[_-]+/g, ' ');
  const names: [string, boolean][] = [
    [own, true],
    [String(choice), true],
  ];
  for (const table of [UNITS, CURRENCIES, OPERATIONS]) {
    const name = table.get(own.toLowerCase()) ?? table.get(own) ?? table.get(own.replace(/s$/, '').toLowerCase());
    if (name === undefined) continue;
    for (const [alias, of] of table) if (of === name) names.push([alias, false]);
  }
  return names;
}
