/** What the model is told of a call that was not made, in the application's words or ours. */
import { qualifiedName } from '../agent/tool-namespace.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { ToolErrorFormatter, ToolErrorKind } from './tool-options.ts';
import { callUser, type RunScope } from './scope.ts';

/** The text of the run's formatter; `text` where it has none, gives nothing, or fails. Never rejects. */
export async function tellError(
  run: RunScope,
  kind: ToolErrorKind,
  call: Pick<FunctionCallItem, 'name' | 'namespace' | 'callId'>,
  text: string,
  toolType: Parameters<ToolErrorFormatter>[0]['toolType'] = 'function',
): Promise<string> {
  const format = run.plan.toolErrorFormatter;
  if (!format) return text;
  const { callId } = call;
  const toolName = qualifiedName(call);
  try {
    const given: unknown = await callUser(run, run.turnSpan ?? run.agentSpan, () =>
      format({ kind, toolType, toolName, callId, defaultMessage: text, runContext: run.context }),
    );
    return typeof given === 'string' ? given : text;
  } catch {
    return text;
  }
}

/** What the model is told of a call of a tool that the agent does not have. */
export function tellMissing(run: RunScope, call: FunctionCallItem): Promise<string> {
  return tellError(run, 'tool_not_found', call, `Tool '${qualifiedName(call)}' not found.`);
}
