/** A piece of reasoning in a provider's own event: of the Responses API, of Chat Completions as gateways extend it, or of an AI SDK model. */
export function reasoningDelta(event: unknown): { delta: string; key: string | undefined } | undefined {
  if (!isObject(event)) return undefined;
  const type = event['type'];
  if (type === 'response.reasoning_summary_text.delta' || type === 'response.reasoning_text.delta') {
    return piece(event['delta'], event['item_id']);
  }
  if (type === 'reasoning-delta') return piece(event['delta'], event['id']);
  const choices = event['choices'];
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const delta = isObject(choice) ? choice['delta'] : undefined;
  return isObject(delta) ? piece(delta['reasoning_content'] ?? delta['reasoning'], undefined) : undefined;
}

function piece(delta: unknown, key: unknown): { delta: string; key: string | undefined } | undefined {
  if (typeof delta !== 'string' || delta === '') return undefined;
  return { delta, key: typeof key === 'string' && key !== '' ? `reasoning:${key}` : undefined };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
