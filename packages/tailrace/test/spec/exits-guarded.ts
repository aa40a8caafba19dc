// Exits that guardrails bring about: they trip, fast or slow, or give no verdict.
import type { InputGuardrail, OutputGuardrail } from '../../src/index.ts';
import { stalling } from './course.ts';
import type { Exit } from './exits.ts';
import type { Outcome } from './watched-run.ts';

const BOTH = [true, false] as const;
const never = (): Promise<never> => new Promise(() => undefined);
const soon = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Verdict = { after: string; wait: () => Promise<unknown> };
const MOMENTS: readonly Verdict[] = [
  { after: 'at once', wait: async () => undefined },
  { after: 'in a later turn', wait: () => soon(0) },
  { after: 'when the model is done', wait: () => soon(15) },
];

const inputTrip: Exit = {
  name: 'input trip: fast, slow, parallel',
  *cells({ flow, modelEvents }) {
    for (const streamed of BOTH) {
      for (const { after, wait } of MOMENTS) {
        for (const runInParallel of BOTH) {
          const inputGuardrails = [inputGuard({ runInParallel, wait, trips: true })];
          const name = `${runInParallel ? 'parallel' : 'blocking'}, trips ${after}`;
          const code = 'INPUT_GUARDRAIL_TRIPPED';
          yield { name, streamed, parts: { inputGuardrails }, ends: ['failed'], code, check: sessionHoldsInputOnly };
          const stalled = { inputGuardrails, steps: stalling(flow, 0, 2) };
          yield { name: `${name}, while the model stalls`, streamed, parts: stalled, ends: ['failed'], code };
        }
      }
      const mixed = [
        inputGuard({ runInParallel: false, wait: async () => undefined, trips: false }),
        inputGuard({ runInParallel: true, wait: never, trips: false }),
        inputGuard({ runInParallel: true, wait: () => soon(0), trips: true }),
      ];
      const name = `one of three trips, another never settles (${modelEvents.length} calls)`;
      yield { name, streamed, parts: { inputGuardrails: mixed }, ends: ['failed'], code: 'INPUT_GUARDRAIL_TRIPPED' };
    }
  },
};

async function sessionHoldsInputOnly({ session, events }: Outcome): Promise<void> {
  // Tools that had already run when the trip came are kept with their calls; nothing that the model said is.
  const items = await session.getItems();
  const roles = items.map((item) => ('role' in item ? item.role : item.type));
  const ran = events.some(({ type }) => type === 'tool.called' || type === 'handoff.occurred');
  if (!ran && roles.join() !== 'user') throw new Error(`the session holds ${roles.join()}`);
}

const outputTrip: Exit = {
  name: 'output trip',
  *cells() {
    for (const streamed of BOTH) {
      for (const { after, wait } of MOMENTS) {
        const outputGuardrails = [outputGuard({ wait, trips: true }), outputGuard({ wait: never, trips: false })];
        const code = 'OUTPUT_GUARDRAIL_TRIPPED';
        yield { name: `trips ${after}`, streamed, parts: { outputGuardrails }, ends: ['failed'], code };
      }
      const passing = [outputGuard({ wait: () => soon(1), trips: false })];
      yield { name: 'passes', streamed, parts: { outputGuardrails: passing }, ends: ['completed'] };
    }
  },
};

const guardrailThrows: Exit = {
  name: 'guardrail throws',
  *cells() {
    const code = 'GUARDRAIL_FAILED';
    for (const streamed of BOTH) {
      for (const [how, execute] of Object.entries(BROKEN_GUARDS)) {
        for (const runInParallel of BOTH) {
          const inputGuardrails: InputGuardrail[] = [{ name: 'broken', runInParallel, execute }];
          const name = `${runInParallel ? 'parallel' : 'blocking'} input guardrail ${how}`;
          yield { name, streamed, parts: { inputGuardrails }, ends: ['failed'], code };
        }
        const outputGuardrails: OutputGuardrail[] = [{ name: 'broken', execute }];
        yield { name: `output guardrail ${how}`, streamed, parts: { outputGuardrails }, ends: ['failed'], code };
      }
    }
  },
};

const BROKEN_GUARDS: Record<string, () => Promise<never>> = {
  throws: () => {
    throw new Error('the guardrail broke');
  },
  rejects: async () => {
    throw new Error('the guardrail broke');
  },
  'rejects later': () => soon(2).then(() => Promise.reject(new Error('the guardrail broke'))),
};

function inputGuard({ runInParallel, wait, trips }: Guard & { runInParallel: boolean }): InputGuardrail {
  const execute = verdict({ wait, trips });
  return { name: 'guard', runInParallel, execute };
}

interface Guard {
  wait: () => Promise<unknown>;
  trips: boolean;
}

function outputGuard(guard: Guard): OutputGuardrail {
  return { name: 'guard', execute: verdict(guard) };
}

function verdict({ wait, trips }: Guard): () => Promise<{ tripwireTriggered: boolean; outputInfo: string }> {
  return async () => {
    await wait();
    return { tripwireTriggered: trips, outputInfo: 'the guard says so' };
  };
}

export const GUARDED: readonly Exit[] = [inputTrip, outputTrip, guardrailThrows];
