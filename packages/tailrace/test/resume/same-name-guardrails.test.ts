import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Agent, type InputGuardrail, MemoryLogStore, type OutputGuardrail, Runner } from '../../src/index.ts';
import { assistantMessage, ScriptedModel } from '../../src/testing/index.ts';

const PASSES = { tripwireTriggered: false, outputInfo: null };
const TRIPS = { tripwireTriggered: true, outputInfo: null };

type Verdict = typeof PASSES | Promise<never>;

function agentWith(kind: 'input' | 'output', second: () => Verdict): Agent {
  const guardrails = [() => PASSES, second].map((execute) => ({ name: 'check', execute: async () => execute() }));
  const model = new ScriptedModel([[assistantMessage('Done.')]]);
  return kind === 'input'
    ? new Agent({ name: 'A', model, inputGuardrails: guardrails satisfies InputGuardrail[] })
    : new Agent({ name: 'A', model, outputGuardrails: guardrails satisfies OutputGuardrail[] });
}

test.each(['input', 'output'] as const)(
  'of two %s guardrails with one name, the one without a verdict is asked when the run is taken up',
  async (kind) => {
    const store = new MemoryLogStore();
    const hanging = agentWith(kind, () => new Promise<never>(() => undefined));
    void new Runner({ store }).run(hanging, 'Hi', { runId: 'run_1' }).catch(() => undefined);
    while (!store.read('run_1', 0, 1_000).some(({ type }) => type === 'guardrail.returned')) await sleep(1);
    await expect(
      new Runner({ store }).resume(
        agentWith(kind, () => TRIPS),
        'run_1',
      ),
    ).rejects.toMatchObject({
      code: `${kind.toUpperCase()}_GUARDRAIL_TRIPPED`,
    });
  },
);
