/** Which calls of a turn wait for a decision. */
import type { AnyAgent } from '../agent/agent.ts';
import { toolCallError } from '../agent/function-tool.ts';
import { RunToolApprovalItem } from '../agent/run-item.ts';
import { asksFirst, NEVER } from '../agent/tool-approval.ts';
import { qualifiedName } from '../agent/tool-namespace.ts';
import type { AskedTool } from '../event/folded-waiting.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { ApprovalDecided, ApprovalRequested } from '../event/mail-events.ts';
import { argumentsHash } from './approvals.ts';
import { callUser, type RunScope, stepKey, type Steps } from './scope.ts';
import { checkInput } from './tool-checks.ts';
import type { AskedCall } from './tools.ts';

export function callStep(run: RunScope, { callId }: FunctionCallItem): string {
  return stepKey(run, `${run.turn}:tool:${callId}`);
}

/** Calls of this turn whose tools have a rule, or may be under a decision for always, and that nobody was asked about before. */
export function unasked(run: RunScope, asked: readonly AskedCall[]): AskedCall[] {
  return asked.filter(({ call, tool }) => {
    if (!tool || (tool.needsApproval === NEVER && !run.approvals.standing)) return false;
    // A call that was made was free to be made.
    return run.open?.calls.has(call.callId) !== true && !run.approvals.has(callStep(run, call));
  });
}

/** Asks about those that their tools' rules want to be asked about. What was decided for always holds whatever the rule says. */
export async function* askAbout(run: RunScope, agent: AnyAgent, calls: readonly AskedCall[]): Steps<void> {
  const key = run.agents.keyOf(agent);
  const open = calls.filter(({ call }) => !run.approvals.settle(callStep(run, call), toolOf(key, call)));
  const answers = await Promise.all(open.map(async (one) => rule(run, one)));
  const needed = open.filter((_, index) => answers[index]);
  const allowed = run.plan.preApprovalGuardrails ? await allowedOf(run, agent, needed) : needed;
  const events: (ApprovalRequested | ApprovalDecided)[] = [];
  for (const one of allowed) {
    // Of two calls with one id, the first is the one that is asked about.
    if (run.approvals.has(callStep(run, one.call))) continue;
    const event = requestOf(run, key, one);
    const decided = await decidedAtOnce(run, agent, one);
    run.approvals.ask(event);
    events.push(event);
    if (!decided) continue;
    run.approvals.decide(decided);
    events.push(decided);
  }
  yield events;
}

// A call that its guardrails reject is nobody's decision: the model is told at once.
async function allowedOf(run: RunScope, agent: AnyAgent, calls: readonly AskedCall[]): Promise<AskedCall[]> {
  const verdicts = await Promise.all(
    calls.map(async ({ call, tool }) => {
      if (!tool?.inputGuardrails?.length) return true;
      const ref = { step: callStep(run, call), attempt: 1 };
      const checked = { agent, call, tool, ref, span: undefined };
      return (await checkInput(run, checked, 'approval', run.control.signal)).type === 'allow';
    }),
  );
  return calls.filter((_, index) => verdicts[index]);
}

/** What the tool's own `onApproval` says, where it has one. */
async function decidedAtOnce(
  run: RunScope,
  agent: AnyAgent,
  { call, local }: AskedCall,
): Promise<ApprovalDecided | undefined> {
  const onApproval = local?.onApproval;
  if (!onApproval) return undefined;
  const item = new RunToolApprovalItem(local.asking, agent, local.name);
  try {
    const { approve, reason } = await callUser(run, run.turnSpan ?? run.agentSpan, () => onApproval(run.context, item));
    const { callId } = call;
    const message = reason === undefined ? {} : { message: reason };
    return { type: 'approval.decided', callId, step: callStep(run, call), approved: approve === true, ...message };
  } catch (error) {
    if (run.control.signal.aborted) throw error;
    throw toolCallError(error);
  }
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

function toolOf(agent: string, call: FunctionCallItem): AskedTool {
  const { namespace } = call;
  return { tool: qualifiedName(call), ...(namespace !== undefined && { namespace }), agent };
}

function requestOf(run: RunScope, agent: string, { call, tool }: AskedCall): ApprovalRequested {
  const timeoutMs = tool?.approvalTimeoutMs ?? run.plan.approvalTimeoutMs;
  return {
    type: 'approval.requested',
    step: callStep(run, call),
    callId: call.callId,
    ...toolOf(agent, call),
    arguments: call.arguments,
    argumentsHash: argumentsHash(call),
    ...(timeoutMs !== undefined && { expiresAt: run.clock.now() + timeoutMs }),
  };
}
