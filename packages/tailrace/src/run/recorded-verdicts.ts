import type { GuardrailReturned } from '../event/run-event.ts';

/** Guardrails that the log has no verdict of. A verdict says only a name: where several share one, it is nobody's. */
export function withoutVerdict<T extends { name: string }>(
  guardrails: readonly T[],
  kind: GuardrailReturned['kind'],
  verdicts: readonly GuardrailReturned[] = [],
): readonly T[] {
  if (verdicts.length === 0) return guardrails;
  const given = new Set(verdicts.flatMap((verdict) => (verdict.kind === kind ? [verdict.guardrail] : [])));
  return guardrails.filter(
    ({ name }) => !given.has(name) || guardrails.filter((other) => other.name === name).length > 1,
  );
}
