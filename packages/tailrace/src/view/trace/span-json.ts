import type { SpanData } from '../../event/span-data.ts';

/**
 * Span data as the OpenAI traces API takes it. It knows no task or turn spans: they travel as custom spans that name their kind.
 * Fields that start with `_` are private to the process.
 */
export function spanDataJson(data: SpanData): object {
  const { type } = data;
  const fields = Object.fromEntries(Object.entries(data).filter(([name]) => name !== 'type' && !name.startsWith('_')));
  if (type !== 'task' && type !== 'turn') return { type, ...fields };
  return { type: 'custom', name: type, data: { sdk_span_type: type, ...fields } };
}
