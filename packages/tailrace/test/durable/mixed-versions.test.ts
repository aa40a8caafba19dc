import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, tool } from '../../src/index.ts';
import { assistantMessage, functionCall, logViolations, ScriptedModel } from '../../src/testing/index.ts';
import { Stage, until } from '../runtime/stage.ts';

interface Program {
  agent: Agent;
  paid: unknown[];
}

function program(model: ScriptedModel, parameter: string): Program {
  const paid: unknown[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays an amount.',
    parameters: z.object({ [parameter]: z.number() }),
    needsApproval: true,
    execute: (input) => {
      paid.push(input);
      return 'paid';
    },
  });
  return { agent: new Agent({ name: 'Clerk', model, tools: [pay] }), paid };
}

const asks = (): ScriptedModel => new ScriptedModel([[functionCall('pay', { amount: 3 }, { callId: 'c1' })]]);
const says = (): ScriptedModel => new ScriptedModel([[assistantMessage('It is paid.')]]);

test('a process with a newer version leaves a run that it cannot go on with to one that can', async () => {
  await using stage = new Stage();
  const old = program(asks(), 'amount');
  const first = stage.runtime({ agents: { clerk: old.agent }, runConfig: { codeVersion: '1.0' } });
  await first.start();
  const { id } = await first.submit('clerk', 'Pay 3.');
  await until(async () => (await first.get(id)).status === 'suspended');
  await first.stop({ graceMs: 0 });

  const refusals: { code?: string; data?: unknown }[] = [];
  const newer = program(says(), 'cents');
  const second = stage.runtime({
    agents: { clerk: newer.agent },
    runConfig: { codeVersion: '2.0' },
    onDriveError: (error) => void refusals.push(error as never),
  });
  await second.start();
  await second.approve(id, 'c1', { by: 'somebody' });
  await until(() => refusals.length > 0);
  expect(refusals[0]).toMatchObject({
    code: 'RESUME_INCOMPATIBLE',
    data: {
      differences: [{ what: 'tool_schema_changed', agent: 'Clerk', tool: 'pay' }],
      recorded: '1.0',
      current: '2.0',
    },
  });
  const { epoch } = (await stage.store().head(id)) ?? {};
  expect(epoch).toBe(2);
  expect(newer.paid).toEqual([]);

  const again = program(says(), 'amount');
  const third = stage.runtime({ agents: { clerk: again.agent }, runConfig: { codeVersion: '1.0' } });
  await third.start();
  const events = await stage.whole(id);
  expect(logViolations(events)).toEqual([]);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: 'It is paid.' });
  expect([...old.paid, ...newer.paid, ...again.paid]).toEqual([{ amount: 3 }]);
});
