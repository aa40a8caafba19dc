import { argumentPieces, piecesOf, type WireAnswer, type WireEvent, type WireStep } from './wire-server-script.ts';

type ProviderObject = Record<string, unknown>;

/** The events of POST /v1/responses with `stream: true`. */
export function responsesEvents(answer: WireAnswer, model: string, number: number): WireEvent[] {
  const events: ProviderObject[] = [];
  const emit = (type: string, fields: ProviderObject): void => {
    events.push({ type, sequence_number: events.length, ...fields });
  };
  const head = { id: `resp_${number}`, object: 'response', created_at: 1_700_000_000 };
  const started = { ...head, status: 'in_progress', model, output: [] };
  emit('response.created', { response: started });
  emit('response.in_progress', { response: started });
  const raw: [at: number, event: unknown][] = [];
  let index = 0;
  for (const step of answer.steps ?? []) {
    if (step.type === 'raw') raw.push([events.length, step.event]);
    else emitItem(emit, step, `${number}_${index}`, index++);
  }
  const end = answer.end ?? 'completed';
  if (end !== 'none') {
    const response = responsesBody(answer, model, number);
    emit(`response.${response['status'] as string}`, { response });
  }
  const all: WireEvent[] = events.map((event) => ({ name: event['type'] as string, data: JSON.stringify(event) }));
  for (const [at, event] of raw.reverse()) all.splice(at, 0, rawEvent(event));
  return all;
}

/** The body of POST /v1/responses without streaming, and of its terminal event. */
export function responsesBody(answer: WireAnswer, model: string, number: number): ProviderObject {
  const end = answer.end ?? 'completed';
  const output: ProviderObject[] = [];
  for (const step of answer.steps ?? [])
    if (step.type !== 'raw') output.push(itemOf(step, `${number}_${output.length}`, 'completed'));
  const response: ProviderObject = {
    id: `resp_${number}`,
    object: 'response',
    status: 'completed',
    model,
    error: null,
    output,
  };
  if (typeof end === 'object' && 'failed' in end) Object.assign(response, { status: 'failed', error: end.failed });
  if (typeof end === 'object' && 'incomplete' in end) {
    Object.assign(response, { status: 'incomplete', incomplete_details: { reason: end.incomplete } });
  }
  const { usage } = answer;
  response['usage'] =
    usage == null
      ? null
      : {
          input_tokens: usage.input,
          output_tokens: usage.output,
          total_tokens: usage.input + usage.output,
          input_tokens_details: { cached_tokens: usage.cached ?? 0 },
          output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
        };
  return response;
}

function emitItem(
  emit: (type: string, fields: ProviderObject) => void,
  step: Exclude<WireStep, { type: 'raw' }>,
  id: string,
  index: number,
): void {
  const done = itemOf(step, id, 'completed');
  const place = { item_id: done['id'], output_index: index };
  const part = { ...place, content_index: 0 };
  emit('response.output_item.added', { output_index: index, item: openItem(done) });
  switch (step.type) {
    case 'text': {
      const text = piecesOf(step.text).join('');
      emit('response.content_part.added', { ...part, part: { type: 'output_text', text: '', annotations: [] } });
      for (const delta of piecesOf(step.text)) emit('response.output_text.delta', { ...part, delta });
      emit('response.output_text.done', { ...part, text });
      emit('response.content_part.done', { ...part, part: { type: 'output_text', text, annotations: [] } });
      break;
    }
    case 'refusal':
      for (const delta of piecesOf(step.text)) emit('response.refusal.delta', { ...part, delta });
      emit('response.refusal.done', { ...part, refusal: piecesOf(step.text).join('') });
      break;
    case 'reasoning':
      for (const delta of piecesOf(step.text))
        emit('response.reasoning_summary_text.delta', { ...place, summary_index: 0, delta });
      break;
    case 'tool_call':
      for (const delta of argumentPieces(step)) emit('response.function_call_arguments.delta', { ...place, delta });
      emit('response.function_call_arguments.done', { ...place, arguments: argumentPieces(step).join('') });
      break;
    case 'item':
      break;
    default:
      step satisfies never;
  }
  emit('response.output_item.done', { output_index: index, item: done });
}

function itemOf(step: Exclude<WireStep, { type: 'raw' }>, id: string, status: string): ProviderObject {
  switch (step.type) {
    case 'text':
    case 'refusal': {
      const text = piecesOf(step.text).join('');
      const content =
        step.type === 'text' ? { type: 'output_text', text, annotations: [] } : { type: 'refusal', refusal: text };
      return { id: `msg_${id}`, type: 'message', role: 'assistant', status, content: [content] };
    }
    case 'reasoning': {
      const encrypted = step.encrypted === undefined ? {} : { encrypted_content: step.encrypted };
      return {
        id: `rs_${id}`,
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: piecesOf(step.text).join('') }],
        ...encrypted,
      };
    }
    case 'tool_call':
      return {
        id: `fc_${id}`,
        type: 'function_call',
        call_id: step.id ?? `call_${id}`,
        name: step.name,
        arguments: argumentPieces(step).join(''),
        status,
      };
    case 'item':
      return { id: `item_${id}`, ...step.item };
    default:
      return step satisfies never;
  }
}

/** The item as it is announced, before its content. */
function openItem(item: ProviderObject): ProviderObject {
  const open: ProviderObject = { ...item };
  if ('status' in open) open['status'] = 'in_progress';
  if ('content' in open) open['content'] = [];
  if ('summary' in open) open['summary'] = [];
  if ('arguments' in open) open['arguments'] = '';
  return open;
}

/** An event given by the script itself. */
export function rawEvent(event: unknown): WireEvent {
  if (typeof event === 'string') return { data: event };
  const type = (event as { type?: unknown } | null)?.type;
  return { data: JSON.stringify(event), ...(typeof type === 'string' ? { name: type } : {}) };
}
