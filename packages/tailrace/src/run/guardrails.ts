/**
 * Guardrails, run beside each other. A trip or a failure stops the rest; nothing waits for a guardrail that does not listen.
 *
 * G1 A guardrail that throws, or gives what is no verdict, fails closed: no verdict is a no. G2 Verdicts are listed in the order in which they came.
 */
import type { AnyAgent } from '../agent/agent.ts';
import type {
  GuardrailFunctionOutput,
  InputGuardrail,
  InputGuardrailResult,
  OutputGuardrail,
  OutputGuardrailResult,
} from '../agent/guardrail.ts';
import type { AgentOutputType } from '../agent/output-type.ts';
import { AbortScope, type AbortSource, abortable } from '../base/abort.ts';
import { copyOf } from '../base/copy.ts';
import { asError, errorText } from '../base/error-text.ts';
import { jsonProblem, type Json } from '../base/json.ts';
import {
  GuardrailExecutionError,
  InputGuardrailTripwireTriggered,
  OutputGuardrailTripwireTriggered,
  UserError,
} from '../event/errors.ts';
import { withLive } from '../event/live.ts';
import type { AgentOutputItem } from '../event/item.ts';
import type { GuardrailReturned } from '../event/run-event.ts';
import type { ModelResponse } from '../port/model.ts';
import { inTrace, type RunScope, type Steps } from './scope.ts';

/** One guardrail with what it is asked. */
interface Check {
  kind: 'input' | 'output';
  name: string;
  execute: (stop: AbortScope) => PromiseLike<GuardrailFunctionOutput> | GuardrailFunctionOutput;
  /** The verdict as results and errors list it. */
  resultOf: (output: GuardrailFunctionOutput) => InputGuardrailResult | OutputGuardrailResult;
}

/** Guardrails that are running. */
export class RunningChecks implements Disposable {
  readonly #run: RunScope;
  readonly #agent: AnyAgent;
  readonly #scope: AbortScope;
  #pending: number;
  #failure: { error: unknown } | undefined;

  constructor(run: RunScope, agent: AnyAgent, checks: readonly Check[], stop: AbortSource) {
    this.#run = run;
    this.#agent = agent;
    this.#scope = new AbortScope(stop);
    this.#pending = checks.length;
    for (const check of checks) void this.#perform(check);
  }

  /** Aborts when one trips or fails; its reason is the error that the run ends with. */
  get signal(): AbortScope {
    return this.#scope;
  }

