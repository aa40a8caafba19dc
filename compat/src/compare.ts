import type { Json, Observation } from './program.ts';

/** One place where two observations differ: a path such as `events.3.item.output`. */
export interface Mismatch {
  readonly path: string;
  readonly expected: Json | undefined;
  readonly got: Json | undefined;
}

/** Every leaf where `got` is not `expected`; none when they are equal. */
export function compare(expected: Observation, got: Observation): Mismatch[] {
  const found: Mismatch[] = [];
  walk('', expected, got, found);
  return found;
}

function walk(path: string, expected: Json | undefined, got: Json | undefined, found: Mismatch[]): void {
  if (expected === got) return;
  if (Array.isArray(expected) && Array.isArray(got)) {
    for (let index = 0; index < Math.max(expected.length, got.length); index += 1) {
      walk(join(path, index), expected[index], got[index], found);
    }
  } else if (isObject(expected) && isObject(got)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      walk(join(path, key), expected[key], got[key], found);
    }
  } else {
    found.push({ path, expected, got });
  }
}

function join(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
