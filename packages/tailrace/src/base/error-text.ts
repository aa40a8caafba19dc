/** A thrown value as text. One whose own formatting throws is named by its type. */
export function errorText(error: unknown): string {
  try {
    return String(error);
  } catch {
    return `a ${typeof error} that cannot be shown as text`;
  }
}

/** A thrown value, or an Error in its place where it cannot even be asked what it is: a proxy that refuses, or was revoked. */
export function inspectable(thrown: unknown): unknown {
  try {
    void (thrown instanceof Error);
    return thrown;
  } catch {
    return new Error(`Something was thrown that cannot be looked at: ${errorText(thrown)}.`);
  }
}

/** A thrown value as an Error: itself if it is one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(errorText(thrown), { cause: thrown });
}
