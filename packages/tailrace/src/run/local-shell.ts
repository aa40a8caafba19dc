/** One call of a shell. */
import type { ShellResult, ShellTool } from '../agent/shell-tool.ts';
import type { ToolCallDetails } from '../agent/tool.ts';
import type { ShellCallItem, ShellCallOutputContent, ShellCallResultItem } from '../event/local-items.ts';
import { cut, LocalOutput, told } from './local-output.ts';
import { DEFAULTS } from './options.ts';
import type { RunScope } from './scope.ts';

export async function runShell(
  run: RunScope,
  tool: ShellTool,
  item: ShellCallItem,
  details: Omit<ToolCallDetails, 'toolCall'>,
): Promise<LocalOutput> {
  const maxLength = run.plan.config.maxToolOutputLength ?? DEFAULTS.maxToolOutputLength;
  try {
    return shellGave(run, item, await tool.shell?.run(item.action, details));
  } catch (error) {
    if (details.signal?.aborted) throw error;
    const { item: failed, value, text } = outputOf(shellTold(item, cut(told(error), maxLength)));
    return new LocalOutput(failed, value, text, { failure: { error } });
  }
}

/** What a shell gave, or is known to have given: a text is what it wrote. */
export function shellGave(run: RunScope, item: ShellCallItem, given: ShellResult | string | undefined): LocalOutput {
  const maxLength = run.plan.config.maxToolOutputLength ?? DEFAULTS.maxToolOutputLength;
  const result: ShellResult | undefined =
    typeof given === 'string'
      ? { output: [{ stdout: given, stderr: '', outcome: { type: 'exit', exitCode: 0 } }] }
      : given;
  const output = (result?.output ?? []).map((one) => ({
    ...one,
    stdout: cut(one.stdout, maxLength),
    stderr: cut(one.stderr, maxLength),
  }));
  return outputOf({
    ...shellResult(item, output),
    ...(result?.maxOutputLength !== undefined && { maxOutputLength: result.maxOutputLength }),
    ...(result?.providerData && { providerData: result.providerData }),
  });
}

/** Says the text where a shell says what went wrong. */
export function shellTold(item: ShellCallItem, text: string): ShellCallResultItem {
  return shellResult(item, [{ stdout: '', stderr: text, outcome: { type: 'exit', exitCode: null } }]);
}

function outputOf(item: ShellCallResultItem): LocalOutput {
  return new LocalOutput(item, item.output, JSON.stringify(item.output));
}

function shellResult({ callId, caller }: ShellCallItem, output: ShellCallOutputContent[]): ShellCallResultItem {
  return { type: 'shell_call_output', callId, output, ...(caller && { caller }) };
}
