import { describe, expect, test } from 'vitest';
import {
  Agent,
  applyPatchTool,
  type Computer,
  computerTool,
  MemoryLogStore,
  Runner,
  type RunResult,
  type Shell,
  shellTool,
  type Tool,
} from '../../src/index.ts';
import type { AgentInputItem, AgentOutputItem } from '../../src/event/item.ts';
import { assistantMessage, ScriptedModel } from '../../src/testing/index.ts';
import { scripted } from './cast.ts';
import { on, wait } from './stage.ts';

const CALLS = {
  shell: { type: 'shell_call', callId: 'c1', status: 'completed', action: { commands: ['ls'] } },
  apply_patch: {
    type: 'apply_patch_call',
    callId: 'c1',
    status: 'completed',
    operation: { type: 'create_file', path: 'a', diff: '+x' },
  },
  computer: { type: 'computer_call', callId: 'c1', status: 'completed', action: { type: 'wait' } },
} as const satisfies Record<string, AgentOutputItem>;

const outputs = (items: readonly AgentInputItem[]): AgentInputItem[] =>
  items.filter(({ type }) => type === 'shell_call_output' || /_call_(output|result)$/.test(type ?? ''));

const exit = { type: 'exit', exitCode: 0 } as const;

type Policy = Pick<Parameters<typeof applyPatchTool>[0], 'unknownOutcome' | 'timeoutMs'>;

/** The three of them; each says that it was called. */
function toolOf(kind: keyof typeof CALLS, policy: Policy, act: (signal?: AbortSignal) => Promise<void>): Tool {
  const shell: Shell = {
    run: async (_action, details) => {
      await act(details?.signal);
      return { output: [{ stdout: 'made', stderr: '', outcome: exit }] };
    },
  };
  const edit = async (): Promise<{ output: string }> => {
    await act();
    return { output: 'made' };
  };
  const computer = { wait: async () => act(), screenshot: async () => 'bWFkZQ==' } as unknown as Computer;
  if (kind === 'shell') return shellTool({ shell, ...policy });
  if (kind === 'computer') return computerTool({ computer, ...policy });
  return applyPatchTool({ editor: { createFile: edit, updateFile: edit, deleteFile: edit }, ...policy });
}

const KINDS = ['shell', 'apply_patch', 'computer'] as const;

describe('timeoutMs of a local tool', () => {
  on.for(KINDS)('%s: the call is given up, and the model is told', async (kind, { stage }) => {
    const agent = scripted([[CALLS[kind]], [assistantMessage('Too slow.')]], {
      tools: [toolOf(kind, { timeoutMs: 20 }, async () => wait(60))],
    });
    const { result, log } = await stage.whole(agent);
    await wait(60);
    expect([result?.finalOutput, result?.lateResults]).toEqual(['Too slow.', 1]);
    expect(JSON.stringify(result?.history)).toContain('timed out after 20ms');
    expect(log.find(({ type }) => type === 'tool.returned')).toMatchObject({ error: { code: 'TOOL_TIMEOUT' } });
  });

  test.for([0, -1, Number.NaN])('%s is refused', (timeoutMs) => {
    for (const kind of KINDS)
      expect(() => toolOf(kind, { timeoutMs }, async () => undefined)).toThrow(
        expect.objectContaining({ code: 'OPTION_RANGE' }),
      );
  });

  on('a shell gets the abort', async ({ stage }) => {
    let aborted = false;
    const listen = (signal?: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => {
          aborted = true;
          resolve();
        });
      });
    const agent = scripted([[CALLS.shell], [assistantMessage('Too slow.')]], {
      tools: [toolOf('shell', { timeoutMs: 20 }, listen)],
    });
    await stage.whole(agent);
    expect(aborted).toBe(true);
  });
});