  /** Lets drive write what they report until all have passed. @throws the first trip or failure */
  async *settle(): Steps<void> {
    while (this.#pending > 0 && !this.#failure) {
      await abortable(this.#run.inbox.wait(), this.#run.control.signal);
      yield [];
    }
    yield [];
    if (this.#failure) throw this.#failure.error;
  }

  async #perform(check: Check): Promise<void> {
    const run = this.#run;
    const span = run.spans.start({ type: 'guardrail', name: check.name, triggered: false }, run.agentSpan);
    run.inbox.push(...span.events);
    try {
      const output = await abortable(
        new Promise<GuardrailFunctionOutput>((resolve) =>
          resolve(inTrace(run, span.id, () => check.execute(this.signal))),
        ),
        this.signal,
      );
      const tripped = trippedOf(check.name, output);
      const result = check.resultOf(output);
      const ended = run.spans.end(span.id, { data: { type: 'guardrail', name: check.name, triggered: tripped } });
      run.inbox.push(this.#verdict(check, output, tripped, result), ...ended);
      this.#pending -= 1;
      if (tripped) this.#stop(tripError(run, result));
    } catch (thrown) {
      const error = asError(thrown);
      run.inbox.push(
        ...run.spans.end(span.id, {
          error: { message: run.plan.trace.sensitive ? error.message : 'Guardrail failed', data: {} },
        }),
      );
      this.#pending -= 1;
      if (!this.#scope.aborted) this.#stop(failed(run, check.kind, error));
    }
    run.inbox.ring();
  }

  #verdict(check: Check, output: GuardrailFunctionOutput, tripped: boolean, result: unknown): GuardrailReturned {
    const info = output.outputInfo;
    return withLive<GuardrailReturned>(
      {
        type: 'guardrail.returned',
        kind: check.kind,
        guardrail: check.name,
        agent: this.#run.agents.keyOf(this.#agent),
        tripped,
        ...(info !== undefined && jsonProblem(info) === undefined && { info: info as Json }),
      },
      result,
    );
  }

  #stop(error: unknown): void {
    this.#failure ??= { error };
    this.#scope.abort(error);
  }

  [Symbol.dispose](): void {
    // Whatever still runs is told to stop, and its verdict is no longer looked at.
    this.#scope.abort(new Error('The run no longer needs this verdict.'));
    this.#scope[Symbol.dispose]();
  }
}

/** @throws UserError for what is no verdict */
function trippedOf(guardrail: string, output: unknown): boolean {
  const tripped = (output as Partial<GuardrailFunctionOutput> | null | undefined)?.tripwireTriggered as unknown;
  if (typeof tripped === 'boolean') return tripped;
  const got =
    output === null || typeof output !== 'object' ? shortOf(output) : `tripwireTriggered: ${shortOf(tripped)}`;
  throw new UserError(
    `Guardrail '${guardrail}' gave no verdict: got ${got}. Give { tripwireTriggered: true or false }.`,
    {
      code: 'OPTION_TYPE',
    },
  );
}

// What it gave may be of any length, and secret: its kind is enough.
function shortOf(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a ${typeof value}`;
}

export function inputChecks(run: RunScope, agent: AnyAgent, guardrails: readonly InputGuardrail[]): Check[] {
  return guardrails.map((guardrail) => ({
    kind: 'input',
    name: guardrail.name,
    execute: (stop) =>
      guardrail.execute({
        agent,
        // Its verdict is recorded, and what it did to the items would not be.
        input: copyOf(run.talk.input),
        context: run.context,
        get signal() {
          return stop.signal;
        },
      }),
    resultOf: (output) => ({ guardrail: { type: 'input', name: guardrail.name }, output }),
  }));
}

export interface OutputToCheck {
  agent: AnyAgent;
  agentOutput: unknown;
  /** Undefined for what no model said. */
  modelResponse: ModelResponse | undefined;
  output: AgentOutputItem[];
}

export function outputChecks(
  run: RunScope,
  guardrails: readonly OutputGuardrail<AgentOutputType>[],
  subject: OutputToCheck,
): Check[] {
  const { agent, agentOutput, modelResponse, output: items } = subject;
  return guardrails.map((guardrail) => ({
    kind: 'output',
    name: guardrail.name,
    execute: (stop) =>
      guardrail.execute({
        agent,
        agentOutput,
        context: run.context,
        get signal() {
          return stop.signal;
        },
        details: { ...(modelResponse && { modelResponse }), output: items },
      }),
    resultOf: (output) => ({ guardrail: { type: 'output', name: guardrail.name }, agent, agentOutput, output }),
  }));
}

/** The error of a verdict that stops the run. */
export function tripError(run: RunScope, result: InputGuardrailResult | OutputGuardrailResult): Error {
  const { runId } = run.plan;
  const info = infoText(result.output.outputInfo);
  const data = { guardrail: result.guardrail.name };
  if (isOutputResult(result)) {
    return new OutputGuardrailTripwireTriggered(`Output guardrail triggered: ${info}`, result, { runId, data });
  }
  return new InputGuardrailTripwireTriggered(`Input guardrail triggered: ${info}`, result, { runId, data });
}

function isOutputResult(result: InputGuardrailResult | OutputGuardrailResult): result is OutputGuardrailResult {
  return result.guardrail.type === 'output';
}

function failed(run: RunScope, kind: Check['kind'], error: Error): GuardrailExecutionError {
  const label = kind === 'input' ? 'Input' : 'Output';
  return new GuardrailExecutionError(`${label} guardrail failed to complete: ${errorText(error)}`, error, {
    runId: run.plan.runId,
  });
}

function infoText(info: unknown): string {
  try {
    return JSON.stringify(info) ?? String(info);
  } catch {
    return 'information that cannot be shown';
  }
}
