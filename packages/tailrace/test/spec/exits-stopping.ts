// Exits that somebody brings about who wants the run to stop: cancels and limits of time.
import type { InputGuardrail } from '../../src/index.ts';
import { everyCut, type FlowFacts, lastStop, lastTurnStop, paced, stalling, upTo } from './course.ts';
import type { CellOfFlow, Exit } from './exits.ts';
import type { FlowParts } from './flows.ts';
import type { End, RunHandle } from './watched-run.ts';

type Mode = 'immediate' | 'after_turn';
const MODES: readonly Mode[] = ['immediate', 'after_turn'];
const LONG = process.env['TAILRACE_ROUNDS'] === 'long';

/** How long after the moment at which an event is stored somebody acts on it. */
const DELAYS: Record<string, (act: () => void) => void> = {
  'at once': (act) => act(),
  'a microtask later': (act) => queueMicrotask(act),
  ...(LONG && {
    'three microtasks later': (act) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(act))),
    'a tick later': (act) => process.nextTick(act),
    'a turn later': (act) => void setImmediate(act),
  }),
};

function endsOf({ streamed, whole }: FlowFacts, inStream: boolean, mode: Mode, seq: number): readonly End[] {
  const log = inStream ? streamed : whole;
  if (seq <= (mode === 'immediate' ? lastStop(log) : lastTurnStop(log))) return ['cancelled'];
  return ['cancelled', 'completed'];
}

const cancelEverywhere: Exit = {
  name: 'cancel at every event of the log, both modes',
  *cells(facts) {
    for (const streamed of [true, false]) {
      for (const [when, delay] of Object.entries(DELAYS))
        for (const mode of streamed ? MODES : (['immediate'] as const))
          for (const seq of upTo((streamed ? facts.streamed : facts.whole).length)) {
            // Acted on later, the run may have got to its end meanwhile.
            const ends =
              when === 'at once' ? endsOf(facts, streamed, mode, seq) : (['cancelled', 'completed'] as const);
            yield { name: `${mode} at seq ${seq}, ${when}`, streamed, onStored: at(seq, delay, mode), ends };
          }
    }
  },
};

function at(seq: number, delay: (act: () => void) => void, ...modes: Mode[]): NonNullable<CellOfFlow['onStored']> {
  return (event, run) => {
    if (event.seq === seq) delay(() => cancelAll(run, modes));
  };
}

function cancelAll(run: RunHandle, modes: readonly Mode[]): void {
  for (const mode of modes) run.cancel(mode);
}

const cancelInStream: Exit = {
  name: 'cancel at every stream event, both modes',
  *cells(facts) {
    for (const mode of MODES)
      for (const index of upTo(facts.shown)) {
        const ends: readonly End[] =
          mode === 'immediate' && index < facts.lastDone ? ['cancelled'] : ['cancelled', 'completed'];
        yield {
          name: `${mode} at stream event ${index}`,
          streamed: true,
          parts: { steps: paced(facts.flow.steps()) },
          read: async (result, run) => {
            let seen = 0;
            for await (const _event of result) if (seen++ === index) run.cancel(mode);
          },
          ends,
        };
      }
  },
};

const cancelFirst: Exit = {
  name: 'cancel before the first event',
  *cells() {
    for (const mode of MODES)
      yield { name: mode, streamed: true, read: async (_, run) => run.cancel(mode), ends: ['cancelled'] };
    const streamed = false;
    yield { name: 'the signal', streamed, onStored: (_, run) => run.signal.abort(), ends: ['cancelled'] };
  },
};

const TWICE: readonly [Mode, Mode][] = [
  ['immediate', 'immediate'],
  ['after_turn', 'immediate'],
  ['immediate', 'after_turn'],
  ['after_turn', 'after_turn'],
];

