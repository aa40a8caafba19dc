/** Functions of the program that look on, and change nothing. */

/** Calls one. What it throws, and what a promise that it gives rejects with, is nobody's. */
export function tellObserver(tell: () => unknown): void {
  const told = async (): Promise<unknown> => tell();
  told().catch(() => undefined);
}
