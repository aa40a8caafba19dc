/**
 * The guardrails of one call of a tool: in order, each once, up to the first that does not allow it.
 *
 * C1 A guardrail that throws, or gives no verdict, fails closed. C2 A recorded verdict on the same call is not asked for again. C3 Verdicts on an output are
 * recorded together with it: a call that is made again is checked again.
 */
import type { AnyAgent } from '../agent/agent.ts';
import type { FunctionTool } from '../agent/tool.ts';
import { toolCallError } from '../agent/function-tool.ts';
import {
  checkedOutput,
  inputTrip,
  outputTrip,
  type ToolGuardrailFunctionOutput,
  type ToolInputGuardrailResult,
  type ToolOutputGuardrailResult,
} from '../agent/tool-guardrail.ts';
import { type AbortSource, abortable, AbortScope } from '../base/abort.ts';
import { asError } from '../base/error-text.ts';
import { jsonProblem, type Json } from '../base/json.ts';
import type { ToolCallError } from '../event/errors.ts';
import type { FunctionCallItem } from '../event/item.ts';
import { withLive } from '../event/live.ts';
import type { RunEventBody } from '../event/run-event.ts';
import type { StepRef, ToolChecked, ToolGuardrailBehavior } from '../event/step-events.ts';
import { inTrace, type RunScope } from './scope.ts';

/** What is checked: a call, and the span that the guardrails' own hang below. */
export interface CheckedCall {
  agent: AnyAgent;
  call: FunctionCallItem;
  tool: FunctionTool;
  ref: StepRef;
  span: string | undefined;
}

/** The call may go on, or this is told in its place. */
export type InputVerdict = { type: 'allow' } | { type: 'rejectContent'; message: string };

/**
 * Asks the input guardrails; with `recorded`, only looks what they said.
 *
 * @throws ToolCallError of a guardrail that fails the run, or that failed itself; the stop's reason
 */
export async function checkInput(
  run: RunScope,
  checked: CheckedCall,
  before: 'approval' | 'call',
  stop: AbortSource,
  which: 'all' | 'recorded' = 'all',
): Promise<InputVerdict> {
  const recorded = run.checks.filter((one) => one.step === checked.ref.step && one.before === before);
  for (const [index, guardrail] of (checked.tool.inputGuardrails ?? []).entries()) {
    const { name } = guardrail;
    const known = recorded[index]?.guardrail === name ? recorded[index] : undefined;
    if (!known && which === 'recorded') break;
    const output: ToolGuardrailFunctionOutput =
      known ?? (await ask(run, checked, name, stop, (data) => guardrail.run({ context: run.context, ...data })));
    const result: ToolInputGuardrailResult = { guardrail: { type: 'tool_input', name }, output };
    if (!known) {
      const event = verdictEvent(checked, { kind: 'input', before, guardrail: name }, output, result);
      run.checks.push(event);
      run.inbox.push(event);
    }
    const { behavior } = output;
    if (behavior.type === 'rejectContent') return behavior;
    if (behavior.type === 'throwException') throw tripped(inputTrip(result, run.plan.runId));
  }
  return { type: 'allow' };
}

export interface CheckedOutput {
  /** What the call came to, or the text that takes its place. */
  value: unknown;
  rejected: boolean;
  /** To be recorded with the outcome. */
  events: ToolChecked[];
  /** The verdict fails the run. */
  failure: ToolCallError | undefined;
}

/** @throws ToolCallError of a guardrail that failed itself; the stop's reason */
export async function checkOutput(
  run: RunScope,
  checked: CheckedCall,
  value: unknown,
  stop: AbortSource,
): Promise<CheckedOutput> {
  const events: ToolChecked[] = [];
  for (const { name, run: look } of checked.tool.outputGuardrails ?? []) {
    const output = await ask(run, checked, name, stop, (data) =>
      look({ context: run.context, ...data, output: value }),
    );
    const result: ToolOutputGuardrailResult = { guardrail: { type: 'tool_output', name }, output };
    events.push(verdictEvent(checked, { kind: 'output', before: 'output', guardrail: name }, output, result));
    const { behavior } = output;
    if (behavior.type === 'rejectContent')
      return { value: behavior.message, rejected: true, events, failure: undefined };
    if (behavior.type === 'throwException')
      return { value, rejected: true, events, failure: tripped(outputTrip(result, run.plan.runId)) };
  }
  return { value, rejected: false, events, failure: undefined };
}

/** The error of a recorded verdict that fails the run. */
export function recordedTrip(run: RunScope, { kind, guardrail: name, behavior, info }: ToolChecked): ToolCallError {
  const output = { behavior, ...(info !== undefined && { outputInfo: info }) };
  const { runId } = run.plan;
  return tripped(
    kind === 'input'
      ? inputTrip({ guardrail: { type: 'tool_input', name }, output }, runId)
      : outputTrip({ guardrail: { type: 'tool_output', name }, output }, runId),
  );
}

function tripped(error: Error): ToolCallError {
  return toolCallError(error, 'TOOL_GUARDRAIL_TRIPPED', `A tool guardrail wants the run to fail.`);
}

interface Asked {
  agent: AnyAgent;
  toolCall: FunctionCallItem;
  readonly signal: AbortSignal;
}

async function ask(
  run: RunScope,
  { agent, call, span: parent }: CheckedCall,
  name: string,
  stop: AbortSource,
  look: (data: Asked) => Promise<ToolGuardrailFunctionOutput>,
): Promise<ToolGuardrailFunctionOutput> {
  const span = run.spans.start({ type: 'guardrail', name, triggered: false }, parent ?? run.turnSpan ?? run.agentSpan);
  run.inbox.push(...span.events);
  using scope = new AbortScope(stop);
  const data: Asked = {
    agent,
    toolCall: call,
    get signal() {
      return scope.signal;
    },
  };
  try {
    const asked = new Promise<ToolGuardrailFunctionOutput>((resolve) =>
      resolve(inTrace(run, span.id, async () => look(data))),
    );
    const output = checkedOutput(name, await abortable(asked, scope));
    const triggered = output.behavior.type !== 'allow';
    run.inbox.push(...run.spans.end(span.id, { data: { type: 'guardrail', name, triggered } }));
    return output;
  } catch (thrown) {
    const error = asError(thrown);
    const message = run.plan.trace.sensitive ? error.message : 'Guardrail failed';
    run.inbox.push(...run.spans.end(span.id, { error: { message, data: {} } }));
    if (scope.aborted) throw error;
    throw toolCallError(error, 'GUARDRAIL_FAILED', 'A tool guardrail threw instead of giving a verdict.');
  }
}

function verdictEvent(
  { call, tool, ref }: CheckedCall,
  said: Pick<ToolChecked, 'kind' | 'before' | 'guardrail'>,
  { behavior, outputInfo: info }: ToolGuardrailFunctionOutput,
  result: ToolInputGuardrailResult | ToolOutputGuardrailResult,
): ToolChecked {
  return withLive<ToolChecked & RunEventBody>(
    {
      type: 'tool.checked',
      step: ref.step,
      attempt: ref.attempt,
      ...said,
      callId: call.callId,
      tool: tool.name,
      behavior: behaviorOf(behavior),
      ...(info !== undefined && jsonProblem(info) === undefined && { info: info as Json }),
    },
    result,
  );
}

// Only what it is made of: a guardrail may give an object of its own.
function behaviorOf(behavior: ToolGuardrailBehavior): ToolGuardrailBehavior {
  return behavior.type === 'rejectContent'
    ? { type: 'rejectContent', message: behavior.message }
    : { type: behavior.type };
}
