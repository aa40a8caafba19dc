import { UserError } from '../event/errors.ts';

const warned = new Set<string>();

/**
 * Checks the names of an options object: an unknown one is an error that suggests the nearest known name; one that @openai/agents has
 * and this version does not is a warning, once.
 *
 * @throws UserError OPTION_UNKNOWN
 */
export function checkOptions(
  where: string,
  options: object,
  known: readonly string[],
  elsewhere: readonly string[] = [],
): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name) || Reflect.get(options, name) === undefined) continue;
    if (elsewhere.includes(name)) warnIgnored(where, name);
    else throw unknownOption(where, name, known);
  }
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
