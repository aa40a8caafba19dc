import { plainJsonProblem } from '../base/json.ts';
import { UserError } from '../event/errors.ts';

const warned = new Set<string>();
const TYPE = { code: 'OPTION_TYPE' } as const;

/**
 * Checks the names of an options object: an unknown one is an error that suggests the nearest known name; one that @openai/agents has
 * and this version does not is a warning, once.
 *
 * @throws UserError OPTION_UNKNOWN, OPTION_TYPE for what is no object
 */
export function checkOptions(
  where: string,
  options: object,
  known: readonly string[],
  elsewhere: readonly string[] = [],
): void {
  if (!isOptions(options))
    throw new UserError(`${where} takes its options as an object, got ${kindOf(options)}.`, TYPE);
  for (const name of Object.keys(options)) {
    if (known.includes(name) || Reflect.get(options, name) === undefined) continue;
    if (elsewhere.includes(name)) warnIgnored(where, name);
    else throw unknownOption(where, name, known);
  }
}

/** What an option may be: a text, true or false, or what its own check says. */
export type OptionKind = 'text' | 'flag' | 'other';

/**
 * Checks the names of an options object, and of those that are texts or flags that they are.
 *
 * @throws UserError OPTION_UNKNOWN, OPTION_TYPE
 */
export function checkKinds<T extends object>(
  where: string,
  options: T,
  kinds: Readonly<Record<keyof T & string, OptionKind>>,
): void {
  checkOptions(where, options, Object.keys(kinds));
  for (const [name, kind] of Object.entries<OptionKind>(kinds)) {
    const value: unknown = Reflect.get(options, name);
    if (value === undefined || kind === 'other' || typeof value === (kind === 'text' ? 'string' : 'boolean')) continue;
    const wanted = kind === 'text' ? 'a text' : 'true or false';
    throw new UserError(`${where}: ${name} must be ${wanted}, got ${kindOf(value)}.`, TYPE);
  }
}

/** Checks what outlives the process: JSON carries it unchanged. @throws UserError OPTION_TYPE, saying where it does not */
export function checkJson(name: string, value: unknown): void {
  const problem = plainJsonProblem(value);
  if (problem === undefined) return;
  throw new UserError(`${name} must be JSON, because it outlives this process: ${problem}.`, TYPE);
}

function isOptions(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

function unknownOption(where: string, name: string, known: readonly string[]): UserError {
  const near = nearest(name, known);
  const hint = near ? ` Did you mean '${near}'?` : ` Known are: ${known.join(', ')}.`;
  return new UserError(`${where} has no option '${name}'.${hint}`, { code: 'OPTION_UNKNOWN' });
}

function warnIgnored(where: string, name: string): void {
  if (warned.has(name)) return;
  warned.add(name);
  console.warn(
    `tailrace: ${where}: the option '${name}' of @openai/agents is not supported by this version and has no effect.`,
  );
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((option) => ({ option, distance: editDistance(name.toLowerCase(), option.toLowerCase()) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (!best || best.distance <= 2) return best?.option;
  // 'streaming' is a longer 'stream', not a misspelt 'tracing'.
  const begins = known.find((option) => option.length > 3 && name.toLowerCase().startsWith(option.toLowerCase()));
  return begins ?? (best.distance <= name.length / 3 ? best.option : undefined);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
