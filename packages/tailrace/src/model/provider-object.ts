/** JSON from a provider: anything may be missing or of another type than documented. */
export type ProviderObject = Record<string, unknown>;

export function isObject(value: unknown): value is ProviderObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value when it is an object, and an empty one otherwise. */
export function objectOr(value: unknown): ProviderObject {
  return isObject(value) ? value : {};
}

export function listOr(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value when it is a string with something in it. */
export function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

export function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}
