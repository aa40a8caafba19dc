/**
 * A run as the events of AG-UI 1.0 (docs.ag-ui.com/concepts/events).
 *
 * A1 What is opened is closed before the end: steps, messages, calls. A2 A run that waits ends its stream with the outcome `interrupt`; `resume` begins the next one. A3 Text
 * that was said and is taken back by a new attempt ends the stream with ATTEMPT_SUPERSEDED: this protocol takes nothing back without all that was said before in hand.
 */
import type { AgentItem, AssistantMessageItem, FunctionCallResultItem, ReasoningItem } from '../../event/item.ts';
import type { RunEvent, RunItemKind } from '../../event/run-event.ts';
import type { UsageData } from '../../event/usage.ts';
import { isAssistantMessage } from '../../event/item.ts';
import { reasoningDelta } from '../../view/ui/ui-reasoning.ts';
import type { Frame } from '../frame.ts';
import { STREAM_HEADERS } from '../native.ts';
import { outputText } from '../output-text.ts';
import { type Redaction, redacted } from '../redacted.ts';
import type { Telling } from '../telling.ts';
import type { AgUiEvent, AgUiUsage } from './ag-ui-event.ts';
import { AgUiInterrupts } from './ag-ui-interrupts.ts';

/** Handoffs are the agents' own, and a call that somebody is asked about is an item once more. */
const SHOWN: ReadonlySet<RunItemKind> = new Set(['message', 'reasoning', 'tool_call', 'tool_output']);

export interface AgUiFacts {
  run: string;
  /** As the client names them. */
  threadId: string;
  runId: string;
}

export class AgUiTelling implements Telling {
  readonly headers: Record<string, string> = STREAM_HEADERS;
  readonly folds = true;
  readonly #facts: AgUiFacts;
  readonly #redaction: Redaction;
  readonly #interrupts: AgUiInterrupts;
  /** How many waits lie before the stretch that is told. */
  #before: number;
  #state: 'before' | 'told' | 'over' = 'before';
  #frames: Frame[] = [];
  #text: { id: string; said: string } | undefined;
  /** The message of the reasoning that is told, how many there were, and whether the model that is called has told any. */
  #reasoning: string | undefined;
  #reasonings = 0;
  #reasoned = false;
  #step: string | undefined;
  #messages = 0;

  constructor(facts: AgUiFacts, redaction: Redaction, waits: number = 0) {
    this.#facts = facts;
    this.#redaction = redaction;
    this.#before = waits;
    this.#interrupts = new AgUiInterrupts(facts.run);
  }

  tell(event: RunEvent): Frame[] {
    this.#frames = [];
    const known = redacted(event, this.#redaction);
    if (known === undefined || this.#state === 'over') return this.#frames;
    this.#interrupts.take(known);
    if (known.scope) return this.#frames;
    if (this.#before > 0) {
      if (known.type === 'run.suspended') this.#before -= 1;
      // Ids are counted over the whole run: a client keeps the messages of all its stretches.
      else if (known.type === 'item.added') this.#messages += 1;
      return this.#frames;
    }
    if (this.#state === 'before') this.#begin();
    this.#show(known);
    return this.#frames;
  }

  isLast(): boolean {
    return this.#state === 'over';
  }

  failed(): Frame[] {
    this.#frames = [];
    if (this.#state !== 'over') this.#fail('INTERNAL', 'The stream broke off here. Come back for the rest.');
    return this.#frames;
  }

  #begin(): void {
    this.#state = 'told';
    const { threadId, runId } = this.#facts;
    this.#send({ type: 'RUN_STARTED', threadId, runId, protocolVersion: '1.0' });
  }

  #show(event: RunEvent): void {
    switch (event.type) {
      case 'turn.started':
        this.#endStep();
        this.#step = `${event.turn}:${event.agent}`;
        return this.#send({ type: 'STEP_STARTED', stepName: this.#step });
      case 'model.called':
        this.#reasoned = false;
        return;
      case 'turn.ended':
        return this.#endStep();
      case 'model.delta': {
        const reasoning = event.raw === undefined ? undefined : reasoningDelta(event.raw);
        if (reasoning) this.#reason(reasoning.delta);
        return event.text === undefined ? undefined : this.#delta(event.text);
      }
      case 'model.part':
        return event.part.type === 'output_text_delta' ? this.#delta(event.part.delta) : undefined;
      case 'step.attempt':
        if (event.of !== 'model') return;
        if (this.#text) return this.#superseded();
        // What was reasoned stays: nobody takes it for the answer.
        return this.#endReasoning();
      case 'item.added':
        if (SHOWN.has(event.kind)) this.#item(event.item);
        this.#messages += 1;
        return;
      case 'tool.progress': {
        const { callId: toolCallId, tool: toolCallName, data } = event;
        return this.#send({ type: 'CUSTOM', name: 'tool.progress', value: { toolCallId, toolCallName, data } });
      }
      case 'run.suspended':
      case 'run.completed':
      case 'run.cancelled':
      case 'run.failed':
        return this.#end(event);
      default:
    }
  }

  #end(event: Extract<RunEvent, { type: 'run.suspended' | 'run.completed' | 'run.cancelled' | 'run.failed' }>): void {
    this.#endStep();
    const { threadId, runId } = this.#facts;
    const about = { type: 'RUN_FINISHED', threadId, runId } as const;
    switch (event.type) {
      case 'run.suspended':
        this.#send({ ...about, outcome: { type: 'interrupt', interrupts: this.#interrupts.open() } });
        break;
      case 'run.completed':
        this.#send({ ...about, result: event.output, outcome: { type: 'success' }, usage: [usageOf(event.usage)] });
        break;
      case 'run.cancelled':
        this.#send({ ...about, outcome: { type: 'cancelled' }, usage: [usageOf(event.usage)] });
        break;
      case 'run.failed':
        return this.#fail(event.error.code, event.error.message, [usageOf(event.usage)]);
    }
    this.#state = 'over';
  }

  #superseded(): void {
    this.#endStep();
    this.#fail('ATTEMPT_SUPERSEDED', 'Another attempt takes the place of text that was sent. Come back for its text.');
  }

  #fail(code: string, message: string, usage?: AgUiUsage[]): void {
    this.#send({ type: 'RUN_ERROR', message, code, ...(usage && { usage }) });
    this.#state = 'over';
  }

