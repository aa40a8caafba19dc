/** Agents, tools, sessions and scripts that these tests share. */
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  type AgentOptions,
  type AgentOutputItem,
  type FunctionTool,
  type GuardrailFunctionOutput,
  type InputGuardrail,
  MemorySession,
  type Model,
  type OutputGuardrail,
  tool,
  Usage,
} from '../../src/index.ts';
import { assistantMessage, functionCall, type ScriptedModelInput, ScriptedModel } from '../../src/testing/index.ts';
import { wait } from './stage.ts';

export function agentOf(model: Model, options: Partial<AgentOptions> = {}): Agent {
  return new Agent({ name: 'Alpha', model, ...options });
}

/** An agent whose model follows the script. */
export function scripted(script: readonly ScriptedModelInput[], options: Partial<AgentOptions> = {}): Agent {
  return agentOf(new ScriptedModel(script), options);
}

/** The script's model of an agent that `scripted` made. */
export function modelOf(agent: Agent): ScriptedModel {
  return agent.model as ScriptedModel;
}

/** `{ city: string }` → `<city>: sunny`. */
export function weather(
  execute: (input: { city: string }, signal: AbortSignal | undefined) => unknown = ({ city }) => `${city}: sunny`,
  name: string = 'weather',
): FunctionTool {
  return tool({
    name,
    description: 'Says how the weather is.',
    parameters: z.object({ city: z.string() }),
    execute: (input, _context, details) => execute(input, details?.signal),
  });
}

export function call(
  callId: string = 'c1',
  args: string | Record<string, unknown> = { city: 'Oslo' },
  name = 'weather',
) {
  return functionCall(name, args, { callId });
}

export const toBilling = (callId: string = 'h1'): AgentOutputItem =>
  functionCall('transfer_to_Billing', {}, { callId });

export const reasoning = (text: string): AgentOutputItem => ({
  type: 'reasoning',
  id: `rs_${text}`,
  content: [{ type: 'input_text', text }],
});

/** A script of two turns: it calls the weather tool, then says `text`. */
export function toolScript(text: string = 'Sunny.'): AgentOutputItem[][] {
  return [[call()], [assistantMessage(text)]];
}

/** Triage, whose model follows the script and hands off to Billing, whose model follows the other one. */
export function triage(
  script: readonly ScriptedModelInput[],
  billing: readonly ScriptedModelInput[] = [[assistantMessage('Paid.')]],
  options: Partial<AgentOptions> = {},
): { triage: Agent; billing: Agent } {
  const taker = new Agent({ name: 'Billing', model: new ScriptedModel(billing) });
  return {
    billing: taker,
    triage: new Agent({ name: 'Triage', model: new ScriptedModel(script), handoffs: [taker], ...options }),
  };
}

export function usageOf(input: number, output: number): Usage {
  return new Usage({ requests: 1, inputTokens: input, outputTokens: output, totalTokens: input + output });
}

export interface VerdictOptions {
  name?: string;
  /** How long the verdict takes. At once by default. */
  afterMs?: number;
  /** What it waits for before the verdict. */
  after?: Promise<void>;
  blocking?: boolean;
  throws?: Error;
  onCall?: () => void;
}

async function verdict(
  trips: boolean,
  { afterMs, after, throws, onCall, name }: VerdictOptions,
): Promise<GuardrailFunctionOutput> {
  onCall?.();
  if (afterMs !== undefined) await wait(afterMs);
  await after;
  if (throws) throw throws;
  return { tripwireTriggered: trips, outputInfo: { by: name ?? 'guard' } };
}

export function inputGuard(trips: boolean, options: VerdictOptions = {}): InputGuardrail {
  const { name = 'guard', blocking = false } = options;
  return { name, runInParallel: !blocking, execute: () => verdict(trips, options) };
}

export function outputGuard(trips: boolean, options: VerdictOptions = {}): OutputGuardrail {
  return { name: options.name ?? 'guard', execute: () => verdict(trips, options) };
}

/** A session that a test can make slow or let fail at its n-th save (from 1). */
export class TestSession extends MemorySession {
  saves = 0;
  readonly #onSave: (save: number) => void | Promise<void>;

  constructor(onSave: (save: number) => void | Promise<void> = () => undefined) {
    super({ sessionId: 'test' });
    this.#onSave = onSave;
  }

  override async addItems(items: AgentInputItem[]): Promise<void> {
    this.saves += 1;
    await this.#onSave(this.saves);
    await super.addItems(items);
  }
}

/** Items in a word each: `user`, `assistant`, `function_call`, `function_call_result`. */
export function kinds(items: readonly AgentInputItem[]): string[] {
  return items.map((item) => ('role' in item ? item.role : item.type));
}
