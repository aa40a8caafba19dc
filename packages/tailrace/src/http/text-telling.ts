/**
 * A run as the text of its answers, and nothing else: for a terminal, or a program that wants the words.
 *
 * Ends as a response does that is whole, where the run has completed, or waits. Otherwise it ends with a line that says why, and the connection breaks off: no client
 * takes it for the whole.
 */
import { type AssistantMessageItem, isAssistantMessage } from '../event/item.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { Frame } from './frame.ts';
import { STREAM_HEADERS } from './native.ts';
import type { Telling } from './telling.ts';

const BETWEEN = '\n\n';

export class TextTelling implements Telling {
  readonly headers: Record<string, string> = { ...STREAM_HEADERS, 'content-type': 'text/plain; charset=utf-8' };
  readonly folds = true;
  broken: boolean = false;
  #waits: number;
  #over = false;
  /** Of the message that is told, so far. */
  #said: string | undefined;
  #messages = 0;

  /** Goes past the first `waits` places where the run waited. */
  constructor(waits: number = 0) {
    this.#waits = waits;
  }

  tell(event: RunEvent): Frame[] {
    if (event.scope || this.#over) return [];
    const text = this.#textOf(event);
    return text === '' ? [] : [{ data: text }];
  }

  isLast(): boolean {
    return this.#over;
  }

  failed(): Frame[] {
    return [{ data: this.#breakOff('INTERNAL') }];
  }

  #textOf(event: RunEvent): string {
    switch (event.type) {
      case 'model.delta':
        return this.#delta(event.text ?? '');
      case 'model.part':
        return event.part.type === 'output_text_delta' ? this.#delta(event.part.delta) : '';
      case 'item.added':
        return isAssistantMessage(event.item) ? this.#rest(event.item) : '';
      case 'step.attempt':
        return event.of === 'model' && this.#said !== undefined ? this.#breakOff('ATTEMPT_SUPERSEDED') : '';
      case 'run.suspended':
        this.#waits -= 1;
        this.#over = this.#waits < 0;
        return '';
      case 'run.completed':
        this.#over = true;
        return '';
      case 'run.failed':
        return this.#breakOff(event.error.code);
      case 'run.cancelled':
        return this.#breakOff('RUN_CANCELLED');
      default:
        return '';
    }
  }

  #delta(text: string): string {
    if (text === '') return '';
    if (this.#said !== undefined) {
      this.#said += text;
      return text;
    }
    this.#said = text;
    this.#messages += 1;
    return this.#messages > 1 ? BETWEEN + text : text;
  }

  /** An answer that was not streamed is told in one piece. */
  #rest({ content }: AssistantMessageItem): string {
    const text = content
      .map((part) => (part.type === 'output_text' ? part.text : part.type === 'refusal' ? part.refusal : ''))
      .join('');
    const said = this.#said ?? '';
    const rest = text.startsWith(said) ? this.#delta(text.slice(said.length)) : '';
    this.#said = undefined;
    return rest;
  }

  #breakOff(code: string): string {
    this.broken = true;
    this.#over = true;
    return `${this.#messages === 0 ? '' : '\n\n'}[${code}]\n`;
  }
}
