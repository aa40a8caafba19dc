/** Whether a call of a tool waits for somebody's decision. */
import { tryParse } from '../base/json.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { RunContext } from './run-context.ts';
import type { FunctionTool, Method, ToolExecuteArgument, ToolInputParameters } from './tool.ts';

/** Says of one call whether it has to be approved. `input` is what `execute` would get. */
export type ToolApprovalFunction<TParameters extends ToolInputParameters, TContext = unknown> = Method<
  [runContext: RunContext<TContext>, input: ToolExecuteArgument<TParameters>, callId?: string],
  boolean | Promise<boolean>
>;

/** The rule of tools that need no approval: the loop knows it, and does not ask. */
export const NEVER: FunctionTool['needsApproval'] = async () => false;
const ALWAYS: FunctionTool['needsApproval'] = async () => true;

/** How a tool reads its arguments, for its approval rule. Own symbol, so that a copy of the tool has it, too. */
export const PARSE: unique symbol = Symbol('tailrace.toolParse');

type Parse = (text: string) => unknown;

export function approvalRule<TParameters extends ToolInputParameters, TContext>(
  needsApproval: boolean | ToolApprovalFunction<TParameters, TContext> | undefined,
): FunctionTool<TContext>['needsApproval'] {
  if (typeof needsApproval !== 'function') return needsApproval === true ? ALWAYS : NEVER;
  return async (runContext, input, callId) =>
    needsApproval(runContext, input as ToolExecuteArgument<TParameters>, callId);
}

/** Asks the tool's rule. Arguments that the rule cannot be shown must not slip past it: then the answer is yes. */
export async function asksFirst(tool: FunctionTool, runContext: RunContext, call: FunctionCallItem): Promise<boolean> {
  if (tool.needsApproval === NEVER) return false;
  let input: unknown;
  try {
    input = await parserOf(tool)(call.arguments);
  } catch {
    return true;
  }
  if (input === undefined) return true;
  return tool.needsApproval(runContext, input, call.callId);
}

function parserOf(tool: FunctionTool & { [PARSE]?: Parse }): Parse {
  return tool[PARSE] ?? tryParse;
}
