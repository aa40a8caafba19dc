import type { ModelSettings } from '../port/model.ts';

/**
 * One's settings over another's, one by one. `reasoning`, `text`, `promptCacheOptions`, `retry` and its `backoff` are settings of their own inside: what the
 * upper one does not say of them, the lower one does.
 */
export function settingsOver(
  lower: ModelSettings | undefined,
  upper: ModelSettings,
  groups: readonly Group[] = GROUPS,
): ModelSettings {
  const settings = { ...lower, ...upper };
  if (!lower) return settings;
  for (const name of groups) {
    const group = over(lower[name], upper[name]);
    if (group) Object.assign(settings, { [name]: group });
  }
  const backoff = over(lower.retry?.backoff, upper.retry?.backoff);
  if (backoff) settings.retry = { ...settings.retry, backoff };
  return settings;
}

type Group = 'reasoning' | 'text' | 'promptCacheOptions' | 'retry' | 'providerData';

const GROUPS: readonly Group[] = ['reasoning', 'text', 'promptCacheOptions', 'retry'];

/** Of a tool's own config over its caller's, which is about the same provider. */
export const NESTED: readonly Group[] = [...GROUPS, 'providerData'];

/** Undefined where one of them is all there is. */
function over<T>(lower: T | null | undefined, upper: T | null | undefined): T | undefined {
  if (typeof lower !== 'object' || typeof upper !== 'object' || lower === null || upper === null) return undefined;
  return { ...lower, ...upper };
}
