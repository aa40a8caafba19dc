/** A thrown value as text. One whose own formatting throws is named by its type. */
export function errorText(error: unknown): string {
  try {
    return String(error);
  } catch {
    return `a ${typeof error} that cannot be shown as text`;
  }
}

/** A thrown value as an Error: itself if it is one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(errorText(thrown), { cause: thrown });
}
