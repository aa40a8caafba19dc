import { expect, test } from 'vitest';
import {
  Agent,
  applyPatchTool,
  computerTool,
  type Computer,
  hostedMcpTool,
  type LogStore,
  MemoryLogStore,
  MemorySession,
  Runner,
  type RunEvent,
  shellTool,
  tool,
  toolSearchTool,
} from '../../src/index.ts';
import type { AgentInputItem, AgentOutputItem } from '../../src/event/item.ts';
import { decide } from '../../src/run/decide.ts';
import {
  assistantMessage,
  functionCall,
  logViolations,
  ScriptedModel,
  type ScriptedModelInput,
} from '../../src/testing/index.ts';
import { deaths, WAYS } from './deaths.ts';

const shell = (callId: string, command: string): AgentOutputItem => ({
  type: 'shell_call',
  callId,
  status: 'completed',
  action: { commands: [command] },
});

const SCRIPT: readonly ScriptedModelInput[] = [
  [
    shell('s1', 'asked'),
    shell('s2', 'free'),
    {
      type: 'apply_patch_call',
      callId: 'p1',
      status: 'completed',
      operation: { type: 'create_file', path: 'a', diff: '+x' },
    },
    { type: 'computer_call', callId: 'u1', status: 'completed', action: { type: 'wait' } },
    {
      type: 'computer_call',
      callId: 'u2',
      status: 'completed',
      action: { type: 'wait' },
      providerData: { pending_safety_checks: [{ id: 's', code: 'odd' }] },
    },
    {
      type: 'hosted_tool_call',
      id: 'q1',
      name: 'mcp_approval_request',
      status: 'completed',
      providerData: { type: 'mcp_approval_request', id: 'q1', name: 'read', arguments: '{}', server_label: 'files' },
    },
  ],
  [{ type: 'tool_search_call', callId: 't1', execution: 'client', arguments: {} }],
  [functionCall('late', {}, { callId: 'c1' })],
  [assistantMessage('All done.')],
];

class World {
  readonly store: MemoryLogStore = new MemoryLogStore();
  readonly saved: AgentInputItem[] = [];
  readonly ran: string[] = [];

  get log(): readonly RunEvent[] {
    return this.store.read('run_1', 0, 10_000);
  }

  agent(): Agent {
    const answered = this.log.filter(({ type }) => type === 'model.returned').length;
    const { ran } = this;
    const late = tool({
      name: 'late',
      description: 'Late.',
      parameters: { type: 'object', properties: {} },
      strict: false,
      effects: 'idempotent',
      execute: () => 'late',
    });
    const act = async (): Promise<void> => void ran.push('computer');
    const computer = { screenshot: async () => 'cGlj', wait: act } as unknown as Computer;
    return new Agent({
      name: 'Worker',
      model: new ScriptedModel(SCRIPT.slice(answered)),
      tools: [
        shellTool({
          shell: {
            run: async ({ commands }) => {
              ran.push(`shell ${commands.join()}`);
              return { output: [{ stdout: 'out', stderr: '', outcome: { type: 'exit', exitCode: 0 } }] };
            },
          },
          needsApproval: async (_context, { commands }) => commands[0] === 'asked',
        }),
        applyPatchTool({
          effects: 'idempotent',
          editor: {
            createFile: async () => {
              ran.push('patch');
              return { output: 'made' };
            },
            updateFile: async () => undefined,
            deleteFile: async () => undefined,
          },
        }),
        computerTool({ computer, onSafetyCheck: async () => false }),
        hostedMcpTool({ serverLabel: 'files', serverUrl: 'http://mcp.example', requireApproval: 'always' }),
        toolSearchTool({ execution: 'client', execute: async () => late }),
      ],
    });
  }

  async decideAll(): Promise<void> {
    for (const event of this.log) {
      if (event.type !== 'approval.requested') continue;
      const decided = { callId: event.callId, approved: true };
      await decide(this.store, 'run_1', decided).catch((error: { code: string }) => {
        expect(['APPROVAL_DECIDED', 'RUN_ENDED']).toContain(error.code);
      });
    }
  }

