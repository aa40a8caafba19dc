import { Usage } from '../event/usage.ts';

/**
 * What a run hands to user code: the caller's own `context` object, unchanged and never sent to a model, and the usage so far.
 */
export class RunContext<TContext = unknown> {
  context: TContext;
  /** Grows as responses complete; failed attempts that were repeated count as requests. */
  usage: Usage;
  /** Structured input of the agent tool that this run is for, if it is. */
  toolInput?: unknown;

  constructor(context?: TContext) {
    this.context = context as TContext;
    this.usage = new Usage();
  }

  toJSON(): { context: unknown; usage: Usage } {
    return { context: this.context, usage: this.usage };
  }
}
