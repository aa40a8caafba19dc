/** What the model is told of a call that was not made, in the application's words or ours. */
import type { FunctionCallItem } from '../event/item.ts';
import type { ToolErrorFormatter, ToolErrorKind } from './tool-options.ts';
import { callUser, type RunScope } from './scope.ts';

/** The text of the run's formatter; `text` where it has none, gives nothing, or fails. Never rejects. */
export async function tellError(
  run: RunScope,
  kind: ToolErrorKind,
  { name: toolName, callId }: Pick<FunctionCallItem, 'name' | 'callId'>,
  text: string,
  toolType: Parameters<ToolErrorFormatter>[0]['toolType'] = 'function',
): Promise<string> {
  const format = run.plan.toolErrorFormatter;
  if (!format) return text;
  try {
    const given: unknown = await callUser(run, run.turnSpan ?? run.agentSpan, () =>
      format({ kind, toolType, toolName, callId, defaultMessage: text, runContext: run.context }),
    );
    return typeof given === 'string' ? given : text;
  } catch {
    return text;
  }
}
