import type { AnyAgent } from '../agent/agent.ts';
import { callUser, type RunScope, type Steps } from './scope.ts';

const WITHHELD = 'This output was withheld: a guardrail rejected it.';

/** Puts a text in the place of the tools' outputs of this turn: they were the final output, and a guardrail rejected it. */
export async function* withholdOutputs(run: RunScope, agent: AnyAgent, guardrail: string): Steps<{ withheld: string }> {
  const message = await messageFor(run, agent, guardrail);
  const calls = run.talk.items
    .slice(run.talk.turnStart)
    .flatMap(({ rawItem }) => (rawItem.type === 'function_call_result' ? [rawItem.callId] : []));
  yield [{ type: 'output.blocked', guardrail, message, calls }];
  return { withheld: message };
}

async function messageFor(run: RunScope, agent: AnyAgent, guardrailName: string): Promise<string> {
  const { blockedMessage } = run.plan;
  if (typeof blockedMessage === 'string') return blockedMessage === '' ? WITHHELD : blockedMessage;
  if (!blockedMessage) return WITHHELD;
  try {
    const given: unknown = await callUser(run, run.turnSpan ?? run.agentSpan, () =>
      blockedMessage({ defaultMessage: WITHHELD, guardrailName, agent, runContext: run.context }),
    );
    return typeof given === 'string' && given !== '' ? given : WITHHELD;
  } catch {
    return WITHHELD;
  }
}
