const said = new Set<string>();

/** Writes a process warning, once per code: what fails in tracing must be seen by someone, and never more than that. */
export function warnOnce(code: string, message: string): void {
  if (said.has(code)) return;
  said.add(code);
  globalThis.process?.emitWarning?.(message, { type: 'TailraceWarning', code });
}
