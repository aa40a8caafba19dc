/**
 * A run as the AI SDK's UI message stream, version 1: what `useChat` reads.
 *
 * One stream is one assistant message, whose id is the run's. It ends where the run does, or where the run waits: what follows then goes on with the same message.
 */
import type { RunEvent } from '../../event/run-event.ts';
import { type UiMessageView, uiMessageView } from '../../view/ui/ui-message-view.ts';
import type { Frame } from '../frame.ts';
import { STREAM_HEADERS } from '../native.ts';
import { type Redaction, redacted } from '../redacted.ts';
import type { Telling } from '../telling.ts';

export const UI_HEADERS: Record<string, string> = { ...STREAM_HEADERS, 'x-vercel-ai-ui-message-stream': 'v1' };

const DONE: Frame = { data: '[DONE]' };

export class UiTelling implements Telling {
  readonly headers: Record<string, string> = UI_HEADERS;
  readonly folds = true;
  readonly #redaction: Redaction;
  readonly #view: UiMessageView = uiMessageView();
  #waits: number;

  /** Goes past the first `waits` places where the run waited. */
  constructor(redaction: Redaction, waits: number = 0) {
    this.#redaction = redaction;
    this.#waits = waits;
  }

  tell(event: RunEvent): Frame[] {
    if (event.type === 'run.suspended' && !event.scope) this.#waits -= 1;
    const known = redacted(event, this.#redaction);
    return known === undefined ? [] : this.#view([known]).map(({ chunk }) => ({ data: JSON.stringify(chunk) }));
  }

  isLast(event: RunEvent): boolean {
    return event.type === 'run.suspended' && !event.scope && this.#waits < 0;
  }

  end(): Frame[] {
    return [DONE];
  }

  failed(): Frame[] {
    const error = { type: 'error', errorText: 'The stream broke off here. Come back for the rest.' };
    return [{ data: JSON.stringify(error) }, { data: JSON.stringify({ type: 'finish', finishReason: 'error' }) }, DONE];
  }
}
