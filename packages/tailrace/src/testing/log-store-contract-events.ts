/** Events and expectations that the contract's tests share. */
import assert from 'node:assert/strict';
import type { RunEvent, RunEventBody } from '../event/run-event.ts';
import type { UsageData } from '../event/usage.ts';
import type { LogStore } from '../port/log-store.ts';

export const noUsage: UsageData = { requests: 0, inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** A text delta as event `seq` of `run`. */
export function deltaEvent(run: string, seq: number, epoch = 1, text = `text ${seq}`): RunEvent {
  return event(run, seq, epoch, { type: 'model.delta', step: '1:model', attempt: 1, text });
}

export function deltaEvents(run: string, from: number, count: number, epoch = 1): RunEvent[] {
  return Array.from({ length: count }, (_, index) => deltaEvent(run, from + index, epoch));
}

/** The terminal event as event `seq` of `run`. */
export function endEvent(run: string, seq: number, epoch = 1): RunEvent {
  return event(run, seq, epoch, { type: 'run.completed', agent: 'a', output: 'done', usage: noUsage });
}

export function event(run: string, seq: number, epoch: number, body: RunEventBody): RunEvent {
  return { ...body, run, seq, epoch, at: 1_700_000_000_000 + seq };
}

/** Everything the store has of the run, as JSON: what a reader in another process would get. */
export async function logText(store: LogStore, run: string, from = 0): Promise<string> {
  return JSON.stringify(await allEvents(store, run, from));
}

export async function allEvents(store: LogStore, run: string, from = 0): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (;;) {
    // A store may give fewer than asked for; only nothing means the end.
    const more = await store.read(run, from + events.length, 1000);
    if (more.length === 0) return events;
    events.push(...more);
  }
}

/** Asserts that `action` fails with `code`. */
export async function failsWith(code: string, action: () => unknown): Promise<void> {
  let thrown: unknown;
  try {
    await action();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof Error, `expected ${code}, but no error was thrown`);
  assert.equal((thrown as { code?: unknown }).code, code, thrown.message);
}
