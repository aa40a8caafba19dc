// Exits that something inside the run brings about: an answer, a failure, a limit.
import { MemorySession, ModelProviderError, type Session } from '../../src/index.ts';
import { ending, everyCut, failing, upTo } from './course.ts';
import type { CellOfFlow, Exit } from './exits.ts';
import type { FlowParts } from './flows.ts';

const BOTH = [true, false] as const;
const ONCE = { retry: { maxRetries: 0 } };
const never = (): Promise<never> => new Promise(() => undefined);
const soon = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const normal: Exit = {
  name: 'normal',
  *cells() {
    for (const streamed of BOTH) yield { name: 'normal', streamed, ends: ['completed'] };
  },
};

const THROWN: Record<string, () => unknown> = {
  'an error': () => new Error('the model broke'),
  'a provider error': () => new ModelProviderError('The provider is down.', { code: 'MODEL_BAD_RESPONSE' }),
  'a text': () => 'not even an error',
  undefined: () => undefined,
};

const modelError: Exit = {
  name: 'model error at every event',
  *cells(facts) {
    for (const [what, make] of Object.entries(THROWN)) {
      for (const { call, events } of everyCut(facts)) {
        // What goes wrong behind a response that was complete does not concern the run.
        const ends = events === facts.modelEvents[call] ? (['completed'] as const) : (['failed'] as const);
        const parts = { steps: failing(facts.flow, call, events, make()) };
        yield { name: `${what} in call ${call} after ${events} events`, streamed: true, parts, ends };
        if (events > 0) continue;
        const again = { steps: failing(facts.flow, call, events, make()) };
        yield { name: `${what} in call ${call}`, streamed: false, parts: again, ends: ['failed'] };
      }
    }
  },
};

const modelRetry: Exit = {
  name: 'model error, then a retry',
  *cells(facts) {
    const modelSettings = { retry: { maxRetries: 1, backoff: { initialDelayMs: 1 } } };
    const error = (): Error => new ModelProviderError('Too many requests.', { code: 'MODEL_RATE_LIMIT' });
    for (const { call, events } of everyCut(facts, 1)) {
      // Once something was shown, an attempt is not repeated; before, it must be.
      const ends = events === 0 ? (['completed'] as const) : (['completed', 'failed'] as const);
      const parts = (): FlowParts => ({ steps: failing(facts.flow, call, events, error(), true), modelSettings });
      const code = 'MODEL_RATE_LIMIT';
      yield { name: `call ${call} after ${events} events`, streamed: true, parts: parts(), ends, code };
      if (events === 0) yield { name: `call ${call}`, streamed: false, parts: parts(), ends };
    }
  },
};

const modelCut: Exit = {
  name: 'model stream that just ends, at every event',
  *cells(facts) {
    for (const { call, events } of everyCut(facts, 1)) {
      const parts = { steps: ending(facts.flow, call, events), modelSettings: ONCE };
      const name = `call ${call} after ${events} events`;
      yield { name, streamed: true, parts, ends: ['failed'], code: 'MODEL_STREAM_TRUNCATED' };
    }
  },
};

const broken = (): never => {
  throw new Error('the tool broke');
};

const LOOKS: Record<string, NonNullable<FlowParts['look']>> = {
  'throws, the model is told': { execute: broken },
  'rejects later, the model is told': { execute: () => soon(1).then(broken) },
  'gives what JSON cannot carry': { execute: () => 1n },
  'has an errorFunction that throws': { execute: broken, errorFunction: broken },
};

const toolError: Exit = {
  name: 'tool error',
  *cells({ flow }) {
    if (!flow.hasTools) return;
    for (const streamed of BOTH) {
      for (const [how, look] of Object.entries(LOOKS)) {
        const ends = look.errorFunction ? (['failed'] as const) : (['completed'] as const);
        yield { name: `a tool ${how}`, streamed, parts: { look }, ends };
      }
      const look = { execute: broken, errorFunction: null };
      yield { name: 'a tool throws for the run', streamed, parts: { look }, ends: ['failed'], code: 'TOOL_FAILED' };
    }
  },
};

