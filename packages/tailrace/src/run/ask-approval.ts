/** Which calls of a turn wait for a decision. */
import type { AnyAgent } from '../agent/agent.ts';
import { toolCallError } from '../agent/function-tool.ts';
import { asksFirst, NEVER } from '../agent/tool-approval.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { ApprovalRequested } from '../event/mail-events.ts';
import { argumentsHash } from './approvals.ts';
import { callUser, type RunScope, type Steps } from './scope.ts';
import type { AskedCall } from './tools.ts';

export function callStep(run: RunScope, { callId }: FunctionCallItem): string {
  return `${run.turn}:tool:${callId}`;
}

/** Asks about the calls of this turn that need it and that nobody was asked about before. */
export async function* askAbout(run: RunScope, agent: AnyAgent, asked: readonly AskedCall[]): Steps<void> {
  const unclear = asked.filter(({ call, tool }) => {
    // A call that was made was free to be made.
    const called = run.open?.calls.has(call.callId) === true;
    return tool && tool.needsApproval !== NEVER && !called && !run.approvals.has(callStep(run, call), call.callId);
  });
  if (unclear.length === 0) return;
  const key = run.agents.keyOf(agent);
  const answers = await Promise.all(unclear.map(async (one) => rule(run, one)));
  const needed = unclear.filter(
    ({ call }, index) => answers[index] && !run.approvals.settle(callStep(run, call), { agent: key, tool: call.name }),
  );
  const events: ApprovalRequested[] = [];
  for (const one of needed) {
    // Of two calls with one id, the first is the one that is asked about.
    if (run.approvals.has(callStep(run, one.call), one.call.callId)) continue;
    const event = requestOf(run, key, one);
    run.approvals.ask(event);
    events.push(event);
  }
  yield events;
}

async function rule(run: RunScope, { call, tool }: AskedCall): Promise<boolean> {
  if (!tool) return false;
  try {
    return await callUser(run, run.turnSpan ?? run.agentSpan, () => asksFirst(tool, run.context, call));
  } catch (error) {
    if (run.control.signal.aborted) throw error;
    throw toolCallError(error);
  }
}

function requestOf(run: RunScope, agent: string, { call, tool }: AskedCall): ApprovalRequested {
  const timeoutMs = tool?.approvalTimeoutMs ?? run.plan.approvalTimeoutMs;
  return {
    type: 'approval.requested',
    step: callStep(run, call),
    callId: call.callId,
    tool: call.name,
    agent,
    arguments: call.arguments,
    argumentsHash: argumentsHash(call),
    ...(timeoutMs !== undefined && { expiresAt: run.clock.now() + timeoutMs }),
  };
}
