/** What the computer, the shell and patches have in common as tools. */
import { UserError } from '../event/errors.ts';
import type { ToolEffects } from '../event/step-events.ts';
import type { RunContext } from './run-context.ts';
import type { RunToolApprovalItem } from './run-item.ts';
import type { Method, UnknownOutcomePolicy } from './tool.ts';

/** Beyond the reference: what holds for the calls of such a tool when something goes wrong. */
export interface LocalToolPolicy {
  /** What a repeated call would do. `once` by default: after a crash it is not repeated by itself. */
  effects?: ToolEffects;
  /**
   * What becomes of a `once` call that a crash left without its outcome. `tell_model` by default. What a function finds out is what the shell, the editor or the
   * computer (its screenshot) would have given; for a shell and an editor, a text will do.
   */
  unknownOutcome?: UnknownOutcomePolicy;
  /** How long a call may take, in milliseconds; then it is given up, its signal aborts, and the model is told. No limit by default. */
  timeoutMs?: number;
  /** How long a call waits for a decision, in milliseconds; then it counts as rejected. The run's `approvalTimeoutMs` by default. */
  approvalTimeoutMs?: number;
}

/** Decides at once about a call that needs approval; the run does not wait for anybody. What it throws fails the run. */
export type OnApprovalFunction<TContext = unknown> = Method<
  [runContext: RunContext<TContext>, approvalItem: RunToolApprovalItem],
  Promise<{ approve: boolean; reason?: string }>
>;

/** @throws UserError OPTION_TYPE, OPTION_RANGE */
export function checkLimit(name: string, option: string, ms: unknown): void {
  if (ms === undefined || (typeof ms === 'number' && ms > 0)) return;
  const [got, code] =
    typeof ms === 'number' ? [String(ms), 'OPTION_RANGE' as const] : [`a ${typeof ms}`, 'OPTION_TYPE' as const];
  throw new UserError(`Tool '${name}': ${option} must be a number over 0, got ${got}.`, { code });
}

/** The same, of a local tool's times. @throws UserError OPTION_TYPE, OPTION_RANGE */
export function checkLocalLimits(name: string, { timeoutMs, approvalTimeoutMs }: LocalToolPolicy): void {
  for (const [option, ms] of Object.entries({ timeoutMs, approvalTimeoutMs })) {
    checkLimit(name, option, ms);
  }
}

type Rule<What> = Method<[runContext: RunContext, what: What, callId?: string], Promise<boolean>>;

const NEVER = async (): Promise<boolean> => false;
const ALWAYS = async (): Promise<boolean> => true;

export function approvalOf<What>(given: boolean | Rule<What> | undefined): Rule<What> {
  if (typeof given === 'function') return given;
  return given === true ? ALWAYS : NEVER;
}

/** True for a tool whose calls never need anybody. */
export function neverAsks(rule: unknown): boolean {
  return rule === NEVER;
}
