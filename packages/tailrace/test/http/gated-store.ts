// A store that lets each run write up to a place, and no further until it is told to.
import { MemoryLogStore } from '../../src/log/memory-store.ts';
import type { Durability } from '../../src/port/log-store.ts';
import { isTerminal, type RunEvent } from '../../src/index.ts';

interface Gate {
  run: string;
  /** The last event that may be written while it is shut. */
  limit: number;
  open: PromiseWithResolvers<void>;
  /** Resolves when the model may go on that stopped when the gate was reached. */
  speak: PromiseWithResolvers<void>;
  shut: boolean;
  /** Resolves when a write waits, with what it would write, or the run has ended. */
  reached: PromiseWithResolvers<readonly RunEvent[]>;
}

/** Runs of an agent that is registered as `x<n>` stop before event n + 1. */
export class GatedStore extends MemoryLogStore {
  readonly #gates: Map<string, Gate> = new Map();
  readonly #begun: Map<string, PromiseWithResolvers<Gate>> = new Map();

  /** The gate of the agent's run, once that has begun. */
  async gateOf(agent: string): Promise<Gate> {
    return this.#begin(agent).promise;
  }

  /** Lets everybody write. */
  openAll(): void {
    for (const { open, speak } of this.#gates.values()) {
      open.resolve();
      speak.resolve();
    }
  }

  /** For the agent's model, before it says anything: a run may be ahead of its store. */
  async maySpeak(agent: string): Promise<void> {
    const gate = await this.gateOf(agent);
    if (gate.shut) await gate.speak.promise;
  }

  #begin(agent: string): PromiseWithResolvers<Gate> {
    const begun = this.#begun.get(agent) ?? Promise.withResolvers<Gate>();
    this.#begun.set(agent, begun);
    return begun;
  }

  override append(
    run: string,
    epoch: number,
    clientSeq: number,
    events: readonly RunEvent[],
    durability: Durability,
  ): void {
    const [first] = events;
    const gate = this.#gates.get(run);
    if (first?.type === 'run.started') {
      const agent = first.registered ?? '';
      const limit = Number(/\d+$/.exec(agent)?.[0] ?? Infinity);
      const made: Gate = {
        run,
        limit,
        open: Promise.withResolvers(),
        speak: Promise.withResolvers(),
        shut: false,
        reached: Promise.withResolvers(),
      };
      this.#gates.set(run, made);
      this.#begin(agent).resolve(made);
    } else if (first && gate && first.seq > gate.limit) {
      gate.reached.resolve(events);
      gate.shut = true;
      // A store may take its time: its promise is what the port says, and this one's base never needs to.
      return gate.open.promise.then(() => super.append(run, epoch, clientSeq, events, durability)) as never;
    }
    super.append(run, epoch, clientSeq, events, durability);
    const last = events.at(-1);
    if (last && isTerminal(last)) this.#gates.get(run)?.reached.resolve([]);
  }
}
