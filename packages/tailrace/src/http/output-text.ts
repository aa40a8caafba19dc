import type { FunctionCallResultItem } from '../event/item.ts';

/** What a call gave, as one text: its own, or the JSON of its parts. */
export function outputText(output: FunctionCallResultItem['output']): string {
  if (typeof output === 'string') return output;
  return !Array.isArray(output) && output.type === 'text' ? output.text : JSON.stringify(output);
}
