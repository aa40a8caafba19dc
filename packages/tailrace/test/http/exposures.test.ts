import { expect, test } from 'vitest';
import { z } from 'zod';
import { exposuresOf } from '../../src/http/exposures.ts';
import { Agent, tool, toolNamespace, type ToolOptions } from '../../src/index.ts';

const look = (exposeToClient?: NonNullable<ToolOptions<z.ZodObject>['exposeToClient']>) =>
  tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({}),
    execute: () => 'seen',
    ...(exposeToClient !== undefined && { exposeToClient }),
  });

test('a tool in a namespace is as open as it says, and a name that two share as the most closed of them', () => {
  const crm = toolNamespace({ name: 'crm', description: 'Customers.', tools: [look('arguments')] });
  const erp = toolNamespace({ name: 'erp', description: 'Orders.', tools: [look()] });
  const one = exposuresOf([new Agent({ name: 'One', tools: [...crm] })]);
  expect([one('crm.look'), one('look'), one('erp.look')]).toEqual([
    { arguments: true, output: false },
    { arguments: true, output: false },
    { arguments: false, output: false },
  ]);
  const both = exposuresOf([new Agent({ name: 'Both', tools: [...crm, ...erp] })]);
  expect([both('crm.look').arguments, both('erp.look').arguments, both('look').arguments]).toEqual([
    true,
    false,
    false,
  ]);
});
