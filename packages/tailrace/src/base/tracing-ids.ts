/** Who makes the ids of traces and spans. */
import { newSpanId, newTraceId } from './id.ts';

/** Makes ids. Those of traces must be unique, those of spans unique in their trace, also after a restart: runs that go on elsewhere go on in their trace. */
export type TracingIdGenerator = Readonly<{
  generateTraceId: () => string;
  generateSpanId: () => string;
}>;

/** Ids by a generator of somebody's own, or else random ones. A generator that throws, or gives no text, is made up for, and a warning says so once. */
export class TracingIds implements TracingIdGenerator {
  #own: Partial<TracingIdGenerator> = {};
  #warned = false;

  constructor(own?: Partial<TracingIdGenerator>) {
    this.set(own);
  }

  set(own: Partial<TracingIdGenerator> | undefined): void {
    this.#own = own ?? {};
    this.#warned = false;
  }

  generateTraceId(): string {
    return this.#made('generateTraceId') ?? newTraceId();
  }

  generateSpanId(): string {
    return this.#made('generateSpanId') ?? newSpanId();
  }

  #made(name: keyof TracingIdGenerator): string | undefined {
    const own = this.#own;
    if (own[name] === undefined) return undefined;
    try {
      const id: unknown = own[name]();
      if (typeof id === 'string' && id !== '') return id;
      this.#warn(`${name} gave ${id === '' ? 'an empty text' : typeof id}`);
    } catch (error) {
      this.#warn(`${name} threw ${error instanceof Error ? error.name : typeof error}`);
    }
    return undefined;
  }

  #warn(what: string): void {
    if (this.#warned) return;
    this.#warned = true;
    const message = `The tracing id generator's ${what}. A random id is used in its place.`;
    globalThis.process?.emitWarning?.(message, { type: 'TailraceWarning', code: 'TRACING_ID' });
  }
}

/** Those of this process: all runs have theirs from it. */
export const tracingIds: TracingIds = new TracingIds();
