/** What the log says of tools' guardrails and outputs, as a result shows it. */
import type { RunItem } from '../agent/run-item.ts';
import type { ToolInputGuardrailResult, ToolOutputGuardrailResult } from '../agent/tool-guardrail.ts';
import { liveOf } from '../event/live.ts';
import type { OutputBlocked } from '../event/run-event.ts';
import type { ToolChecked } from '../event/step-events.ts';

interface Verdicts {
  toolInputGuardrailResults: ToolInputGuardrailResult[];
  toolOutputGuardrailResults: ToolOutputGuardrailResult[];
}

export function addToolVerdict(verdicts: Verdicts, event: ToolChecked): void {
  const { guardrail: name, behavior, info } = event;
  const output = { behavior, ...(info !== undefined && { outputInfo: info }) };
  const live = liveOf(event);
  if (event.kind === 'input') {
    const revived: ToolInputGuardrailResult = { guardrail: { type: 'tool_input', name }, output };
    verdicts.toolInputGuardrailResults.push((live as ToolInputGuardrailResult | undefined) ?? revived);
  } else {
    const revived: ToolOutputGuardrailResult = { guardrail: { type: 'tool_output', name }, output };
    verdicts.toolOutputGuardrailResults.push((live as ToolOutputGuardrailResult | undefined) ?? revived);
  }
}

/** Puts the message in the place of what an output guardrail rejected. */
export function blockOutputs(items: RunItem[], { message, calls }: OutputBlocked): void {
  if (message === undefined || !calls) return;
  for (const item of items) {
    if (item.type !== 'tool_call_output_item' || item.rawItem.type !== 'function_call_result') continue;
    if (!calls.includes(item.rawItem.callId)) continue;
    item.rawItem = { ...item.rawItem, output: { type: 'text', text: message } };
    item.output = message;
  }
}
