/** One operation of an editor. */
import type { ApplyPatchTool, Editor, EditorInvocationContext } from '../agent/apply-patch-tool.ts';
import { ModelBehaviorError } from '../event/errors.ts';
import type { ApplyPatchCallItem, ApplyPatchCallResultItem, ApplyPatchOperation } from '../event/local-items.ts';
import { cut, LocalOutput, told } from './local-output.ts';
import { DEFAULTS } from './options.ts';
import type { RunScope } from './scope.ts';

export async function patch(
  run: RunScope,
  tool: ApplyPatchTool,
  item: ApplyPatchCallItem,
  context: EditorInvocationContext,
): Promise<LocalOutput> {
  const maxLength = run.plan.config.maxToolOutputLength ?? DEFAULTS.maxToolOutputLength;
  try {
    return patchGave(run, item, await edit(tool.editor, item.operation, context));
  } catch (error) {
    if (context.signal?.aborted) throw error;
    const text = cut(told(error), maxLength);
    return new LocalOutput(patchTold(item, 'failed', text), text, text, { failure: { error } });
  }
}

/** What an editor gave, or is known to have given. */
export function patchGave(run: RunScope, item: ApplyPatchCallItem, given: PatchResult | string): LocalOutput {
  const maxLength = run.plan.config.maxToolOutputLength ?? DEFAULTS.maxToolOutputLength;
  const result: PatchResult = typeof given === 'string' ? { output: given } : given;
  const text = result?.output === undefined ? undefined : cut(result.output, maxLength);
  return new LocalOutput(patchTold(item, result?.status ?? 'completed', text), text ?? '', text ?? '');
}

export type PatchResult = Awaited<ReturnType<Editor['createFile']>>;

function edit(
  editor: Editor,
  operation: ApplyPatchOperation,
  context: EditorInvocationContext,
): ReturnType<Editor['createFile']> {
  switch (operation.type) {
    case 'create_file':
      return editor.createFile(operation, context);
    case 'update_file':
      return editor.updateFile(operation, context);
    case 'delete_file':
      return editor.deleteFile(operation, context);
    default:
      throw new ModelBehaviorError(`There is no operation ${JSON.stringify((operation as { type?: unknown }).type)}.`);
  }
}

export function patchTold(
  { callId, caller }: ApplyPatchCallItem,
  status: 'completed' | 'failed',
  output: string | undefined,
): ApplyPatchCallResultItem {
  return {
    type: 'apply_patch_call_output',
    callId,
    status,
    ...(output !== undefined && { output }),
    ...(caller && { caller }),
  };
}
