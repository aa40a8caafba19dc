/** What to say of something that was thrown. It may be anything, and is not trusted to have a text. */
export function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return 'something without a text was thrown';
  }
}
