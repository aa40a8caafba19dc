// The agents of the processes that are killed.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Agent, type Model, tool, waitForInput, waitUntil } from '../../src/index.ts';
import type { CheckedOutcome, ToolCallDetails } from '../../src/agent/tool.ts';

/** Every tool says in the file that it was called, before it does anything else. */
export function scriptedAgent(model: Model, effectsPath: string): Agent {
  const parameters = z.object({ ms: z.number() });
  interface Made {
    effects?: 'idempotent' | 'pure';
    needsApproval?: boolean;
    check?: boolean;
    /** What it returns in place of its output. */
    waits?: () => unknown;
  }
  const made = (name: string, more: Made) =>
    tool({
      name,
      description: 'Does something to the world.',
      parameters,
      ...(more.effects && { effects: more.effects }),
      ...(more.needsApproval && { needsApproval: true }),
      ...(more.check && {
        unknownOutcome: async (_context: unknown, details: ToolCallDetails): Promise<CheckedOutcome> => {
          const called =
            existsSync(effectsPath) && readFileSync(effectsPath, 'utf8').includes(`${name} ${details.callId} `);
          return called ? { happened: true, output: `${name} ${details.callId}` } : { happened: false };
        },
      }),
      execute: async ({ ms }, _context, details) => {
        appendFileSync(effectsPath, `${name} ${details?.callId} ${details?.attempt} ${process.pid}\n`);
        await sleep(ms);
        return more.waits?.() ?? `${name} ${details?.callId}`;
      },
    });
  const tools = [
    made('pay', {}),
    made('ask', { needsApproval: true }),
    made('book', { check: true }),
    made('look', { effects: 'idempotent' }),
    made('note', { effects: 'pure' }),
    made('quiz', { effects: 'pure', waits: () => waitForInput({ prompt: 'Which?' }) }),
    made('nap', { effects: 'pure', waits: () => waitUntil({ ms: 30 }, 'rested') }),
  ];
  const second = new Agent({ name: 'Second', model, tools });
  return new Agent({ name: 'First', model, tools, handoffs: [second] });
}
