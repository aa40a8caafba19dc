/** The process's environment, and an empty one where there is none. Variables set to nothing count as unset. */
export function environment(): Readonly<Record<string, string | undefined>> {
  const env = typeof process === 'object' ? process.env : undefined;
  return env === undefined
    ? {}
    : new Proxy(env, { get: (target, name) => target[name as string]?.trim() || undefined });
}
