/**
 * Writes the chunks of one UI message in an order that a client can read.
 *
 * 1. Every text and every reasoning that was started is ended, before anything else is told.
 * 2. A step is open while its parts are told: a model's answer and what its tools give belong to one step.
 * 3. Ids are counted, not drawn: the same events give the same chunks.
 */
import { canonical, tryParse } from '../../base/json.ts';
import type { AgentItem, AssistantMessageItem, ReasoningItem } from '../../event/item.ts';
import type { WaitStarted } from '../../event/mail-events.ts';
import type { UiFinishReason, UiMessageChunk } from './ui-chunk.ts';

type Flow = 'text' | 'reasoning';

export class UiWriter {
  readonly #write: (chunk: UiMessageChunk) => void;
  #started = false;
  #inStep = false;
  #open: { flow: Flow; key: string | undefined; id: string } | undefined;
  #flows = 0;
  /** What the step's model has told as it came, and no item has repeated yet, by kind. */
  #streamed: Record<Flow, string> = { text: '', reasoning: '' };
  /** Calls that were told, and with which input: as JSON, sorted by key. */
  readonly #tools = new Map<string, string>();

  constructor(write: (chunk: UiMessageChunk) => void) {
    this.#write = write;
  }

  start(messageId: string | undefined): void {
    if (this.#started) return;
    this.#started = true;
    this.#write(messageId === undefined ? { type: 'start' } : { type: 'start', messageId });
  }

  /** A model begins to answer. */
  beginStep(messageId: string | undefined): void {
    this.endStep();
    this.#enterStep(messageId);
    this.#streamed = { text: '', reasoning: '' };
  }

  /** What the step's model has told is void. */
  resetStep(): void {
    if (!this.#inStep) return;
    this.#open = undefined;
    this.#streamed = { text: '', reasoning: '' };
    this.#write({ type: 'reset-step' });
  }

  endStep(): void {
    this.endFlow();
    if (!this.#inStep) return;
    this.#inStep = false;
    this.#write({ type: 'finish-step' });
  }

  /** A piece of a text or a reasoning. `key` names the one that it belongs to, where there are several. */
  delta(flow: Flow, delta: string, key: string | undefined, messageId: string | undefined): void {
    if (delta === '') return;
    this.#enterStep(messageId);
    this.#streamed[flow] += delta;
    if (this.#open?.flow !== flow || this.#open.key !== key) {
      this.endFlow();
      this.#flows += 1;
      this.#open = { flow, key, id: key ?? `${flow}-${this.#flows}` };
      this.#write({ type: `${flow}-start`, id: this.#open.id });
    }
    this.#write({ type: `${flow}-delta`, id: this.#open.id, delta });
  }

  endFlow(): void {
    if (this.#open === undefined) return;
    const { flow, id } = this.#open;
    this.#open = undefined;
    this.#write({ type: `${flow}-end`, id });
  }

  /** A whole message: what of it has not come in pieces before. */
  message(item: AssistantMessageItem, messageId: string | undefined): void {
    this.endFlow();
    let said = this.#streamed.text;
    for (const part of item.content) {
      if (part.type === 'output_text') {
        const known = said.startsWith(part.text) ? part.text : part.text.startsWith(said) ? said : undefined;
        // Where it was said otherwise, it was said.
        if (known !== undefined) this.#whole('text', part.text.slice(known.length), item.id, messageId);
        said = known === undefined ? '' : said.slice(known.length);
      } else if (part.type === 'refusal') this.#whole('text', part.refusal, item.id, messageId);
      else if (part.type === 'image') this.#file(part.image, messageId);
    }
    this.#streamed.text = said;
  }

  reasoning(item: ReasoningItem, messageId: string | undefined): void {
    this.endFlow();
    if (this.#streamed.reasoning !== '') return;
    const text = item.content.map((part) => part.text).join('');
    this.#whole('reasoning', text, item.id, messageId);
  }

  toolCall(item: AgentItem, messageId: string | undefined): void {
    const call = toolCallOf(item);
    if (call === undefined) return;
    this.#enterStep(messageId);
    this.endFlow();
    const { id: toolCallId, name: toolName, input, hosted, output } = call;
    const about = { toolCallId, toolName, dynamic: true, ...(hosted && { providerExecuted: true }) };
    if (!this.#tools.has(toolCallId)) this.#write({ type: 'tool-input-start', ...about });
    this.#tools.set(toolCallId, canonical(input));
    this.#write({ type: 'tool-input-available', ...about, input });
    if (output !== undefined) {
      this.#write({ type: 'tool-output-available', toolCallId, output, dynamic: true, providerExecuted: true });
    }
  }

  /** Somebody is asked about a call: told of, if it was not, and with the input that is asked about, if it was told with another. */
  toolAsked(toolCallId: string, toolName: string, json: string, messageId: string | undefined): void {
    const input = parsed(json);
    if (this.#tools.get(toolCallId) === canonical(input)) return;
    this.#enterStep(messageId);
    this.endFlow();
    const about = { toolCallId, toolName, dynamic: true };
    if (!this.#tools.has(toolCallId)) this.#write({ type: 'tool-input-start', ...about });
    this.#tools.set(toolCallId, canonical(input));
    this.#write({ type: 'tool-input-available', ...about, input });
  }

  /** A call asks the user something; its output is the answer. */
  question({ callId, tool, prompt, until }: WaitStarted): void {
    this.endFlow();
    const about = { ...(prompt !== undefined && { prompt }), ...(until !== undefined && { until }) };
    this.#write({ type: 'data-question', id: callId, data: { toolCallId: callId, toolName: tool, ...about } });
  }

  /** How far a tool is. The latest takes the place of the one before. */
  progress(toolCallId: string, toolName: string | undefined, data: unknown): void {
    this.endFlow();
    const about = { toolCallId, ...(toolName !== undefined && { toolName }), data };
    this.#write({ type: 'data-tool-progress', id: toolCallId, data: about });
  }

  /** What came of a call. Told only of calls that were told: a client refuses any other. */
  toolEnded(chunk: Extract<UiMessageChunk, { toolCallId: string }>): void {
    if (!this.#tools.has(chunk.toolCallId)) return;
    this.endFlow();
    this.#write(chunk);
  }

  finish(finishReason: UiFinishReason): void {
    this.endStep();
    this.#write({ type: 'finish', finishReason });
    this.#started = false;
  }

  fail(errorText: string): void {
    this.endStep();
    this.#write({ type: 'error', errorText });
    this.#write({ type: 'finish', finishReason: 'error' });
    this.#started = false;
  }

  abort(reason: string | undefined): void {
    this.endStep();
    this.#write(reason === undefined || reason === '' ? { type: 'abort' } : { type: 'abort', reason });
    this.#started = false;
  }

  #enterStep(messageId: string | undefined): void {
    this.start(messageId);
    if (this.#inStep) return;
    this.#inStep = true;
    this.#write({ type: 'start-step' });
  }

  #whole(flow: Flow, text: string, key: string | undefined, messageId: string | undefined): void {
    if (text === '') return;
    this.delta(flow, text, key, messageId);
    this.endFlow();
  }

  #file(image: string, messageId: string | undefined): void {
    this.#enterStep(messageId);
    // Base64 without a head is what image generation gives.
    const url = /^(data|https?):/.test(image) ? image : `data:image/png;base64,${image}`;
    this.#write({ type: 'file', url, mediaType: /^data:([^;,]+)/.exec(url)?.[1] ?? 'image/*' });
  }
}

interface ToolCallFacts {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** The provider runs it itself. */
  readonly hosted: boolean;
  readonly output?: unknown;
}

const LOCAL_INPUTS: Readonly<Record<string, string>> = {
  computer_call: 'action',
  shell_call: 'action',
  apply_patch_call: 'operation',
  program: 'code',
  tool_search_call: 'arguments',
};

function toolCallOf(item: AgentItem): ToolCallFacts | undefined {
  const fields = item as unknown as Readonly<Record<string, unknown>>;
  const type = String(fields['type']);
  const id = callIdOf(item);
  if (id === undefined) return undefined;
  if (item.type === 'function_call') return { id, name: item.name, input: parsed(item.arguments), hosted: false };
  if (item.type === 'hosted_tool_call') {
    const output = item.status === 'completed' && item.output !== undefined ? { output: item.output } : {};
    return { id, name: item.name, input: parsed(item.arguments ?? '{}'), hosted: true, ...output };
  }
  const field = LOCAL_INPUTS[type];
  return field === undefined
    ? undefined
    : { id, name: type.replace(/_call$/, ''), input: fields[field] ?? {}, hosted: false };
}

/** The id that a call and its output share. */
export function callIdOf(item: AgentItem): string | undefined {
  const fields = item as unknown as Readonly<Record<string, unknown>>;
  return text(fields['callId']) ?? text(fields['call_id']) ?? text(fields['id']);
}

function parsed(json: string): unknown {
  return tryParse(json) ?? { raw: json };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
