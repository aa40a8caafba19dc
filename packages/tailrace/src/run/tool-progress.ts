/** What a tool's function says while it works, as events: no larger and no faster than the log can bear. */
import { jsonProblem, type Json } from '../base/json.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { StepRef, ToolProgress } from '../event/step-events.ts';
import type { RunScope } from './scope.ts';

/** One call's progress: events at once, events a second after that, and characters of one and of all of them. */
const BURST = 100;
const PER_SECOND = 100;
const MAX_LENGTH = 16 * 1024;
const MAX_TOTAL = 1024 * 1024;

/** Counts one call's progress. What comes too fast is left out; the last of it is always told. */
export class ProgressMeter {
  readonly #run: RunScope;
  readonly #about: StepRef & Pick<ToolProgress, 'callId' | 'tool' | 'agent'>;
  /** Events that may follow at once: refilled as time passes. */
  #credit: number = BURST;
  #at: number;
  #length = 0;
  #skipped = 0;
  /** The newest of what was left out. */
  #held: ToolProgress | undefined;

  constructor(run: RunScope, ref: StepRef, { callId, name: tool }: FunctionCallItem, agent: string) {
    this.#run = run;
    this.#about = { step: ref.step, attempt: ref.attempt, callId, tool, agent };
    this.#at = run.clock.now();
  }

  tell(data: unknown): void {
    const event: ToolProgress = { type: 'tool.progress', ...this.#about, ...shown(data) };
    const now = this.#run.clock.now();
    const earned = (Math.max(0, now - this.#at) / 1000) * PER_SECOND;
    this.#credit = Math.min(BURST, this.#credit + earned);
    this.#at = now;
    if (this.#credit < 1 || this.#length > MAX_TOTAL) {
      if (this.#held) this.#skipped += 1;
      this.#held = event;
      return;
    }
    this.#credit -= 1;
    if (this.#held) this.#skipped += 1;
    this.#push(event);
  }

  /** Tells the newest of what was left out: the function has ended. */
  flush(): void {
    if (this.#held) this.#push(this.#held);
  }

  #push(event: ToolProgress): void {
    this.#length += typeof event.data === 'string' ? event.data.length : (JSON.stringify(event.data)?.length ?? 0);
    this.#run.inbox.push(this.#skipped > 0 ? { ...event, skipped: this.#skipped } : event);
    this.#skipped = 0;
    this.#held = undefined;
  }
}

function shown(data: unknown): Pick<ToolProgress, 'data' | 'omitted'> {
  const limit = MAX_LENGTH;
  if (typeof data === 'string')
    return data.length <= limit ? { data } : { data: data.slice(0, limit), omitted: 'size' };
  if (data === undefined) return { data: null };
  const text = jsonProblem(data) === undefined ? stringified(data) : undefined;
  if (text === undefined) return { data: null, omitted: 'not_json' };
  // A copy: the function may go on with its object.
  return text.length <= limit ? { data: JSON.parse(text) as Json } : { data: null, omitted: 'size' };
}

function stringified(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}
