// Two agents with tools, and a witness of everything that they do to the world.
import { z } from 'zod';
import {
  Agent,
  type AgentInputItem,
  type AgentOutputItem,
  MemorySession,
  type RunEvent,
  tool,
} from '../../src/index.ts';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '../../src/testing/index.ts';

export interface World {
  agent: (model: ScriptedModel) => Agent;
  session: MemorySession;
  /** A model with the answers that `past` does not have yet. */
  model: (past?: readonly RunEvent[]) => ScriptedModel;
  /** What was done, in order: `model`, `session <n>`, or a tool's name and call id. */
  effects: string[];
}

class WitnessedSession extends MemorySession {
  readonly #effects: string[];

  constructor(effects: string[]) {
    super();
    this.#effects = effects;
  }

  override async addItems(items: AgentInputItem[]): Promise<void> {
    this.#effects.push(`session ${items.length}`);
    await super.addItems(items);
  }
}

/** `before(n)` is called before the n-th answer (from 1) of the model, `size` is how much each tool puts out. */
export function world({ before, size = 10 }: { before?: (call: number) => unknown; size?: number } = {}): World {
  const effects: string[] = [];
  const witnessed = (name: string, kind: 'once' | 'idempotent') =>
    tool({
      name,
      description: 'Does something to the world.',
      parameters: z.object({ n: z.number() }),
      effects: kind,
      execute: ({ n }, _context, details) => {
        effects.push(`${name} ${details?.callId}`);
        return `${name} ${n} ${'x'.repeat(size)}`;
      },
    });
  const answers: AgentOutputItem[][] = [
    [
      assistantMessage('Both.'),
      functionCall('pay', { n: 1 }, { callId: 'c1' }),
      functionCall('look', { n: 2 }, { callId: 'c2' }),
    ],
    [functionCall('transfer_to_Second', {}, { callId: 'c3' })],
    [functionCall('pay', { n: 3 }, { callId: 'c4' })],
    [assistantMessage('All done.')],
  ];
  return {
    effects,
    session: new WitnessedSession(effects),
    model: (past = []) => {
      const done = past.filter(({ type }) => type === 'model.returned').length;
      return new ScriptedModel(
        answers.slice(done).map((answer, index) =>
          modelResponder(async () => {
            effects.push('model');
            await before?.(done + index + 1);
            return answer;
          }),
        ),
      );
    },
    agent: (model) => {
      const second = new Agent({ name: 'Second', model, tools: [witnessed('pay', 'once')] });
      return new Agent({
        name: 'First',
        model,
        tools: [witnessed('pay', 'once'), witnessed('look', 'idempotent')],
        handoffs: [second],
      });
    },
  };
}

/** How often each call of `pay` was made: never more than once. */
export function payments(effects: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const effect of effects.filter((name) => name.startsWith('pay')))
    counts.set(effect, (counts.get(effect) ?? 0) + 1);
  return counts;
}

/** Started events of a log, in the words of `World.effects`: what was allowed to happen. */
export function allowed(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'model.called') return ['model'];
    if (event.type === 'session.commit_started') return [`session ${event.items}`];
    return event.type === 'tool.called' ? [`${event.tool} ${event.callId}`] : [];
  });
}
