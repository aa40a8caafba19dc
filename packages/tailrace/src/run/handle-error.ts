/**
 * A final output of the caller's in place of an error.
 *
 * H1 The output is what the agent's `outputType` takes, and what the output guardrails let through; otherwise the run fails. H2 A recorded one is not asked for again.
 */
import type { AnyAgent } from '../agent/agent.ts';
import { RunMessageOutputItem } from '../agent/run-item.ts';
import { abortable } from '../base/abort.ts';
import { tryStringify } from '../base/json.ts';
import {
  isAgentsError,
  MaxTurnsExceededError,
  ModelBehaviorError,
  ModelRefusalError,
  serializeError,
  UserError,
} from '../event/errors.ts';
import type { AssistantMessageItem } from '../event/item.ts';
import { withLive } from '../event/live.ts';
import type { ItemAdded } from '../event/run-event.ts';
import type { ModelResponse } from '../port/model.ts';
import type { RunErrorData, RunErrorHandlerInput, RunErrorKind } from './error-handler.ts';
import { type FinalOutput, passOutputGuardrails } from './final-output.ts';
import { callUser, type RunScope, type Steps } from './scope.ts';
import { commitTurn } from './session-step.ts';

/** The handler's output, in the session. @throws `error` itself, where nobody handles it; what keeps the output from being final */
export async function* handledOutput(
  run: RunScope,
  agent: AnyAgent,
  error: unknown,
  response?: ModelResponse,
): Steps<FinalOutput> {
  const kind = kindOf(error);
  if (kind === undefined) throw error;
  const recorded = yield* recordedOutput(run, agent, kind);
  if (recorded) return recorded;
  const handlers = run.plan.errorHandlers;
  const handler = handlers?.[kind] ?? handlers?.default;
  if (!handler) throw error;
  const input: RunErrorHandlerInput = {
    error: error as RunErrorHandlerInput['error'],
    context: run.context,
    runData: run.plan.runData?.() ?? dataOf(run, agent),
  };
  const result = await callUser(run, run.turnSpan ?? run.agentSpan, () => handler(input));
  if (result === undefined || result === null) throw error;
  const { text, value } = await accepted(run, agent, kind, result.finalOutput);
  const output = response?.output ?? run.talk.items.map(({ rawItem }) => rawItem);
  yield* passOutputGuardrails(run, { agent, agentOutput: value, modelResponse: response, output }, nothing);
  const inHistory = result.includeInHistory !== false;
  const key = run.agents.keyOf(agent);
  const handled = { type: 'error.handled', kind, error: serializeError(error, run.plan.runId), agent: key } as const;
  yield [{ ...handled, output: text, inHistory }, ...(inHistory ? [said(run, agent, text)] : [])];
  yield* commitTurn(run, undefined, kind === 'maxTurns' ? 'handled' : 'turn');
  return { kind: 'final', text, value };
}

/** What an earlier writer has recorded, once more in the conversation. */
export async function* recordedOutput(
  run: RunScope,
  agent: AnyAgent,
  kind: RunErrorKind,
): Steps<FinalOutput | undefined> {
  const recorded = run.folded?.handled;
  if (recorded?.kind !== kind) return undefined;
  const { output: text, inHistory } = recorded;
  const value: unknown = await abortable(agent.processFinalOutput(text), run.control.signal);
  if (inHistory) said(run, agent, text);
  yield* commitTurn(run, undefined, kind === 'maxTurns' ? 'handled' : 'turn');
  return { kind: 'final', text, value };
}

function kindOf(error: unknown): RunErrorKind | undefined {
  if (!isAgentsError(error)) return undefined;
  if (error instanceof MaxTurnsExceededError) return 'maxTurns';
  if (error instanceof ModelRefusalError) return 'modelRefusal';
  return error instanceof ModelBehaviorError && error.code === 'OUTPUT_INVALID' ? 'invalidFinalOutput' : undefined;
}

async function accepted(
  run: RunScope,
  agent: AnyAgent,
  kind: RunErrorKind,
  finalOutput: unknown,
): Promise<{ text: string; value: unknown }> {
  const text = agent.outputType === 'text' ? finalOutput : tryStringify(finalOutput);
  if (typeof text !== 'string') {
    const wanted = agent.outputType === 'text' ? 'a text' : 'what JSON can carry';
    throw refused(run, kind, `finalOutput must be ${wanted}, got ${typeof finalOutput}.`);
  }
  try {
    return { text, value: await abortable(agent.processFinalOutput(text), run.control.signal) };
  } catch (cause) {
    if (run.control.signal.aborted) throw cause;
    throw refused(run, kind, "finalOutput is not what the agent's outputType takes.", cause);
  }
}

function refused(run: RunScope, kind: RunErrorKind, why: string, cause?: unknown): UserError {
  return new UserError(`errorHandlers, for ${kind}: ${why}`, {
    code: 'ERROR_HANDLER_INVALID',
    runId: run.plan.runId,
    data: { kind },
    ...(cause !== undefined && { cause }),
  });
}

function said(run: RunScope, agent: AnyAgent, text: string): ItemAdded {
  const rawItem: AssistantMessageItem = {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text }],
  };
  const item = new RunMessageOutputItem(rawItem, agent);
  run.talk.add(item);
  return withLive<ItemAdded>(
    { type: 'item.added', kind: 'message', agent: run.agents.keyOf(agent), item: rawItem },
    item,
  );
}

async function* nothing(): Steps<undefined> {
  // What the handler gave is in no session yet.
}

function dataOf(run: RunScope, lastAgent: AnyAgent): RunErrorData {
  const { talk } = run;
  const output = talk.items.map(({ rawItem }) => rawItem);
  return {
    input: talk.input,
    newItems: talk.items.slice(),
    history: talk.modelInput,
    output,
    rawResponses: [],
    lastAgent,
  };
}
