import type { Addition, Difference } from './difference.ts';
import { isObject, list } from './difference.ts';
import type { Observation } from './program.ts';
import { collisionRows } from './rows/collisions.ts';
import { decisionRows } from './rows/decisions.ts';
import { endingRows } from './rows/endings.ts';
import { mcpRows } from './rows/mcp.ts';
import { modelAndToolRows } from './rows/models-and-tools.ts';
import { nestedRows } from './rows/nested.ts';
import { retryRows } from './rows/retries.ts';
import { sessionRows } from './rows/sessions.ts';
import { tracingRows } from './rows/tracing.ts';
import { isSpan, mapSpans, mapTraces } from './span-tree.ts';

/** The rows, in the order of the published table. */
export const differences: readonly Difference[] = [
  ...endingRows,
  ...tracingRows,
  ...modelAndToolRows,
  ...retryRows,
  ...sessionRows,
  ...nestedRows,
  ...collisionRows,
  ...decisionRows,
  ...mcpRows,
];

export const additions: readonly Addition[] = [
  {
    id: 'generation-spans',
    tailrace:
      'Each model call has a `generation` span below its turn, whatever the model is. (In the reference only some models make one.)',
    why: 'A trace without its model calls does not say where the time went.',
    aspects: {
      trace: (value) =>
        mapSpans(value, (span, parent) =>
          parent && isSpan(parent, 'turn') && isSpan(span, 'generation') ? undefined : span,
        ),
      endings: (value) =>
        mapTraces(value, (trace) => ({
          ...trace,
          spans: list(trace['spans']).filter((span) => span !== 'turn > generation: 1'),
        })),
    },
  },
  {
    id: 'spans-of-tool-guardrails',
    tailrace:
      'Each guardrail of a tool has a `guardrail` span: below the call it looked at, or below the turn when it was asked before an approval.',
    why: 'A call that was stopped or changed on its way should say by whom.',
    aspects: {
      trace: (value) =>
        mapSpans(value, (span, parent) =>
          parent && (isSpan(parent, 'function') || isSpan(parent, 'turn')) && isSpan(span, 'guardrail')
            ? undefined
            : span,
        ),
      endings: (value) =>
        mapTraces(value, (trace) => ({
          ...trace,
          spans: list(trace['spans']).filter(
            (span) => !(typeof span === 'string' && /^(function|turn) > guardrail/.test(span)),
          ),
        })),
    },
  },
];

/** What Tailrace has to show, given what the reference showed; `used` collects the rows that changed something. */
export function expectedOf(program: string, seen: Observation, used: Set<string>): Observation {
  const expected: Observation = { ...seen };
  for (const row of differences.filter((one) => one.applies(program, seen))) {
    for (const [aspect, ours] of Object.entries(row.aspects)) {
      const value = expected[aspect];
      if (value === undefined) continue;
      expected[aspect] = ours(value, { program, seen, expected });
      if (JSON.stringify(expected[aspect]) !== JSON.stringify(value)) used.add(row.id);
    }
  }
  return expected;
}

/** What is left of Tailrace's observation when the additions are taken away; `used` collects those that were there. */
export function withoutAdditions(seen: Observation, used: Set<string>): Observation {
  const left: Observation = { ...seen };
  for (const { id, aspects } of additions) {
    for (const [aspect, without] of Object.entries(aspects)) {
      const value = left[aspect];
      if (!Array.isArray(value) || !value.every((one) => isObject(one))) continue;
      left[aspect] = without(value);
      if (JSON.stringify(left[aspect]) !== JSON.stringify(value)) used.add(id);
    }
  }
  return left;
}
