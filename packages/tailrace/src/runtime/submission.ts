/** What is submitted, checked as `run()` checks it. */
import type { AnyAgent } from '../agent/agent.ts';
import { checkJson } from '../agent/option.ts';
import { UserError } from '../event/errors.ts';
import type { LogStore } from '../port/log-store.ts';
import type { Session } from '../port/session.ts';
import { planRun, type RunPlan } from '../run/plan.ts';
import type { Runner, RunInput } from '../runner.ts';
import { getGlobalTraceProvider } from '../view/trace/provider.ts';
import type { SubmitOptions } from './options.ts';

export interface Submission {
  /** The name that the agent is registered by. */
  agentName: string;
  agent: AnyAgent;
  input: RunInput;
  options: SubmitOptions;
  session: Session | undefined;
}

/** @throws UserError AGENT_NOT_REGISTERED */
export function agentNamed(agents: ReadonlyMap<string, AnyAgent>, name: string): AnyAgent {
  const agent = agents.get(name);
  if (agent) return agent;
  const known = [...agents.keys()].map((key) => `'${key}'`).join(', ') || 'none';
  throw new UserError(`No agent is registered as '${name}'. Registered are: ${known}.`, {
    code: 'AGENT_NOT_REGISTERED',
  });
}

/** @throws UserError for input and options that cannot work, or that are not data */
export function planSubmission(
  { agentName, agent, input, options, session }: Submission,
  runner: Runner,
  store: LogStore,
): RunPlan {
  const {
    sessionId,
    metadata,
    runId,
    maxTurns,
    principal,
    onDisconnect,
    conversationId,
    previousResponseId,
    traceparent,
  } = options;
  const asked = {
    ...(runId !== undefined && { runId }),
    ...(maxTurns !== undefined && { maxTurns }),
    ...(session && { session }),
    ...(conversationId !== undefined && { conversationId }),
    ...(previousResponseId !== undefined && { previousResponseId }),
    ...(traceparent !== undefined && { tracing: { traceparent } }),
  };
  const plan = planRun(agent, input, asked, runner.config, {
    hooks: runner,
    store,
    tracingDisabled: getGlobalTraceProvider().disabled,
    caller: undefined,
  });
  checkJson('input', plan.input);
  const submitted = {
    registered: agentName,
    ...(metadata !== undefined && { metadata }),
    ...(sessionId !== undefined && { sessionId }),
    ...(principal !== undefined && { principal }),
    ...(onDisconnect !== undefined && { onDisconnect }),
  };
  return { ...plan, submitted };
}
