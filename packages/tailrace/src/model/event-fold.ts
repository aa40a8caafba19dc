import type { StreamEvent } from '../event/stream-event.ts';
import type { ProviderObject } from './provider-object.ts';

/**
 * Folds one answer of a provider into stream events. One object per answer; every method is synchronous, so that all
 * the events of a network chunk become one batch.
 */
export interface EventFold {
  /**
   * Adds what a provider's event means to `out`; `name` is that of its `event:` line. When the event is the provider's
   * error the raw event is in `out` before this throws.
   */
  take(event: ProviderObject, name: string | undefined, out: StreamEvent[]): void;
  /** The `[DONE]` marker. */
  done(out: StreamEvent[]): void;
  /** The end of the stream: throws unless the answer is complete. */
  end(out: StreamEvent[]): void;
  /** The failure that an end at this point is. */
  truncated(cause?: unknown): Error;
  /** The terminal event is in `out`; whatever follows does not count. */
  readonly isOver: boolean;
  /** The answer is complete, though more may follow (a usage report after the last choice). */
  readonly isComplete: boolean;
}
