// Agents as tools, beside each other and one in the other, with calls that wait for a decision: cut at every append, the run goes on where each of them was.
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

const SCRIPTS: Readonly<Record<string, readonly ScriptedModelInput[]>> = {
  Boss: [
    [
      functionCall('ask_left', { input: 'left' }, { callId: 'c1' }),
      functionCall('ask_right', { input: 'right' }, { callId: 'c2' }),
      functionCall('once', { n: 1 }, { callId: 'c3' }),
    ],
    [assistantMessage('All done.')],
  ],
  // The same call ids as its caller's: a place in the run is more than an id.
  Left: [
    [functionCall('once', { n: 2 }, { callId: 'c1' }), functionCall('ask_deep', { input: 'deep' }, { callId: 'c2' })],
    [functionCall('transfer_to_Heir', {}, { callId: 'c3' })],
  ],
  Heir: [[functionCall('once', { n: 3 }, { callId: 'c1' })], [assistantMessage('left done')]],
  Right: [[functionCall('once', { n: 4 }, { callId: 'c1' })], [assistantMessage('right done')]],
  Deep: [[functionCall('pay', { n: 5 }, { callId: 'c1' })], [assistantMessage('deep done')]],
};

class World {
  readonly store: MemoryLogStore = new MemoryLogStore();
  readonly session: MemorySession = new MemorySession();
  readonly ran: string[] = [];
  /** What `toolUseBehavior` was told of the nested runs, each time that it was asked. */
  readonly results: unknown[] = [];
  models: ScriptedModel[] = [];
  readonly needsApproval: boolean;

  constructor(needsApproval: boolean) {
    this.needsApproval = needsApproval;
  }

  get log(): readonly RunEvent[] {
    return this.store.read('run_1', 0, 10_000);
  }

  /** A model that goes on with its agent's script where the log ends. */
  #model(agent: string): ScriptedModel {
    const steps = this.log.flatMap((event) =>
      event.type === 'model.called' && event.agent === agent ? [event.step] : [],
    );
    const answered = this.log.filter((event) => event.type === 'model.returned' && steps.includes(event.step)).length;
    const model = new ScriptedModel(SCRIPTS[agent]?.slice(answered) ?? []);
    this.models.push(model);
    return model;
  }

  agent(stream: boolean): Agent {
    this.models = [];
    const counted = (name: string, needsApproval: boolean) =>
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
    const once = counted('once', false);
    const heir = new Agent({ name: 'Heir', model: this.#model('Heir'), tools: [once] });
    const deep = new Agent({ name: 'Deep', model: this.#model('Deep'), tools: [counted('pay', this.needsApproval)] });
    const heard = stream ? { onStream: () => undefined } : {};
    const asTool = (agent: Agent, toolName: string) =>
      agent.asTool({ toolName, toolDescription: 'Asks it.', ...heard });
    const left = new Agent({
      name: 'Left',
      model: this.#model('Left'),
      tools: [once, asTool(deep, 'ask_deep')],
      handoffs: [heir],
    });
    const right = new Agent({ name: 'Right', model: this.#model('Right'), tools: [once] });
    const tools = [once, asTool(left, 'ask_left'), asTool(right, 'ask_right')];
    return new Agent({
      name: 'Boss',
      model: this.#model('Boss'),
      tools,
      toolUseBehavior: (_context, results) => {
        this.results.push(results.map((one) => 'agentRunResult' in one && one.agentRunResult?.finalOutput));
        return { isFinalOutput: false };
      },
    });
  }

  async decideAll(): Promise<void> {
    for (const event of this.log) {
      if (event.type !== 'approval.requested') continue;
      const { callId, step } = event;
      // Somebody whose process died may have decided already.
      await decide(this.store, 'run_1', { callId, step, approved: true }).catch((error: { code: string }) => {
        expect(error.code).toBe('APPROVAL_DECIDED');
      });
    }
  }

  async finish(store: LogStore, stream: boolean): Promise<void> {
    const { session } = this;
    while (this.log.at(-1)?.type !== 'run.completed') {
      const runner = new Runner({ store });
      const agent = this.agent(stream);
      const result =
        this.log.length === 0
          ? await (stream
              ? runner.run(agent, 'Go', { runId: 'run_1', session, stream: true })
              : runner.run(agent, 'Go', { runId: 'run_1', session }))
          : await runner.resume(agent, 'run_1', { session, stream });
      if ('completed' in result) await result.completed;
      if (result.interruptions.length > 0) {
        expect(result.interruptions.map((item) => item.agent.name)).toEqual(['Deep']);
        await this.decideAll();
      }
    }
  }
}

for (const needsApproval of [false, true]) {
  for (const { stream, stored, how } of WAYS) {
    test(`a run with nested agents${needsApproval ? ' that wait' : ''} is taken up at every append (${how})`, async () => {
      const fresh = () => new World(needsApproval);
      const live = (world: World, store: LogStore) => world.finish(store, stream);
      const uncut = ({ log }: World) => expect(logViolations(log)).toEqual([]);
      for await (const { world, label } of deaths({ fresh, live, stored, moreThan: 40, uncut })) {
        await world.finish(world.store, stream);
        const end = world.log.at(-1);
        expect(end?.type === 'run.completed' && end.output, label).toBe('All done.');
        expect(logViolations(world.log), label).toEqual([]);
        const left = world.models.map((model) => model.remainingSteps);
        expect(left, label).toEqual(left.map(() => 0));
        // Of a call that a crash cut off nobody knows whether it happened: it is not made again.
        expect(new Set(world.ran).size, label).toBe(world.ran.length);
        expect(world.results.length, label).toBeGreaterThan(0);
        for (const results of world.results) expect(results, label).toEqual(['left done', 'right done', false]);
        const told = world.log.flatMap((event) =>
          event.type === 'item.added' && !event.scope && event.kind === 'tool_output' ? [event.item] : [],
        );
        const outputs = told.map((item) => ('output' in item ? JSON.stringify(item.output) : ''));
        const answers = outputs.filter((output) => output.includes('done'));
        expect(answers.sort(), label).toEqual([
          '{"type":"text","text":"left done"}',
          '{"type":"text","text":"right done"}',
        ]);
        if (end?.type === 'run.completed') expect(end.usage.requests, label).toBeGreaterThanOrEqual(10);
      }
    });
  }
}
