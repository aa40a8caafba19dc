/** The model without a network: an async generator of the events that a Model of either SDK gives. */
import { ARGUMENTS, parseModel, TOOL } from '../task.ts';

export type ModelEvent =
  | { type: 'response_started' }
  | { type: 'output_text_delta'; delta: string }
  | { type: 'response_done'; response: { id: string; output: object[]; usage: typeof USAGE } };

const USAGE = { requests: 1, inputTokens: 100, outputTokens: 50, totalTokens: 150 };

export async function* modelEvents(model: string, input: unknown): AsyncGenerator<ModelEvent> {
  const [kind, count] = parseModel(model);
  const outputs = Array.isArray(input) ? outputsAtEnd(input) : 0;
  const calls = kind === 'turns' && outputs < count ? 1 : kind === 'calls' && outputs === 0 ? count : 0;
  yield { type: 'response_started' };
  if (calls > 0) {
    const output = Array.from({ length: calls }, (_, index) => callItem(`call_${outputs + index}`));
    yield { type: 'response_done', response: { id: `resp_${outputs}`, output, usage: USAGE } };
    return;
  }
  const deltas = kind === 'text' ? count : 1;
  let text = '';
  for (let index = 0; index < deltas; index++) {
    const delta = ` word${index % 97}`;
    text += delta;
    yield { type: 'output_text_delta', delta };
  }
  const content = [{ type: 'output_text', text }];
  const message = { type: 'message', role: 'assistant', status: 'completed', id: 'msg_0', content };
  yield { type: 'response_done', response: { id: 'resp_text', output: [message], usage: USAGE } };
}

// The user's message is first, and each turn adds a call and its output.
function outputsAtEnd(input: readonly unknown[]): number {
  return (input.length - 1) >> 1;
}

function callItem(callId: string): object {
  return { type: 'function_call', id: callId, callId, name: TOOL.name, arguments: ARGUMENTS, status: 'completed' };
}
