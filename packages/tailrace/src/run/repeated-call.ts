/** Calls of one response that share an id: an id stands for one call, which is made, decided about and recorded once. */
import { canonical, tryParse } from '../base/json.ts';
import { ModelBehaviorError } from '../event/errors.ts';
import type { AgentOutputItem } from '../event/item.ts';
import type { RunScope } from './scope.ts';

/**
 * The output without calls that say again what one of the same id has said.
 *
 * @throws ModelBehaviorError when two calls of one id are not the same
 */
export function withoutRepeated(run: RunScope, output: readonly AgentOutputItem[]): readonly AgentOutputItem[] {
  const calls = new Map<string, AgentOutputItem>();
  return output.filter((item) => {
    const id = callIdOf(item);
    const same = id === undefined ? undefined : calls.get(id);
    if (id === undefined || !same) {
      if (id !== undefined) calls.set(id, item);
      return true;
    }
    if (asked(item) === asked(same)) return false;
    throw new ModelBehaviorError(
      `The model asked for two different calls under one id, ${JSON.stringify(id.slice(0, 64))}. None of them was made.`,
      { runId: run.plan.runId, publicMessage: 'The model asked for two different calls under one id.' },
    );
  });
}

function callIdOf(item: AgentOutputItem): string | undefined {
  switch (item.type) {
    case 'function_call':
    case 'computer_call':
    case 'shell_call':
    case 'apply_patch_call':
    case 'tool_search_call':
      return 'callId' in item && typeof item.callId === 'string' ? item.callId : undefined;
    default:
      return undefined;
  }
}

/** What is asked for, whatever the item is called. */
function asked(item: AgentOutputItem): string {
  const { id: _id, status: _status, providerData: _data, ...rest } = item as unknown as Record<string, unknown>;
  const { arguments: args } = rest;
  return canonical(typeof args === 'string' ? { ...rest, arguments: tryParse(args) ?? args } : rest);
}