const cancelTwice: Exit = {
  name: 'cancel twice',
  *cells(facts) {
    for (const modes of TWICE)
      for (const seq of upTo(facts.streamed.length)) {
        const strongest = modes.includes('immediate') ? 'immediate' : 'after_turn';
        const onStored = at(seq, (act) => act(), ...modes);
        const ends = endsOf(facts, true, strongest, seq);
        yield { name: `${modes.join(', ')} at seq ${seq}`, streamed: true, onStored, ends };
      }
  },
};

const cancelBesideGuardrail: Exit = {
  name: 'cancel while a parallel guardrail runs',
  *cells(facts) {
    const hangs: InputGuardrail = { name: 'slow', execute: () => new Promise(() => undefined) };
    const parts = { inputGuardrails: [hangs] };
    for (const streamed of [true, false]) {
      // The guardrail holds the run up at the end of its first turn: up to there every event comes.
      const log = streamed ? facts.streamed : facts.whole;
      const turn = log.slice(
        0,
        log.findIndex(({ type }) => type === 'turn.ended'),
      );
      const reach = turn.findLastIndex(({ type }) => type === 'item.added') + 1;
      for (const seq of upTo(reach)) {
        const onStored = at(seq, (act) => act(), 'immediate');
        yield { name: `immediate at seq ${seq}`, streamed, parts, onStored, ends: ['cancelled'] };
        if (!streamed) continue;
        const both = at(seq, (act) => act(), 'after_turn', 'immediate');
        yield { name: `both at seq ${seq}`, streamed, parts, onStored: both, ends: ['cancelled'] };
      }
    }
  },
};

const deadlines: Exit = {
  name: 'run deadline',
  *cells(facts) {
    yield* stalledEverywhere(facts, { runMs: 12 }, 'RUN_DEADLINE');
  },
};

const idle: Exit = {
  name: 'idle timeout',
  *cells(facts) {
    for (const { call, events } of everyCut(facts, 1)) {
      const steps = stalling(facts.flow, call, events);
      const parts = { steps, modelSettings: { retry: { maxRetries: 0 } } };
      // Before its first event a stream is not idle, but late.
      const timeouts = events === 0 ? { firstTokenMs: 8 } : { idleMs: 8 };
      const name = `call ${call} stalls after ${events} events`;
      yield { name, streamed: true, parts, options: { timeouts }, ends: ['failed'], code: 'MODEL_STREAM_IDLE' };
    }
  },
};

const turnDeadlines: Exit = {
  name: 'turn and attempt deadlines',
  *cells(facts) {
    for (const call of upTo(facts.modelEvents.length))
      for (const streamed of [true, false]) {
        const parts = (): FlowParts => ({
          steps: stalling(facts.flow, call, 2),
          modelSettings: { retry: { maxRetries: 0 } },
        });
        const turn = { timeouts: { turnMs: 12 } };
        const attempt = { timeouts: { attemptMs: 12 } };
        const name = `call ${call}`;
        yield { name, streamed, parts: parts(), options: turn, ends: ['failed'], code: 'TURN_DEADLINE' };
        yield { name, streamed, parts: parts(), options: attempt, ends: ['failed'], code: 'MODEL_TIMEOUT' };
      }
  },
};

function* stalledEverywhere(
  facts: FlowFacts,
  timeouts: { runMs: number },
  code: string,
): Generator<CellOfFlow, void, undefined> {
  for (const { call, events } of everyCut(facts, 1)) {
    const parts = (): FlowParts => ({ steps: stalling(facts.flow, call, events) });
    const name = `call ${call} stalls after ${events} events`;
    yield { name, streamed: true, parts: parts(), options: { timeouts }, ends: ['failed'], code };
    if (events === 0) yield { name, streamed: false, parts: parts(), options: { timeouts }, ends: ['failed'], code };
  }
}

export const STOPPING: readonly Exit[] = [
  cancelEverywhere,
  cancelInStream,
  cancelFirst,
  cancelTwice,
  cancelBesideGuardrail,
  deadlines,
  idle,
  turnDeadlines,
];
