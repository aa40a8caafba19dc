import { UserError } from '../event/errors.ts';
import type { ComputerAction, ComputerCallResultItem, ComputerUseCallItem } from '../event/local-items.ts';
import { approvalOf, checkLocalLimits, type LocalToolPolicy } from './local-tool.ts';
import { checkOptions } from './option.ts';
import type { RunContext } from './run-context.ts';
import type { Method, ToolOutputCustomData } from './tool.ts';

export type Environment = 'mac' | 'windows' | 'ubuntu' | 'browser';
export type Button = 'left' | 'right' | 'wheel' | 'back' | 'forward';

type Promisable<T> = T | Promise<T>;

/** What a model can do with a computer. Coordinates are pixels from the upper left corner. */
export interface Computer {
  environment?: Environment;
  /** Width and height in pixels. */
  dimensions?: [number, number];
  /** Called once a run, before the first action. */
  initRun?(runContext?: RunContext): Promisable<void>;
  /** The screen as PNG, in base64. */
  screenshot(runContext?: RunContext): Promisable<string>;
  click(x: number, y: number, button: Button, runContext?: RunContext): Promisable<void>;
  doubleClick(x: number, y: number, runContext?: RunContext): Promisable<void>;
  scroll(x: number, y: number, scrollX: number, scrollY: number, runContext?: RunContext): Promisable<void>;
  type(text: string, runContext?: RunContext): Promisable<void>;
  wait(runContext?: RunContext): Promisable<void>;
  move(x: number, y: number, runContext?: RunContext): Promisable<void>;
  keypress(keys: string[], runContext?: RunContext): Promisable<void>;
  drag(path: [number, number][], runContext?: RunContext): Promisable<void>;
}

export interface ComputerInitializerArgs<TContext = unknown> {
  runContext: RunContext<TContext>;
}

/** Makes a computer for one run. */
export type ComputerCreate<TContext = unknown, TComputer extends Computer = Computer> = Method<
  [args: ComputerInitializerArgs<TContext>],
  TComputer | Promise<TComputer>
>;

/** Called when the run has ended, for a computer that was made for it. */
export type ComputerDispose<TContext = unknown, TComputer extends Computer = Computer> = Method<
  [args: ComputerInitializerArgs<TContext> & { computer: TComputer }],
  void | Promise<void>
>;

export interface ComputerProvider<TContext = unknown, TComputer extends Computer = Computer> {
  create: ComputerCreate<TContext, TComputer>;
  dispose?: ComputerDispose<TContext, TComputer>;
}

/** A computer that all runs share, or how to get one for each run. */
export type ComputerConfig<TContext = unknown, TComputer extends Computer = Computer> =
  | Computer
  | ComputerCreate<TContext, TComputer>
  | ComputerProvider<TContext, TComputer>;

/** What the provider wants somebody to look at before an action is made. */
export interface ComputerSafetyCheck {
  id: string;
  code: string;
  message?: string;
  [more: string]: unknown;
}

/** True acknowledges all checks, false rejects the call, nothing makes it without acknowledging. */
export type ComputerSafetyCheckResult =
  | void
  | boolean
  | { acknowledgedSafetyChecks: ComputerSafetyCheck[] }
  | { acknowledged_safety_checks: ComputerSafetyCheck[] };

export type ComputerOnSafetyCheckFunction = Method<
  [args: { runContext: RunContext; pendingSafetyChecks: ComputerSafetyCheck[]; toolCall: ComputerUseCallItem }],
  Promise<ComputerSafetyCheckResult>
>;

export interface ComputerToolCustomDataContext<TContext = unknown, TComputer extends Computer = Computer> {
  runContext: RunContext<TContext>;
  tool: ComputerTool<TContext, TComputer>;
  toolCall: ComputerUseCallItem;
  output: string;
  rawItem: ComputerCallResultItem;
}

/** Makes the `customData` of a call's output item. */
export type ComputerToolCustomDataExtractor<TContext = unknown, TComputer extends Computer = Computer> = Method<
  [context: ComputerToolCustomDataContext<TContext, TComputer>],
  ToolOutputCustomData | null | undefined | Promise<ToolOutputCustomData | null | undefined>
>;

export type ComputerApprovalFunction = Method<
  [runContext: RunContext, action: ComputerAction, callId?: string],
  Promise<boolean>
>;

/** A computer that a model may use. Make one with `computerTool()`. */
export interface ComputerTool<TContext = unknown, TComputer extends Computer = Computer> extends LocalToolPolicy {
  type: 'computer';
  name: 'computer_use_preview' | (string & {});
  computer: ComputerConfig<TContext, TComputer>;
  needsApproval: ComputerApprovalFunction;
  onSafetyCheck?: ComputerOnSafetyCheckFunction;
  customDataExtractor?: ComputerToolCustomDataExtractor<TContext, TComputer>;
}

export interface ComputerToolOptions<
  TContext = unknown,
  TComputer extends Computer = Computer,
> extends LocalToolPolicy {
  name?: string;
  computer: ComputerConfig<TContext, TComputer>;
  /** Whether a call waits until somebody approves it. Asked for each of its actions. False by default. */
  needsApproval?: boolean | ComputerApprovalFunction;
  /** Looks at what the provider wants looked at. Without it the call is made, and a warning says so. */
  onSafetyCheck?: ComputerOnSafetyCheckFunction;
  customDataExtractor?: ComputerToolCustomDataExtractor<TContext, TComputer>;
}

const OPTION_NAMES = [
  'name',
  'computer',
  'needsApproval',
  'onSafetyCheck',
  'effects',
  'unknownOutcome',
  'customDataExtractor',
  'approvalTimeoutMs',
  'timeoutMs',
] as const;

/**
 * Makes a tool of a computer. The calls of a turn are made one after the other; after each the model is shown the screen.
 *
 * @throws UserError OPTION_TYPE, OPTION_UNKNOWN, OPTION_RANGE
 */
export function computerTool<TContext = unknown, TComputer extends Computer = Computer>(
  options: ComputerToolOptions<TContext, TComputer>,
): ComputerTool<TContext, TComputer> {
  checkOptions('computerTool()', options, OPTION_NAMES);
  const { name, computer, needsApproval, ...rest } = options;
  if (computer === undefined || computer === null) {
    throw new UserError('computerTool() needs a computer: an object with its actions, or a function that makes one.', {
      code: 'OPTION_TYPE',
    });
  }
  checkLocalLimits(name ?? 'computer_use_preview', rest);
  return {
    type: 'computer',
    name: name ?? 'computer_use_preview',
    computer,
    ...rest,
    needsApproval: approvalOf(needsApproval),
  };
}
