/** One call of a computer: its actions in order, then the screen. */
import type { Computer, ComputerProvider, ComputerSafetyCheck, ComputerTool } from '../agent/computer-tool.ts';
import type { RunContext } from '../agent/run-context.ts';
import type { ToolResultItem } from '../agent/run-item.ts';
import { ModelBehaviorError } from '../event/errors.ts';
import type { ComputerAction, ComputerCallResultItem, ComputerUseCallItem } from '../event/local-items.ts';
import type { AssistantMessageItem } from '../event/item.ts';
import { NOT_APPROVED } from './approvals.ts';
import { LocalOutput } from './local-output.ts';
import type { RunScope } from './scope.ts';

export async function useComputer(
  run: RunScope,
  tool: ComputerTool,
  item: ComputerUseCallItem,
  context: RunContext,
  signal: AbortSignal | undefined,
): Promise<LocalOutput> {
  const checked = await checks(tool, item, context);
  if (checked === 'rejected') {
    const { item: rejected } = computerTold(item, NOT_APPROVED);
    return new LocalOutput(rejected, rejected.output.data, NOT_APPROVED);
  }
  try {
    const computer = await computerOf(run, tool, context);
    for (const action of actionsOf(item)) {
      // What has been given up goes no further.
      signal?.throwIfAborted();
      await act(computer, action, context);
    }
    const screen = await computer.screenshot(context);
    return computerGave(item, screen, checked);
  } catch (error) {
    if (signal?.aborted) throw error;
    return new LocalOutput(screenshot(item, ''), '', '', { failure: { error } });
  }
}

/** The screen as it is after the call. */
export function computerGave(item: ComputerUseCallItem, screen: string, checked?: ComputerSafetyCheck[]): LocalOutput {
  const result = screenshot(item, screen === '' ? '' : dataUrl(screen));
  if (checked) result.providerData = { acknowledgedSafetyChecks: checked };
  return new LocalOutput(result, result.output.data, result.output.data, { said: screen });
}

export function actionsOf({ action, actions }: ComputerUseCallItem): ComputerAction[] {
  return actions && actions.length > 0 ? actions : action ? [action] : [];
}

async function act(computer: Computer, action: ComputerAction, context: RunContext): Promise<void> {
  switch (action.type) {
    case 'click':
      return computer.click(action.x, action.y, action.button, context);
    case 'double_click':
      return computer.doubleClick(action.x, action.y, context);
    case 'scroll':
      return computer.scroll(action.x, action.y, action.scroll_x, action.scroll_y, context);
    case 'type':
      return computer.type(action.text, context);
    case 'wait':
      return computer.wait(context);
    case 'move':
      return computer.move(action.x, action.y, context);
    case 'keypress':
      return computer.keypress(action.keys, context);
    case 'drag':
      return computer.drag(
        action.path.map(({ x, y }) => [x, y]),
        context,
      );
    case 'screenshot':
      return;
    default:
      throw new ModelBehaviorError(`There is no action ${JSON.stringify((action as { type?: unknown }).type)}.`);
  }
}

// Where nobody looks, the call is made all the same, as it is in @openai/agents: the checks go unacknowledged, and the provider may refuse to go on.
async function checks(
  tool: ComputerTool,
  item: ComputerUseCallItem,
  runContext: RunContext,
): Promise<ComputerSafetyCheck[] | 'rejected' | undefined> {
  const data = item.providerData ?? {};
  const pending = data['pending_safety_checks'] ?? data['pendingSafetyChecks'];
  if (!Array.isArray(pending) || pending.length === 0) return undefined;
  const pendingSafetyChecks = pending as ComputerSafetyCheck[];
  if (!tool.onSafetyCheck) {
    warnOnce();
    return undefined;
  }
  const said = await tool.onSafetyCheck({ runContext, pendingSafetyChecks, toolCall: item });
  if (said === true) return pendingSafetyChecks;
  if (said === false) return 'rejected';
  if (!said) return undefined;
  return 'acknowledgedSafetyChecks' in said ? said.acknowledgedSafetyChecks : said.acknowledged_safety_checks;
}

let warned = false;

function warnOnce(): void {
  if (warned) return;
  warned = true;
  console.warn(
    'tailrace: a computer call has safety checks, and computerTool() has no onSafetyCheck: nobody looks at them.',
  );
}

// What the API takes as a picture where there is none.
const EMPTY_PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==';

/** A picture cannot say why there is none: a message does. */
export function computerTold(
  item: ComputerUseCallItem,
  text: string,
): { item: ComputerCallResultItem; message: AssistantMessageItem } {
  const result = screenshot(item, EMPTY_PICTURE);
  result.output.providerData = { approvalStatus: 'rejected', message: text };
  return {
    item: result,
    message: { type: 'message', role: 'assistant', content: [{ type: 'output_text', text }], status: 'completed' },
  };
}

/** Why a call was rejected, if it was. */
export function rejectionOf(item: ToolResultItem): string | undefined {
  if (item.type !== 'computer_call_result') return undefined;
  const { approvalStatus, message } = item.output.providerData ?? {};
  return approvalStatus === 'rejected' && typeof message === 'string' ? message : undefined;
}

function screenshot({ callId }: ComputerUseCallItem, data: string): ComputerCallResultItem {
  return { type: 'computer_call_result', callId, output: { type: 'computer_screenshot', data } };
}

function dataUrl(picture: string): string {
  return picture.startsWith('data:') ? picture : `data:image/png;base64,${picture}`;
}

/** The computer of this run: made once, and closed with the run. */
function computerOf(run: RunScope, tool: ComputerTool, runContext: RunContext): Promise<Computer> {
  return run.closing.keep(tool, async () => {
    const provider = providerOf(tool);
    const computer = provider ? await provider.create({ runContext }) : (tool.computer as Computer);
    await computer.initRun?.(runContext);
    return { value: computer, close: async () => provider?.dispose?.({ runContext, computer }) };
  });
}

function providerOf({ computer }: ComputerTool): ComputerProvider | undefined {
  if (typeof computer === 'function') return { create: computer };
  return 'create' in computer && typeof computer.create === 'function' ? computer : undefined;
}
