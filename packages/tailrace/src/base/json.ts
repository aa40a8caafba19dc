/** A value that JSON can carry unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Why a value has no JSON text, or undefined when it has one, be it another value's (a Date's). Names the first offending path. */
export function jsonProblem(value: unknown): string | undefined {
  return problemAt(value, '$', { seen: new Set(), plain: false });
}

/** Why JSON would not carry a value unchanged, or undefined when it does. Names the first offending path. */
export function plainJsonProblem(value: unknown): string | undefined {
  return problemAt(value, '$', { seen: new Set(), plain: true });
}

interface Look {
  seen: Set<object>;
  plain: boolean;
}

function problemAt(value: unknown, path: string, look: Look): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}`;
    case 'object':
      return value === null ? undefined : objectProblem(value, path, look);
    default:
      return `${path} is a ${typeof value}`;
  }
}

function objectProblem(value: object, path: string, look: Look): string | undefined {
  if (look.seen.has(value)) return `${path} refers to itself`;
  if (look.plain && !isPlain(value)) return `${path} is ${named(value)}, which JSON would change`;
  if (!look.plain && 'toJSON' in value && typeof value.toJSON === 'function') return undefined;
  look.seen.add(value);
  const list = Array.isArray(value);
  // Not Object.entries of a list: it passes over gaps.
  for (const [key, child] of list ? value.entries() : Object.entries(value)) {
    const place = list ? `${path}[${key}]` : `${path}.${key}`;
    // JSON leaves a field out that is undefined, and puts null in its place in a list.
    if (look.plain && list && child === undefined) return `${place} is undefined`;
    const problem = problemAt(child, place, look);
    if (problem) return problem;
  }
  look.seen.delete(value);
  return undefined;
}

/** An array, or an object that is nothing but its fields, of any realm. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null);
}

function named(value: object): string {
  const { constructor: made } = value as { constructor?: unknown };
  const name = typeof made === 'function' ? made.name : '';
  return name === '' ? 'an object of a class' : `of class ${name}`;
}

/** JSON text, or undefined when the value (a cycle, a BigInt, a getter that throws) has none. */
export function tryStringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The parsed value, or undefined when the text is not JSON. `null` parses to null. */
export function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON text with the keys of every object in order: equal for equal data, however a store gave it back. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    typeof child === 'object' && child !== null && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1)))
      : child,
  );
}
