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

/** Calls of this turn whose tools have a rule, and that nobody was asked about before. */
export function unasked(run: RunScope, asked: readonly AskedCall[]): AskedCall[] {
  return asked.filter(({ call, tool }) => {
    if (!tool || tool.needsApproval === NEVER) return false;
    // A call that was made was free to be made.
    return run.open?.calls.has(call.callId) !== true && !run.approvals.has(callStep(run, call), call.callId);
  });
}

/** Asks about those that their tools' rules want to be asked about. */
export async function* askAbout(run: RunScope, agent: AnyAgent, calls: readonly AskedCall[]): Steps<void> {
  const key = run.agents.keyOf(agent);
  const answers = await Promise.all(calls.map(async (one) => rule(run, one)));
  const needed = calls.filter(
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
