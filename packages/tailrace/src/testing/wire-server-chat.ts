import { argumentPieces, piecesOf, type WireAnswer, type WireEvent, type WireUsage } from './wire-server-script.ts';
import { rawEvent } from './wire-server-responses.ts';

type ProviderObject = Record<string, unknown>;

/** The events of POST /v1/chat/completions with `stream: true`. */
export function chatEvents(answer: WireAnswer, model: string, number: number, includeUsage: boolean): WireEvent[] {
  const head = { id: `chatcmpl-${number}`, object: 'chat.completion.chunk', created: 0, model };
  const events: WireEvent[] = [];
  const chunk = (delta: ProviderObject, finish: string | null = null): void => {
    events.push({ data: JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] }) });
  };
  chunk({ role: 'assistant', content: '' });
  let call = 0;
  for (const step of answer.steps ?? []) {
    switch (step.type) {
      case 'text':
        for (const content of piecesOf(step.text)) chunk({ content });
        break;
      case 'reasoning':
        for (const reasoning of piecesOf(step.text)) chunk({ reasoning_content: reasoning });
        break;
      case 'refusal':
        for (const refusal of piecesOf(step.text)) chunk({ refusal });
        break;
      case 'tool_call': {
        const [first, ...rest] = argumentPieces(step);
        const index = call++;
        const id = step.id ?? `call_${number}_${index}`;
        chunk({ tool_calls: [{ index, id, type: 'function', function: { name: step.name, arguments: first } }] });
        for (const piece of rest) chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
        break;
      }
      case 'item':
        break;
      case 'raw':
        events.push(rawEvent(step.event));
        break;
      default:
        step satisfies never;
    }
  }
  const end = answer.end ?? 'completed';
  if (end === 'none') return events;
  if (typeof end === 'object' && 'failed' in end) {
    events.push({ data: JSON.stringify({ error: end.failed }) });
    return events;
  }
  chunk({}, finishReason(answer, call));
  if (includeUsage && answer.usage != null) {
    events.push({ data: JSON.stringify({ ...head, choices: [], usage: chatUsage(answer.usage) }) });
  }
  events.push({ data: '[DONE]' });
  return events;
}

/** The body of POST /v1/chat/completions without streaming. */
export function chatBody(answer: WireAnswer, model: string, number: number): ProviderObject {
  const message: ProviderObject = { role: 'assistant', content: null };
  const calls: ProviderObject[] = [];
  for (const step of answer.steps ?? []) {
    if (step.type === 'text')
      message['content'] = ((message['content'] as string | null) ?? '') + piecesOf(step.text).join('');
    else if (step.type === 'reasoning') message['reasoning_content'] = piecesOf(step.text).join('');
    else if (step.type === 'refusal') message['refusal'] = piecesOf(step.text).join('');
    else if (step.type === 'tool_call') {
      const id = step.id ?? `call_${number}_${calls.length}`;
      calls.push({ id, type: 'function', function: { name: step.name, arguments: argumentPieces(step).join('') } });
    }
  }
  if (calls.length > 0) message['tool_calls'] = calls;
  const body: ProviderObject = {
    id: `chatcmpl-${number}`,
    object: 'chat.completion',
    created: 0,
    model,
    choices: [{ index: 0, message, finish_reason: finishReason(answer, calls.length) }],
  };
  if (answer.usage != null) body['usage'] = chatUsage(answer.usage);
  return body;
}

function finishReason(answer: WireAnswer, calls: number): string {
  const { end } = answer;
  if (typeof end === 'object' && 'incomplete' in end)
    return end.incomplete === 'content_filter' ? 'content_filter' : 'length';
  return calls > 0 ? 'tool_calls' : 'stop';
}

function chatUsage(usage: WireUsage): ProviderObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
}