  async finish(store: LogStore, stream: boolean): Promise<void> {
    while (this.log.at(-1)?.type !== 'run.completed') {
      const runner = new Runner({ store });
      const session = new SavedSession(this.saved);
      const result =
        this.log.length === 0
          ? await (stream
              ? runner.run(this.agent(), 'Go', { runId: 'run_1', session, stream })
              : runner.run(this.agent(), 'Go', { runId: 'run_1', session }))
          : await runner.resume(this.agent(), 'run_1', { session, stream });
      if ('completed' in result) await result.completed;
      await this.decideAll();
    }
  }
}

/** The same items in another object, as another process has it. */
class SavedSession extends MemorySession {
  readonly #saved: AgentInputItem[];

  constructor(saved: AgentInputItem[]) {
    super();
    this.#saved = saved;
  }

  override getItems: MemorySession['getItems'] = async (limit) =>
    limit === undefined ? [...this.#saved] : this.#saved.slice(-limit);
  override addItems: MemorySession['addItems'] = async (items) => void this.#saved.push(...items);
}

function uncut(world: World): void {
  expect(world.ran.toSorted()).toEqual(['computer', 'patch', 'shell asked', 'shell free']);
  // Two of one shell: the second is not recorded as begun before the first has ended.
  const order = world.log.flatMap((event) =>
    event.type === 'tool.called' || event.type === 'tool.returned' ? [`${event.type} ${event.callId}`] : [],
  );
  expect(order.filter((one) => one.includes(' s'))).toEqual([
    'tool.called s2',
    'tool.returned s2',
    'tool.called s1',
    'tool.returned s1',
  ]);
}

const words = (item: AgentInputItem): string =>
  'callId' in item ? `${item.type} ${item.callId ?? ''}` : 'role' in item ? item.role : `${item.type} ${item.id ?? ''}`;

for (const { stream, stored, how } of WAYS) {
  test(`calls of a shell, an editor and a computer at any death of the writer (${how})`, async () => {
    const live = (world: World, store: LogStore) => world.finish(store, stream);
    for await (const { world, label } of deaths({ fresh: () => new World(), live, stored, moreThan: 25, uncut })) {
      await world.decideAll();
      await world.finish(world.store, stream);

      expect(logViolations(world.log), label).toEqual([]);
      expect(world.log.at(-1), label).toMatchObject({ type: 'run.completed', output: 'All done.' });
      // Made at most once, whatever dies; and said to be unknown, where it may have been.
      const unknown = world.log.flatMap((event) => (event.type === 'tool.outcome_unknown' ? [event.callId] : []));
      for (const [callId, what] of [
        ['s1', 'shell asked'],
        ['s2', 'shell free'],
        ['u1', 'computer'],
      ] as const) {
        const times = world.ran.filter((one) => one === what).length;
        expect(times, `${label}: ${what}`).toBeLessThanOrEqual(1);
        if (!unknown.includes(callId)) expect(times, `${label}: ${what}`).toBe(1);
      }
      expect(world.ran, label).toContain('patch');
      const called = world.log.flatMap(({ type, ...event }) =>
        type === 'tool.called' && 'callId' in event ? [event.callId] : [],
      );
      expect(new Set(called).size, label).toBeGreaterThanOrEqual(5);
      // A picture cannot say that there is none: a message follows it, once.
      const messages = world.saved.filter((item) => 'role' in item && item.role === 'assistant');
      expect(messages, label).toHaveLength(unknown.includes('u1') ? 3 : 2);
      const said = world.saved.map(words).filter((word) => !word.startsWith('assistant'));
      expect(new Set(said).size, label).toBe(said.length);
      expect(said.toSorted(), label).toEqual(
        [
          'user',
          'shell_call s1',
          'shell_call s2',
          'apply_patch_call p1',
          'computer_call u1',
          'computer_call u2',
          'hosted_tool_call q1',
          'shell_call_output s1',
          'shell_call_output s2',
          'apply_patch_call_output p1',
          'computer_call_result u1',
          'computer_call_result u2',
          'hosted_tool_call ',
          'tool_search_call t1',
          'tool_search_output ',
          'function_call c1',
          'function_call_result c1',
        ].toSorted(),
      );
    }
  });
}
