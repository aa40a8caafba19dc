/** What an application wants to know of a call beside what the model is told. */
import { PARSE } from '../agent/tool-approval.ts';
import type { FunctionTool } from '../agent/tool.ts';
import { jsonProblem, tryParse } from '../base/json.ts';
import { isRecord } from '../base/schema.ts';
import { UserError } from '../event/errors.ts';
import type { FunctionCallItem, FunctionCallResultItem } from '../event/item.ts';
import type { CustomData } from '../event/step-events.ts';
import { callUser, type RunScope } from './scope.ts';
import { resultItem } from './tool-output.ts';

interface Settled {
  toolCall: FunctionCallItem;
  output: unknown;
  told: FunctionCallResultItem['output'];
}

/** Asks the tool's extractor. @throws what it throws; UserError OPTION_TYPE for what is no JSON object */
export async function customDataOf(
  run: RunScope,
  tool: FunctionTool,
  { toolCall, output, told }: Settled,
): Promise<CustomData | undefined> {
  const { customDataExtractor: extract } = tool;
  if (!extract) return undefined;
  const input = await argumentsOf(tool, toolCall.arguments);
  const rawItem = resultItem(toolCall, told);
  const data: unknown = await callUser(run, run.turnSpan ?? run.agentSpan, () =>
    extract({ runContext: run.context, tool, toolCall, input, output, rawItem }),
  );
  return checkedCustomData(tool.name, data);
}

/** @throws UserError OPTION_TYPE for what is no JSON object */
export function checkedCustomData(tool: string, data: unknown): CustomData | undefined {
  if (data === undefined || data === null) return undefined;
  const problem = isRecord(data) ? jsonProblem(data) : 'it is no object';
  if (problem === undefined) return data as CustomData;
  throw new UserError(
    `Tool '${tool}': customDataExtractor must give an object that JSON can carry, or null: ${problem}.`,
    { code: 'OPTION_TYPE' },
  );
}

async function argumentsOf(
  tool: FunctionTool & { [PARSE]?: (text: string) => unknown },
  text: string,
): Promise<unknown> {
  try {
    return await (tool[PARSE] ?? tryParse)(text);
  } catch {
    // What the model wrote may not be what the tool takes; the function was not called with it either.
    return tryParse(text);
  }
}
