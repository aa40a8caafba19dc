import { UserError } from '../event/errors.ts';
import type {
  ApplyPatchCallResultItem,
  ApplyPatchOperation,
  ApplyPatchOperationCreateFile,
  ApplyPatchOperationDeleteFile,
  ApplyPatchOperationUpdateFile,
} from '../event/local-items.ts';
import { approvalOf, checkLocalLimits, type LocalToolPolicy, type OnApprovalFunction } from './local-tool.ts';
import { checkOptions } from './option.ts';
import type { RunContext } from './run-context.ts';
import type { Method, ToolAllowedCallers, ToolCallDetails, ToolOutputCustomData } from './tool.ts';

export type { ApplyPatchOperation } from '../event/local-items.ts';

/** What came of an operation. `completed` when nothing is said. */
export interface ApplyPatchResult {
  status?: 'completed' | 'failed';
  /** What the model is told. */
  output?: string;
}

export interface EditorInvocationContext extends Omit<ToolCallDetails, 'toolCall'> {
  runContext: RunContext;
}

/**
 * Changes files for a model. Paths come from the model: keep them below a directory of yours. `applyDiff` makes the new content of a diff. What a method throws
 * is told to the model, as a failed operation.
 */
export interface Editor {
  createFile(
    operation: ApplyPatchOperationCreateFile,
    context?: EditorInvocationContext,
  ): Promise<ApplyPatchResult | void>;
  updateFile(
    operation: ApplyPatchOperationUpdateFile,
    context?: EditorInvocationContext,
  ): Promise<ApplyPatchResult | void>;
  deleteFile(
    operation: ApplyPatchOperationDeleteFile,
    context?: EditorInvocationContext,
  ): Promise<ApplyPatchResult | void>;
}

export type ApplyPatchApprovalFunction = Method<
  [runContext: RunContext, operation: ApplyPatchOperation, callId?: string],
  Promise<boolean>
>;
export type ApplyPatchOnApprovalFunction = OnApprovalFunction;

export interface ApplyPatchToolCustomDataContext {
  runContext: RunContext;
  tool: ApplyPatchTool;
  operation: ApplyPatchOperation;
  output: string;
  status: ApplyPatchCallResultItem['status'];
  rawItem: ApplyPatchCallResultItem;
}

/** Makes the `customData` of an operation's output item. */
export type ApplyPatchToolCustomDataExtractor = Method<
  [context: ApplyPatchToolCustomDataContext],
  ToolOutputCustomData | null | undefined | Promise<ToolOutputCustomData | null | undefined>
>;

/** An editor that a model may use. Make one with `applyPatchTool()`. */
export interface ApplyPatchTool extends LocalToolPolicy {
  type: 'apply_patch';
  name: string;
  editor: Editor;
  needsApproval: ApplyPatchApprovalFunction;
  onApproval?: ApplyPatchOnApprovalFunction;
  allowedCallers?: ToolAllowedCallers;
  customDataExtractor?: ApplyPatchToolCustomDataExtractor;
}

export interface ApplyPatchToolOptions extends LocalToolPolicy {
  name?: string;
  editor: Editor;
  /** Whether an operation waits until somebody approves it; a function decides one by one. False by default. */
  needsApproval?: boolean | ApplyPatchApprovalFunction;
  /** Decides in place of a person, at once. */
  onApproval?: ApplyPatchOnApprovalFunction;
  allowedCallers?: ToolAllowedCallers;
  customDataExtractor?: ApplyPatchToolCustomDataExtractor;
}

const OPTION_NAMES = [
  'name',
  'editor',
  'needsApproval',
  'onApproval',
  'allowedCallers',
  'effects',
  'unknownOutcome',
  'customDataExtractor',
  'approvalTimeoutMs',
  'timeoutMs',
] as const;

/**
 * Makes a tool of an editor. The operations of a turn are made one after the other.
 *
 * @throws UserError OPTION_TYPE, OPTION_UNKNOWN, OPTION_RANGE
 */
export function applyPatchTool(options: ApplyPatchToolOptions): ApplyPatchTool {
  checkOptions('applyPatchTool()', options, OPTION_NAMES);
  const { name = 'apply_patch', editor, needsApproval, ...rest } = options;
  checkLocalLimits(name, rest);
  for (const method of ['createFile', 'updateFile', 'deleteFile'] as const) {
    if (typeof editor?.[method] === 'function') continue;
    throw new UserError(
      `applyPatchTool() needs an editor with createFile, updateFile and deleteFile; ${method} is missing.`,
      {
        code: 'OPTION_TYPE',
      },
    );
  }
  return { type: 'apply_patch', name, editor, ...rest, needsApproval: approvalOf(needsApproval) };
}