/** Runs the call, forgets all behind its `tool.called`, as a crash does, and goes on. */
async function crashed(kind: keyof typeof CALLS, policy: Policy): Promise<{ result: RunResult; made: number }> {
  let made = 0;
  const agent = (script: ScriptedModel): Agent =>
    new Agent({ name: 'Worker', model: script, tools: [toolOf(kind, policy, async () => void (made += 1))] });
  const store = new MemoryLogStore();
  const script = [[CALLS[kind]], [assistantMessage('Done.')]];
  await new Runner({ store }).run(agent(new ScriptedModel(script)), 'Go', { runId: 'r' });
  const log = store.read('r', 0, 10_000);
  const cut = new MemoryLogStore();
  cut.restore('r', log.slice(0, log.findIndex(({ type }) => type === 'tool.called') + 1), 0);
  const result = (await new Runner({ store: cut }).resume(
    agent(new ScriptedModel([[assistantMessage('Done.')]])),
    'r',
  )) as RunResult;
  return { result, made };
}

describe('unknownOutcome of a local tool, as a function', () => {
  test.for(KINDS)('%s: what it finds out is the output, and nothing is made again', async (kind) => {
    const output = kind === 'computer' ? 'Zm91bmQ=' : 'found';
    const { result, made } = await crashed(kind, { unknownOutcome: async () => ({ happened: true, output }) });
    expect([result.finalOutput, made]).toEqual(['Done.', 1]);
    expect(JSON.stringify(outputs(result.history))).toContain(output);
  });

  test('a shell may give all that a shell gives', async () => {
    const output = { output: [{ stdout: 'a', stderr: 'b', outcome: { type: 'exit', exitCode: 3 } }] };
    const { result } = await crashed('shell', { unknownOutcome: async () => ({ happened: true, output }) });
    expect(outputs(result.history)).toMatchObject([output]);
  });

  test.for(KINDS)('%s: what never happened is made now', async (kind) => {
    let asked: unknown;
    const { result, made } = await crashed(kind, {
      unknownOutcome: async (_context, { callId, attempt }) => {
        asked = { callId, attempt };
        return { happened: false };
      },
    });
    expect([result.finalOutput, made, asked]).toEqual(['Done.', 2, { callId: 'c1', attempt: 2 }]);
    expect(JSON.stringify(outputs(result.history))).toContain(kind === 'computer' ? 'bWFkZQ==' : 'made');
  });

  test.for(KINDS)('%s: what it throws ends the run', async (kind) => {
    const unknownOutcome = async (): Promise<never> => {
      throw new Error('Nobody knows.');
    };
    await expect(crashed(kind, { unknownOutcome })).rejects.toThrow('Nobody knows.');
  });
});

describe('the calls of local tools in the input', () => {
  const results: Record<keyof typeof CALLS, AgentInputItem> = {
    shell: { type: 'shell_call_output', callId: 'c1', output: [{ stdout: '', stderr: '', outcome: exit }] },
    apply_patch: { type: 'apply_patch_call_output', callId: 'c1', status: 'completed' },
    computer: { type: 'computer_call_result', callId: 'c1', output: { type: 'computer_screenshot', data: '' } },
  };
  const input = (...items: AgentInputItem[]): Promise<unknown> =>
    new Runner().run(scripted([[assistantMessage('Hi.')]]), [{ role: 'user', content: 'Hi' }, ...items]);

  test.for(KINDS)('%s: one without its output, or the other way round, is refused before the request', async (kind) => {
    await expect(input(CALLS[kind])).rejects.toMatchObject({ code: 'MISSING_TOOL_OUTPUT', data: { callId: 'c1' } });
    await expect(input(results[kind])).rejects.toMatchObject({ code: 'ORPHAN_TOOL_OUTPUT', data: { callId: 'c1' } });
    await expect(input(CALLS[kind], results[kind])).resolves.toMatchObject({ finalOutput: 'Hi.' });
  });

  test('the output of another kind of call is none of it', async () => {
    await expect(input(CALLS.shell, results.apply_patch)).rejects.toMatchObject({ code: 'ORPHAN_TOOL_OUTPUT' });
  });
});