const toolHangs: Exit = {
  name: 'tool that never settles',
  *cells({ flow }) {
    if (!flow.hasTools) return;
    for (const streamed of BOTH) {
      const stop: CellOfFlow['onStored'] = (event, run) => {
        if (event.type === 'tool.called') setTimeout(() => run.cancel(), 1);
      };
      const hangs = { look: { execute: never } };
      yield { name: 'cancel', streamed, parts: hangs, onStored: stop, ends: ['cancelled'] };
      const options = { timeouts: { toolGraceMs: 5, runMs: 15 } };
      yield { name: 'run deadline', streamed, parts: hangs, options, ends: ['failed'], code: 'RUN_DEADLINE' };
      const told = { look: { execute: never, timeoutMs: 5 } };
      yield { name: 'timeout, the model is told', streamed, parts: told, ends: ['completed'] };
      const raised = { look: { execute: never, timeoutMs: 5, timeoutBehavior: 'raise_exception' as const } };
      yield { name: 'timeout for the run', streamed, parts: raised, ends: ['failed'], code: 'TOOL_TIMEOUT' };
      const late = { look: { execute: () => soon(30) } };
      yield { name: 'cancel, and the tool returns late', streamed, parts: late, onStored: stop, ends: ['cancelled'] };
    }
  },
};

const maxTurns: Exit = {
  name: 'max turns',
  *cells({ flow }) {
    for (const streamed of BOTH)
      for (const turns of upTo(flow.turns - 1)) {
        const options = { maxTurns: turns + 1 };
        yield { name: `${turns + 1}`, streamed, options, ends: ['failed'], code: 'MAX_TURNS' };
      }
  },
};

const sessionFails: Exit = {
  name: 'session write fails',
  *cells({ commits }) {
    const code = 'SESSION_SAVE_FAILED';
    for (const streamed of BOTH) {
      for (const at of upTo(commits))
        for (const how of ['throws', 'rejects', 'writes, then rejects'] as const) {
          const session = brokenSession('addItems', at, how);
          yield { name: `write ${at} ${how}`, streamed, session, ends: ['failed'], code };
        }
      for (const at of upTo(commits)) {
        const session = brokenSession('addItems', at, 'hangs');
        const options = { timeouts: { runMs: 15 } };
        yield { name: `write ${at} hangs`, streamed, session, options, ends: ['failed'], code: 'RUN_DEADLINE' };
      }
      for (const method of ['getItems', 'getSessionId'] as const) {
        for (const how of ['throws', 'rejects'] as const) {
          const session = brokenSession(method, 0, how);
          yield { name: `${method} ${how}`, streamed, session, ends: ['failed'], code: 'SESSION_LOAD_FAILED' };
        }
        const options = { timeouts: { runMs: 15 } };
        const session = brokenSession(method, 0, 'hangs');
        yield { name: `${method} hangs`, streamed, session, options, ends: ['failed'], code: 'RUN_DEADLINE' };
      }
      const session = brokenSession('addItems', commits - 1, 'rejects');
      const parts = { outputGuardrails: [{ name: 'broken', execute: broken }] };
      yield { name: 'after a guardrail threw', streamed, session, parts, ends: ['failed'], code };
    }
  },
};

type Breakage = 'throws' | 'rejects' | 'writes, then rejects' | 'hangs';

/** A session, one call of one method of which goes wrong; the calls around it are right. */
function brokenSession(method: 'addItems' | 'getItems' | 'getSessionId', at: number, how: Breakage): Session {
  const session = new MemorySession();
  let calls = 0;
  const works = session[method].bind(session) as (...args: unknown[]) => Promise<unknown>;
  const breaks = async (...args: unknown[]): Promise<unknown> => {
    if (how === 'hangs') return never();
    if (how === 'writes, then rejects') await works(...args);
    throw new Error('the session broke');
  };
  const broken = (...args: unknown[]): Promise<unknown> => {
    if (calls++ !== at) return works(...args);
    if (how === 'throws') throw new Error('the session broke');
    return breaks(...args);
  };
  return Object.assign(session, { [method]: broken });
}

export const FAILING: readonly Exit[] = [
  normal,
  modelError,
  modelRetry,
  modelCut,
  toolError,
  toolHangs,
  maxTurns,
  sessionFails,
];
