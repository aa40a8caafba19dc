/** A value that JSON can carry unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Why a value cannot be JSON, or undefined when it can. Names the first offending path. */
export function jsonProblem(value: unknown): string | undefined {
  return problemAt(value, '$', new Set());
}

function problemAt(value: unknown, path: string, seen: Set<object>): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}`;
    case 'object':
      return value === null ? undefined : objectProblem(value, path, seen);
    default:
      return `${path} is a ${typeof value}`;
  }
}

function objectProblem(value: object, path: string, seen: Set<object>): string | undefined {
  if (seen.has(value)) return `${path} refers to itself`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return undefined;
  seen.add(value);
  for (const [key, child] of Object.entries(value)) {
    const problem = problemAt(child, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, seen);
    if (problem) return problem;
  }
  seen.delete(value);
  return undefined;
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
