import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, type LogStore, MemoryLogStore, MemorySession, Runner, type RunEvent, tool } from '../../src/index.ts';
import { decide } from '../../src/run/decide.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { deaths, WAYS } from './deaths.ts';

const SCRIPT: readonly ScriptedModelInput[] = [
  [
    assistantMessage('Three.'),
    functionCall('pay', { n: 1 }, { callId: 'c1' }),
    functionCall('free', { n: 2 }, { callId: 'c2' }),
    functionCall('pay', { n: 3 }, { callId: 'c3' }),
  ],
  [functionCall('pay', { n: 4 }, { callId: 'c1' })],
  [assistantMessage('All done.')],
];
/** What is decided: by the arguments, since a call id comes again. */
const REJECTED = '{"n":3}';

class World {
  readonly store: MemoryLogStore = new MemoryLogStore();
  readonly session: MemorySession = new MemorySession();
  readonly ran: string[] = [];

  get log(): readonly RunEvent[] {
    return this.store.read('run_1', 0, 10_000);
  }

  /** An agent whose model goes on with the script where the log ends. */
  agent(): Agent {
    const answered = this.log.filter(({ type }) => type === 'model.returned').length;
    const model = new ScriptedModel(SCRIPT.slice(answered));
    const made = (name: string, needsApproval: boolean) =>
      tool({
        name,
        description: 'Counts its calls.',
        parameters: z.object({ n: z.number() }),
        needsApproval,
        execute: ({ n }) => {
          this.ran.push(`${name} ${n}`);
          return `${name} ${n}`;
        },
      });
    return new Agent({ name: 'Payer', model, tools: [made('pay', true), made('free', false)] });
  }

  /** Decides one call that waits, if one does: each of them gets a segment of its own. */
  async decideOne(): Promise<boolean> {
    const decided = this.log.flatMap((event) => (event.type === 'approval.decided' ? [event.callId] : []));
    for (const event of this.log) {
      if (event.type !== 'approval.requested') continue;
      const at = decided.indexOf(event.callId);
      if (at >= 0) decided.splice(at, 1);
      else {
        const approved = event.arguments !== REJECTED;
        // Somebody whose process died may have decided already.
        await decide(this.store, 'run_1', { callId: event.callId, approved }).catch((error: { code: string }) => {
          expect(error.code).toBe('APPROVAL_DECIDED');
        });
        return true;
      }
    }
    return false;
  }

  /** Runs segments until the run has ended. */
  async finish(store: LogStore, stream: boolean): Promise<void> {
    const { session } = this;
    while (this.log.at(-1)?.type !== 'run.completed') {
      const runner = new Runner({ store });
      const result =
        this.log.length === 0
          ? await (stream
              ? runner.run(this.agent(), 'Go', { runId: 'run_1', session, stream })
              : runner.run(this.agent(), 'Go', { runId: 'run_1', session }))
          : await runner.resume(this.agent(), 'run_1', { session: new MemorySessionOf(session), stream });
      if ('completed' in result) await result.completed;
      await this.decideOne();
    }
  }
}

/** The same items in another object, as another process has it. */
class MemorySessionOf extends MemorySession {
  readonly #inner: MemorySession;

  constructor(inner: MemorySession) {
    super();
    this.#inner = inner;
  }

  override getItems: MemorySession['getItems'] = async (limit) => this.#inner.getItems(limit);
  override addItems: MemorySession['addItems'] = async (items) => this.#inner.addItems(items);
}

for (const { stream, stored, how } of WAYS) {
  test(`a run that waits for decisions is taken up from every append (${how})`, async () => {
    const live = (world: World, store: LogStore) => world.finish(store, stream);
    for await (const { world, label } of deaths({ fresh: () => new World(), live, stored, moreThan: 30 })) {
      await world.finish(world.store, stream);
      const { log, ran } = world;
      expect(logViolations(log), label).toEqual([]);
      expect(log.at(-1), label).toMatchObject({ type: 'run.completed', output: 'All done.' });
      // A call whose `tool.called` was stored and whose outcome was not is not repeated: never twice, and the rejected one never.
      expect(new Set(ran).size, label).toBe(ran.length);
      expect(ran, label).not.toContain('pay 3');
      const decided = log.flatMap((event) =>
        event.type === 'approval.decided' ? [[event.callId, event.approved]] : [],
      );
      expect(decided, label).toEqual([
        ['c1', true],
        ['c3', false],
        ['c1', true],
      ]);
      expect(
        log.filter((event) => event.type === 'item.added' && event.kind === 'tool_approval'),
        label,
      ).toHaveLength(3);
      const items = (await world.session.getItems()).map((item) =>
        'callId' in item ? `${item.type} ${item.callId}` : item.type,
      );
      expect(items, label).toEqual([
        'message',
        'message',
        'function_call c1',
        'function_call c2',
        'function_call c3',
        'function_call_result c2',
        'function_call_result c1',
        'function_call_result c3',
        'function_call c1',
        'function_call_result c1',
        'message',
      ]);
    }
  });
}
