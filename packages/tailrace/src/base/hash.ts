import type { createHash } from 'node:crypto';

// Loaded at the first hash: it costs a start several milliseconds, and most runs need none.
let create: typeof createHash | undefined;

/** SHA-256 of the text as UTF-8, in hexadecimal. */
export function sha256(text: string): string {
  create ??= process.getBuiltinModule('node:crypto').createHash;
  return create('sha256').update(text).digest('hex');
}
