/** Calls of the computer, the shell and patches, as the loop makes calls: with a name, arguments, and a function that makes them. */
import type { ApplyPatchTool } from '../agent/apply-patch-tool.ts';
import type { ComputerTool } from '../agent/computer-tool.ts';
import { neverAsks, type OnApprovalFunction } from '../agent/local-tool.ts';
import type { ApprovableItem, ToolResultItem } from '../agent/run-item.ts';
import type { RunContext } from '../agent/run-context.ts';
import type { ShellResult, ShellTool } from '../agent/shell-tool.ts';
import type { FunctionTool, Tool } from '../agent/tool.ts';
import { NEVER, PARSE } from '../agent/tool-approval.ts';
import type { AssistantMessageItem, HostedToolCallItem } from '../event/item.ts';
import type { ApplyPatchCallItem, ComputerUseCallItem, LocalCallItem, ShellCallItem } from '../event/local-items.ts';
import { patch, patchGave, type PatchResult, patchTold } from './local-patch.ts';
import { actionsOf, computerGave, computerTold, useComputer } from './local-computer.ts';
import type { LocalOutput } from './local-output.ts';
import { runShell, shellGave, shellTold } from './local-shell.ts';
import type { RunScope } from './scope.ts';
import type { AskedCall } from './tools.ts';

/** What of a call is not as with a function. */
export interface LocalCall {
  /** The call as the model said it. */
  item: LocalCallItem | HostedToolCallItem;
  /** The same, as the one who decides is shown it. */
  asking: ApprovableItem;
  tool: Tool;
  /** Of the tool, for the one who decides. */
  name: string;
  spanName: string;
  /** Decides in place of a person. */
  onApproval?: OnApprovalFunction;
  /** True for a question of the provider's: nothing is called for it. */
  mcp?: true;
  /** What the application wants to know of the call. */
  customData?: (context: RunContext, output: LocalOutput) => unknown;
  /** The output item of a call that gave nothing but a text: it failed, was rejected, or nobody knows. */
  told: (text: string) => Told;
  /** The outcome of a call that the tool itself found out about. */
  gave?: (output: unknown) => LocalOutput;
}

export interface Told {
  item: ToolResultItem;
  /** Says what the item has no place for. */
  message?: AssistantMessageItem;
}

export function computerCall(run: RunScope, tool: ComputerTool, item: ComputerUseCallItem): AskedCall {
  const actions = actionsOf(item);
  return localCall(tool, item, {
    input: item.actions ? actions : (actions[0] ?? {}),
    spanName: 'computer',
    asks: async (context) => {
      for (const action of actions) if (await tool.needsApproval(context, action, item.callId)) return true;
      return false;
    },
    make: (context, { signal }) => useComputer(run, tool, item, context, signal),
    told: (text) => computerTold(item, text),
    gave: (output) => computerGave(item, typeof output === 'string' ? output : ''),
    customData: (runContext, { item: rawItem, value }) =>
      rawItem.type === 'computer_call_result'
        ? tool.customDataExtractor?.({ runContext, tool, toolCall: item, output: String(value), rawItem })
        : undefined,
  });
}

export function shellCall(run: RunScope, tool: ShellTool, item: ShellCallItem): AskedCall {
  return localCall(tool, item, {
    input: item.action,
    spanName: tool.name,
    asks: (context) => tool.needsApproval(context, item.action, item.callId),
    make: (_context, details) => runShell(run, tool, item, details),
    told: (text) => ({ item: shellTold(item, text) }),
    gave: (output) => shellGave(run, item, output as ShellResult | string | undefined),
  });
}

export function patchCall(run: RunScope, tool: ApplyPatchTool, item: ApplyPatchCallItem): AskedCall {
  return localCall(tool, item, {
    input: item.operation,
    spanName: tool.name,
    asks: (context) => tool.needsApproval(context, item.operation, item.callId),
    make: (context, details) => patch(run, tool, item, { ...details, runContext: context }),
    told: (text) => ({ item: patchTold(item, 'failed', text) }),
    gave: (output) => patchGave(run, item, output as PatchResult | string),
    customData: (runContext, { item: rawItem, text: output }) =>
      rawItem.type === 'apply_patch_call_output'
        ? tool.customDataExtractor?.({
            ...{ runContext, tool, operation: item.operation },
            ...{ output, status: rawItem.status, rawItem },
          })
        : undefined,
  });
}

type Invoke = FunctionTool<unknown, undefined, LocalOutput>['invoke'];
type Details = Omit<NonNullable<Parameters<Invoke>[2]>, 'toolCall'>;

interface LocalKind {
  input: object;
  spanName: string;
  asks: (context: Parameters<Invoke>[0]) => Promise<boolean>;
  make: (context: Parameters<Invoke>[0], details: Details) => Promise<LocalOutput>;
  told: (text: string) => Told;
  gave: (output: unknown) => LocalOutput;
  customData?: (context: RunContext, output: LocalOutput) => unknown;
}

function localCall(
  tool: ComputerTool | ShellTool | ApplyPatchTool,
  item: LocalCallItem,
  { input, spanName, asks, make, told, gave, customData }: LocalKind,
): AskedCall {
  const { name } = tool;
  const made: FunctionTool & { [PARSE]: () => unknown } = {
    type: 'function',
    name,
    description: '',
    parameters: { type: 'object', properties: {} },
    strict: false,
    invoke: async (context, _text, { toolCall: _call, ...details } = {}) => make(context, details),
    isEnabled: async () => true,
    needsApproval: neverAsks(tool.needsApproval) ? NEVER : (context) => asks(context),
    errorFunction: null,
    effects: tool.effects ?? 'once',
    ...(tool.unknownOutcome && { unknownOutcome: tool.unknownOutcome }),
    ...(tool.approvalTimeoutMs !== undefined && { approvalTimeoutMs: tool.approvalTimeoutMs }),
    ...(tool.timeoutMs !== undefined && { timeoutMs: tool.timeoutMs }),
    [PARSE]: () => input,
  };
  const { onApproval } = tool as { onApproval?: OnApprovalFunction };
  return {
    call: { type: 'function_call', callId: item.callId, name, arguments: JSON.stringify(input) },
    tool: made,
    local: {
      ...{ item, asking: item, tool, name, spanName, told, gave },
      ...(onApproval && { onApproval }),
      ...(customData && 'customDataExtractor' in tool && { customData }),
    },
  };
}
