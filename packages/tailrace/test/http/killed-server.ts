// What tests of killed servers share: a server that is killed again and again, the model that it asks, and what of its answers is whole.
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal, type RunEvent } from '../../src/index.ts';
import type { WireAnswer, WireRequest } from '../../src/testing/index.ts';
import { expect } from 'vitest';
import type { Chance } from '../durable/random.ts';
import { type Place, ServerProcess } from './processes.ts';

const WORDS = 24;

/** Every answer has words of its own, so that it can be told which attempt a text is from. */
export function script(): (request: WireRequest, index: number) => WireAnswer {
  return ({ text }, index) => {
    const words = Array.from({ length: WORDS }, (_, word) => `a${index}w${word} `);
    const call = { type: 'tool_call', id: 'c1', name: 'look', arguments: {} } as const;
    const answered = text.includes('function_call_output');
    return { steps: [{ type: 'text', text: words }, ...(answered ? [] : [call])], delivery: { delayMs: 4 } };
  };
}

export const whole = (text: string): boolean => text.split(' ').length - 1 === WORDS && isOneAttempt(text);
/** The beginning of one answer, and nothing of another. */
export function isOneAttempt(text: string): boolean {
  const attempt = /^a(\d+)w0 /.exec(text)?.[1];
  if (text !== '' && attempt === undefined) return false;
  return text
    .split(' ')
    .slice(0, -1)
    .every((word, index) => word === `a${attempt}w${index}`);
}

/** Kills the server after a while, again and again, and starts it anew. */
export async function tossed(
  place: Place,
  by: Chance,
  over: () => boolean,
): Promise<AsyncDisposable & { url: string; kills: number; over: Promise<void> }> {
  const world = place.world({ leaseMs: 150 });
  let server = await ServerProcess.start(world);
  const { port, url } = server;
  const state = {
    url,
    kills: 0,
    over: Promise.resolve(),
    [Symbol.asyncDispose]: async () => (await living, server.kill()),
  };
  const times = 1 + by.upTo(3);
  const living = (async () => {
    for (let time = 0; time < times; time++) {
      await sleep(60 + by.upTo(180));
      if (over()) return;
      await server.kill();
      state.kills += 1;
      server = await ServerProcess.start({ ...world, port });
    }
  })();
  state.over = living;
  return state;
}

/** Of each whole frame what it says, and its position, if it has one. */
export async function* framesOf(response: Response): AsyncGenerator<{ data: string; id: string | undefined }> {
  let rest = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield { data, id: /^id: (.*)$/m.exec(block)?.[1] };
    }
  }
}

export const eventsOf = ({ store }: Place, run: string): RunEvent[] => store.read(run, 0, 10_000) as RunEvent[];
export async function ended(place: Place, run: string): Promise<RunEvent[]> {
  await expect.poll(() => eventsOf(place, run).some(isTerminal), { timeout: 10_000 }).toBe(true);
  return eventsOf(place, run);
}
