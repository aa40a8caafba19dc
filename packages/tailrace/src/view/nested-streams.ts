/**
 * Tells `onStream` and `on` handlers of agent tools what their nested runs show: one event after the other, a promise of the handler awaited in between. The run waits
 * for none of it.
 */
import type { AgentToolEventHandler } from '../agent/agent-tool-types.ts';
import { agentsOf } from '../agent/item-of.ts';
import type { NestedStream, RunScope } from '../run/scope.ts';
import type { EventObserver } from '../run/start.ts';
import type { RunStreamEvent } from './stream-event.ts';
import { type StreamView, streamView } from './stream-view.ts';

export function nestedStreams(run: Pick<RunScope, 'agents' | 'streams'>): EventObserver {
  let listeners: Map<NestedStream, Listener> | undefined;
  return {
    restore: () => undefined,
    take(events) {
      // Most runs have none.
      if (run.streams.size === 0) return;
      listeners ??= new Map();
      for (const event of events) {
        const step = event.scope?.at(-1);
        const stream = step === undefined ? undefined : run.streams.get(step);
        if (step === undefined || !stream) continue;
        let listener = listeners.get(stream);
        if (!listener) listeners.set(stream, (listener = new Listener(stream, streamView(agentsOf(run.agents), step))));
        listener.take(listener.view([event]));
        if (event.type === 'agent.ended' && event.outcome) {
          run.streams.delete(step);
          listeners.delete(stream);
        }
      }
    },
  };
}

class Listener {
  readonly view: StreamView;
  readonly #stream: NestedStream;
  readonly #queue: RunStreamEvent[] = [];
  #busy = false;
  #warned = false;

  constructor(stream: NestedStream, view: StreamView) {
    this.#stream = stream;
    this.view = view;
  }

  take(events: readonly RunStreamEvent[]): void {
    for (const event of events) {
      if (!this.#busy) this.#tell(event);
      else if (this.#queue.length < this.#stream.spec.maxPendingEvents) this.#queue.push(event);
      else this.#warn();
    }
  }

  #tell(event: RunStreamEvent): void {
    const { spec, toolCall } = this.#stream;
    const told = { event, agent: spec.agent, toolCall };
    const answers = spec.handlers.flatMap(({ name, handler }) =>
      name === '*' || name === event.type ? (call(handler as AgentToolEventHandler, told) ?? []) : [],
    );
    if (answers.length === 0) return;
    this.#busy = true;
    void Promise.allSettled(answers).then(() => {
      this.#busy = false;
      this.#drain();
    });
  }

  #drain(): void {
    while (!this.#busy) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#tell(next);
    }
  }

  #warn(): void {
    if (this.#warned) return;
    this.#warned = true;
    const { toolName, maxPendingEvents } = this.#stream.spec;
    console.warn(
      `tailrace: a stream handler of agent tool '${toolName}' is ${maxPendingEvents} events behind; it gets no more until it has caught up. The run goes on.`,
    );
  }
}

/** What it throws is its own. */
function call(handler: AgentToolEventHandler, told: Parameters<AgentToolEventHandler>[0]): Promise<void> | undefined {
  try {
    return handler(told) ?? undefined;
  } catch {
    return undefined;
  }
}
