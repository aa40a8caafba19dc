/** What a caller may say about the tools of a run. */
import type { AnyAgent } from '../agent/agent.ts';
import type { RunContext } from '../agent/run-context.ts';
import type { Method } from '../agent/tool.ts';
import { checkOptions } from '../agent/option.ts';
import { UserError } from '../event/errors.ts';

/** What kept a call from being made. */
export type ToolErrorKind = 'approval_rejected' | 'tool_not_found';

export interface ToolErrorFormatterArgs<TContext = unknown, TKind extends ToolErrorKind = ToolErrorKind> {
  kind: TKind;
  toolType: 'function' | 'computer' | 'shell' | 'apply_patch';
  toolName: string;
  callId: string;
  /** What the model is told by default. */
  defaultMessage: string;
  runContext: RunContext<TContext>;
}

/** Makes what the model is told of a call that was not made. Without a text, and when it fails, the default is told. */
export type ToolErrorFormatter<TContext = unknown> = Method<
  [args: ToolErrorFormatterArgs<TContext>],
  Promise<string | undefined> | string | undefined
>;

// More than a model asks for in earnest, and few enough that one response cannot take all of a machine's sockets.
const MAX_CALLS = 512;

/** How the calls of a turn are made. */
export interface ToolExecutionConfig {
  /** Function calls at a time; more of them wait their turn. 512 by default; null: no limit. */
  maxFunctionToolConcurrency?: number | null;
  /** True asks the input guardrails also before somebody is asked to approve a call. False by default. */
  preApprovalInputGuardrails?: boolean;
}

/** Two tools with one name in a turn: fail the run (default), or warn and keep the last one, a handoff before a tool. */
export type ToolNameCollisionPolicy = 'warn' | 'error';

/** Whether later turns tell the model the ids of its reasoning items. */
export type ReasoningItemIdPolicy = 'preserve' | 'omit';

export interface OutputGuardrailBlockedMessageArgs<TContext = unknown> {
  defaultMessage: string;
  /** The guardrail that tripped. */
  guardrailName: string;
  agent: AnyAgent;
  runContext: RunContext<TContext>;
}

/** Makes what stays in the place of a tool's output that an output guardrail rejected. Without a text, and when it fails, the default does. */
export type OutputGuardrailBlockedMessageFormatter<TContext = unknown> = Method<
  [args: OutputGuardrailBlockedMessageArgs<TContext>],
  Promise<string | undefined> | string | undefined
>;

export type OutputGuardrailBlockedMessage<TContext = unknown> =
  | string
  | OutputGuardrailBlockedMessageFormatter<TContext>;

/** For one run, or all of a Runner. */
export interface ToolRunOptions<TContext = unknown> {
  toolExecution?: ToolExecutionConfig;
  /** What the model is told of calls that were rejected, or that no tool is there for. */
  toolErrorFormatter?: ToolErrorFormatter<TContext>;
  /** `error` by default. An agent's own lists are checked when it is made, whatever this says. */
  toolNameCollisionPolicy?: ToolNameCollisionPolicy;
  /** `preserve` by default. */
  reasoningItemIdPolicy?: ReasoningItemIdPolicy;
  /** What stays in the place of a final output of tools that an output guardrail rejected. */
  outputGuardrailBlockedMessage?: OutputGuardrailBlockedMessage<TContext>;
}

export const TOOL_OPTION_NAMES = [
  'toolExecution',
  'toolErrorFormatter',
  'toolNameCollisionPolicy',
  'reasoningItemIdPolicy',
  'outputGuardrailBlockedMessage',
] as const;

const EXECUTION_NAMES = ['maxFunctionToolConcurrency', 'preApprovalInputGuardrails'] as const;

/** @throws UserError OPTION_UNKNOWN, OPTION_RANGE, OPTION_TYPE */
export function checkToolOptions(options: ToolRunOptions<never>): void {
  const { toolExecution, toolErrorFormatter, toolNameCollisionPolicy, reasoningItemIdPolicy } = options;
  oneOf('toolNameCollisionPolicy', toolNameCollisionPolicy, ['warn', 'error']);
  oneOf('reasoningItemIdPolicy', reasoningItemIdPolicy, ['preserve', 'omit']);
  if (toolErrorFormatter !== undefined && typeof toolErrorFormatter !== 'function')
    throw wrong('toolErrorFormatter', 'a function', toolErrorFormatter);
  if (toolExecution === undefined || toolExecution === null) return;
  if (typeof toolExecution !== 'object') throw wrong('toolExecution', 'an object', toolExecution);
  checkOptions('toolExecution', toolExecution, EXECUTION_NAMES);
  const { maxFunctionToolConcurrency: limit, preApprovalInputGuardrails: before } = toolExecution;
  if (limit !== undefined && limit !== null && !(Number.isInteger(limit) && limit >= 1)) {
    throw new UserError(
      `toolExecution.maxFunctionToolConcurrency must be a whole number of 1 or more, got ${String(limit)}. Use null for no limit.`,
      { code: 'OPTION_RANGE' },
    );
  }
  if (before !== undefined && typeof before !== 'boolean')
    throw wrong('toolExecution.preApprovalInputGuardrails', 'true or false', before);
}

function oneOf(name: string, value: unknown, known: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && known.includes(value))) return;
  throw new UserError(
    `${name} must be ${known.map((one) => `'${one}'`).join(' or ')}, got ${typeof value === 'string' ? `'${value}'` : typeof value}.`,
    {
      code: 'OPTION_RANGE',
    },
  );
}

function wrong(name: string, what: string, got: unknown): UserError {
  return new UserError(`${name} must be ${what}, got ${typeof got}.`, { code: 'OPTION_TYPE' });
}

/** The options of a run, with their defaults. */
export interface ToolPlan {
  maxToolConcurrency: number;
  preApprovalGuardrails: boolean;
  toolErrorFormatter: ToolErrorFormatter | undefined;
  toolNameCollisionPolicy: ToolNameCollisionPolicy;
  reasoningItemIdPolicy: ReasoningItemIdPolicy;
  blockedMessage: OutputGuardrailBlockedMessage | undefined;
}

/** The run's own options before those of its Runner, one by one. */
export function toolPlan(options: ToolRunOptions, config: ToolRunOptions): ToolPlan {
  const { maxFunctionToolConcurrency: limit, preApprovalInputGuardrails: before } = {
    ...config.toolExecution,
    ...options.toolExecution,
  };
  return {
    maxToolConcurrency: limit === undefined ? MAX_CALLS : (limit ?? Infinity),
    preApprovalGuardrails: before ?? false,
    toolErrorFormatter: options.toolErrorFormatter ?? config.toolErrorFormatter,
    toolNameCollisionPolicy: options.toolNameCollisionPolicy ?? config.toolNameCollisionPolicy ?? 'error',
    reasoningItemIdPolicy: options.reasoningItemIdPolicy ?? config.reasoningItemIdPolicy ?? 'preserve',
    blockedMessage: options.outputGuardrailBlockedMessage ?? config.outputGuardrailBlockedMessage,
  };
}
