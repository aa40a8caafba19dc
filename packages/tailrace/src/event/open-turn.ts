/** What is recorded of the turn that has not ended. */
import type { HandoffOccurred, ItemAdded } from './run-event.ts';
import type { ModelReturned, ToolCalled, ToolChecked, ToolReturned } from './step-events.ts';

/** One tool call of the open turn. */
interface FoldedCall {
  called: ToolCalled;
  returned?: ToolReturned;
}

/** What is recorded of the turn that has not ended. */
export interface OpenTurn {
  /** Undefined while its blocking guardrails were still at it. */
  number: number | undefined;
  /** Attempts of its model call that were begun. */
  attempts: number;
  /** What its model was called with. */
  inputHash: string | undefined;
  response: ModelReturned | undefined;
  added: ItemAdded[];
  calls: Map<string, FoldedCall>;
  /** What the guardrails of its calls said. */
  checks: ToolChecked[];
  handoff: HandoffOccurred | undefined;
}

/** A turn of which nothing is recorded. */
export function openTurn(): OpenTurn {
  return {
    number: undefined,
    attempts: 0,
    inputHash: undefined,
    response: undefined,
    added: [],
    calls: new Map(),
    checks: [],
    handoff: undefined,
  };
}

/** Puts a call's outcome beside its call. */
export function returnCall(open: OpenTurn, event: ToolReturned): void {
  const call = open.calls.get(event.callId);
  if (call) call.returned = event;
}
