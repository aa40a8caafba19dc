/** From a final text to a final output: parsed, checked by the output guardrails, and in the session. */
import type { AnyAgent } from '../agent/agent.ts';
import type { OutputGuardrailResult } from '../agent/guardrail.ts';
import type { RunMessageOutputItem } from '../agent/run-item.ts';
import { qualifiedName } from '../agent/tool-namespace.ts';
import type { FunctionToolOutput } from '../agent/tool-result.ts';
import { agentToolSpec } from '../agent/agent-tool.ts';
import { abortable } from '../base/abort.ts';
import {
  isAgentsError,
  ModelRefusalError,
  OutputGuardrailTripwireTriggered,
  SystemError,
  UserError,
} from '../event/errors.ts';
import { refusalOfMessage, textOfMessage } from '../event/item.ts';
import type { ModelResponse } from '../port/model.ts';
import { callStep } from './ask-approval.ts';
import { outputChecks, type OutputToCheck, RunningChecks } from './guardrails.ts';
import { kindOf } from './model-answer.ts';
import { nestedResultOf } from './nested-call.ts';
import { withoutVerdict } from './recorded-verdicts.ts';
import { callUser, type RunScope, type Steps } from './scope.ts';
import { commitTurn, type Rejected } from './session-step.ts';
import type { AskedCall } from './tools.ts';
import { withholdOutputs } from './withheld-output.ts';

export interface FinalOutput {
  kind: 'final';
  text: string;
  value: unknown;
}

/** The final text in a message. @throws ModelRefusalError when the model refused instead */
export function finalText(run: RunScope, message: RunMessageOutputItem): string {
  const text = textOfMessage(message.rawItem);
  const refusal = refusalOfMessage(message.rawItem);
  if (refusal !== undefined && text === '') throw new ModelRefusalError(refusal, { runId: run.plan.runId });
  return text;
}

/** The final text that the tools' outputs are, if the agent says that they are. */
export async function finalTextOfTools(
  run: RunScope,
  agent: AnyAgent,
  results: FunctionToolOutput[],
  calls: readonly AskedCall[],
): Promise<string | undefined> {
  const behavior = agent.toolUseBehavior;
  const [first] = results;
  if (behavior === 'run_llm_again' || !first) return undefined;
  if (behavior === 'stop_on_first_tool') return outputText(first);
  if (typeof behavior === 'function') {
    const told = await Promise.all(results.map(async (result) => withAgentRun(run, result, calls)));
    const decided = await callUser(run, run.turnSpan, () => behavior(run.context, told));
    if (typeof decided !== 'object' || (decided as unknown) === null) throw undecided(run, agent, decided);
    if (decided.isFinalOutput) return decided.finalOutput;
    if (decided.isInterrupted) throw cannotInterrupt(run, agent);
    return undefined;
  }
  const names = behavior.stopAtToolNames;
  const stopping = results.find(({ tool }) => names.includes(tool.name) || names.includes(qualifiedName(tool)));
  return stopping && outputText(stopping);
}

/** The result of an agent tool's run is read from the log when somebody may look at it: it is there also after a restart. */
async function withAgentRun(
  run: RunScope,
  result: FunctionToolOutput,
  calls: readonly AskedCall[],
): Promise<FunctionToolOutput> {
  if (!agentToolSpec(result.tool)) return result;
  const { rawItem } = result.runItem;
  const asked = calls.find(({ call }) => 'callId' in rawItem && call.callId === rawItem.callId);
  const agentRunResult = asked && (await nestedResultOf(run, asked.call, callStep(run, asked.call)));
  return agentRunResult
    ? { ...result, agentRunResult: agentRunResult as NonNullable<FunctionToolOutput['agentRunResult']> }
    : result;
}

function cannotInterrupt(run: RunScope, { name }: AnyAgent): UserError {
  return new UserError(
    `The toolUseBehavior of agent '${name}' gave isInterrupted: true, but every call of the turn has its output: nothing is left to wait for. Give isInterrupted: undefined, and let the tool wait: needsApproval before it is called, waitForInput() in place of an output.`,
    { code: 'OPTION_CONFLICT', runId: run.plan.runId },
  );
}

function undecided(run: RunScope, { name }: AnyAgent, given: unknown): UserError {
  return new UserError(
    `The toolUseBehavior of agent '${name}' gave ${kindOf(given)}. Give { isFinalOutput: false, isInterrupted: undefined }, or { isFinalOutput: true, isInterrupted: undefined, finalOutput: '…' }.`,
    { code: 'OPTION_TYPE', runId: run.plan.runId },
  );
}

function outputText({ runItem }: FunctionToolOutput): string {
  const { rawItem } = runItem;
  if (rawItem.type !== 'function_call_result') return JSON.stringify(runItem.output) ?? '';
  const { output } = rawItem;
  if (typeof output === 'string') return output;
  return !Array.isArray(output) && output.type === 'text' ? output.text : JSON.stringify(output);
}

interface Candidate {
  agent: AnyAgent;
  text: string;
  response: ModelResponse;
  /** The message that holds the text, when a message does: a guardrail that trips keeps it out of the session. */
  message: RunMessageOutputItem | undefined;
}

/** Checks the candidate and commits the turn. @throws what keeps it from being the final output */
export async function* acceptOutput(run: RunScope, { agent, text, response, message }: Candidate): Steps<FinalOutput> {
  const value: unknown = await abortable(agent.processFinalOutput(text), run.control.signal);
  if (run.plan.outputGuardrails.length + agent.outputGuardrails.length > 0) {
    const output = { agent, agentOutput: value, modelResponse: response, output: response.output };
    yield* passOutputGuardrails(run, output, async function* (error) {
      const { guardrail } = error.result as OutputGuardrailResult;
      return message ?? (yield* withholdOutputs(run, agent, guardrail.name));
    });
  }
  if (run.plan.session) yield* commitTurn(run);
  return { kind: 'final', text, value };
}

/** Asks the output guardrails of the run and of its agent. What a trip rejects stays out of the session. @throws the first trip or failure */
export async function* passOutputGuardrails(
  run: RunScope,
  subject: OutputToCheck,
  rejected: (trip: OutputGuardrailTripwireTriggered) => Steps<Rejected | undefined>,
): Steps<void> {
  const { agent } = subject;
  const all = [...run.plan.outputGuardrails, ...agent.outputGuardrails];
  const guardrails = run.open ? withoutVerdict(all, 'output', run.folded?.verdicts) : all;
  if (guardrails.length === 0) return;
  const checks = outputChecks(run, guardrails, subject);
  using running = new RunningChecks(run, agent, checks, run.control.signal);
  try {
    yield* running.settle();
  } catch (error) {
    if (!run.control.signal.aborted) {
      const tripped = error instanceof OutputGuardrailTripwireTriggered;
      yield* commitRejected(run, error, tripped ? yield* rejected(error) : undefined);
    }
    throw error;
  }
}

// What was rejected stays out of the session; a guardrail that gave no verdict rejected nothing.
async function* commitRejected(run: RunScope, error: unknown, rejected: Rejected | undefined): Steps<void> {
  try {
    yield* commitTurn(run, rejected);
  } catch (saving) {
    if (!isAgentsError(saving) || saving.code !== 'SESSION_SAVE_FAILED') throw saving;
    throw new SystemError(saving.message, {
      code: 'SESSION_SAVE_FAILED',
      cause: error,
      runId: run.plan.runId,
      publicMessage: 'The session could not be saved.',
    });
  }
}