  #endStep(): void {
    this.#endReasoning();
    this.#endText();
    if (this.#step !== undefined) this.#send({ type: 'STEP_FINISHED', stepName: this.#step });
    this.#step = undefined;
  }

  #delta(delta: string): void {
    if (delta === '') return;
    this.#endReasoning();
    if (!this.#text) {
      this.#text = { id: `${this.#facts.run}:${this.#messages}`, said: '' };
      this.#send({ type: 'TEXT_MESSAGE_START', messageId: this.#text.id, role: 'assistant' });
    }
    this.#text.said += delta;
    this.#send({ type: 'TEXT_MESSAGE_CONTENT', messageId: this.#text.id, delta });
  }

  #endText(): void {
    if (this.#text) this.#send({ type: 'TEXT_MESSAGE_END', messageId: this.#text.id });
    this.#text = undefined;
  }

  #reason(delta: string): void {
    if (this.#reasoning === undefined) {
      const messageId = `${this.#facts.run}:r${this.#messages}.${this.#reasonings++}`;
      this.#reasoning = messageId;
      this.#send({ type: 'REASONING_START', messageId });
      this.#send({ type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' });
    }
    this.#reasoned = true;
    this.#send({ type: 'REASONING_MESSAGE_CONTENT', messageId: this.#reasoning, delta });
  }

  #endReasoning(): void {
    const messageId = this.#reasoning;
    this.#reasoning = undefined;
    if (messageId === undefined) return;
    this.#send({ type: 'REASONING_MESSAGE_END', messageId });
    this.#send({ type: 'REASONING_END', messageId });
  }

  /** Of a response that was not streamed, or whose reasoning was not. */
  #reasoningItem({ content }: ReasoningItem): void {
    const text = content.map((part) => part.text).join('');
    if (!this.#reasoned && text !== '') this.#reason(text);
    this.#endReasoning();
  }

  #item(item: AgentItem): void {
    if (isAssistantMessage(item)) this.#message(item);
    else if (item.type === 'reasoning') this.#reasoningItem(item);
    else if (item.type === 'function_call') {
      const { callId: toolCallId, name: toolCallName, arguments: delta } = item;
      this.#endText();
      this.#send({ type: 'TOOL_CALL_START', toolCallId, toolCallName });
      this.#send({ type: 'TOOL_CALL_ARGS', toolCallId, delta });
      this.#send({ type: 'TOOL_CALL_END', toolCallId });
    } else if (item.type === 'function_call_result') this.#result(item);
  }

  #message({ content }: AssistantMessageItem): void {
    const text = content
      .map((part) => (part.type === 'output_text' ? part.text : part.type === 'refusal' ? part.refusal : ''))
      .join('');
    const said = this.#text?.said ?? '';
    // What was streamed may be less than the whole, and an answer that was not streamed is told in one piece.
    if (text.length > said.length && text.startsWith(said)) this.#delta(text.slice(said.length));
    this.#endText();
  }

  #result({ callId: toolCallId, output }: FunctionCallResultItem): void {
    const messageId = `${this.#facts.run}:${this.#messages}`;
    this.#send({ type: 'TOOL_CALL_RESULT', messageId, toolCallId, content: outputText(output), role: 'tool' });
  }

  #send(event: AgUiEvent): void {
    this.#frames.push({ data: JSON.stringify(event) });
  }
}

function usageOf({ inputTokens, outputTokens, totalTokens }: UsageData): AgUiUsage {
  return { inputTokens, outputTokens, totalTokens };
}
