// I11: there is one loop. Whether a run is read while it goes or awaited makes no difference to what it is.
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AgentInputItem,
  errorFromSerialized,
  InMemoryTraceProcessor,
  isAgentsError,
  MemoryLogStore,
  type RunEvent,
  Runner,
  setTraceProcessors,
  type SpanRecord,
  Usage,
} from '../../src/index.ts';
import type { RunState } from '../../src/view/run-state.ts';
import { type Script, SCRIPTS } from './scripts.ts';

interface Told {
  end: string;
  error: unknown;
  finalOutput: unknown;
  state: unknown;
  session: AgentInputItem[] | undefined;
  trace: unknown;
  log: unknown[];
}

afterEach(() => setTraceProcessors([]));

async function tell({ play }: Script, streamed: boolean): Promise<Told> {
  const trace = new InMemoryTraceProcessor();
  setTraceProcessors([trace]);
  const { agent, input, config = {}, maxTurns, session } = play();
  const store = new MemoryLogStore();
  // One id for both, each in a store of its own: whatever names the run is the same, too.
  const runId = 'run_of_script';
  const runner = new Runner({ ...config, store });
  const options = { runId, ...(maxTurns !== undefined && { maxTurns }), ...(session && { session }) };
  let thrown: unknown;
  let finalOutput: unknown;
  let state: RunState | undefined;
  try {
    if (streamed) {
      const result = await runner.run(agent, input, { ...options, stream: true });
      state = result.state;
      for await (const _event of result) continue;
      await result.completed;
      finalOutput = result.finalOutput;
    } else {
      const result = await runner.run(agent, input, options);
      state = result.state;
      finalOutput = result.finalOutput;
    }
  } catch (error) {
    thrown = error;
    if (isAgentsError(error)) state = error.state as RunState;
  }
  const events = store.read(runId, 0, Number.MAX_SAFE_INTEGER);
  return {
    end: events.at(-1)?.type ?? 'nothing',
    error: thrown === undefined ? undefined : errorFacts(thrown),
    finalOutput,
    state: state && stateFacts(state),
    session: await session?.getItems(),
    trace: treeOf(trace.spans),
    log: logFacts(events),
  };
}

function errorFacts(error: unknown): unknown {
  const { constructor, name, message } = error as Error;
  const code = isAgentsError(error) ? error.code : undefined;
  return { class: constructor.name, name, code, message };
}

function stateFacts(state: RunState): unknown {
  const { input, newItems, rawResponses, inputGuardrailResults, outputGuardrailResults, currentAgent, usage } = state;
  return {
    input,
    items: newItems.map((item) => ({ type: item.type, raw: item.rawItem })),
    responses: rawResponses,
    guardrails: [...inputGuardrailResults, ...outputGuardrailResults].map(({ guardrail, output }) => ({
      guardrail,
      output,
    })),
    agent: currentAgent.name,
    usage: usage.toData(),
  };
}

/** Spans as a tree: names, kinds, errors and what they say, with neither ids nor times. */
function treeOf(spans: readonly SpanRecord[]): unknown {
  const below = (parent: string | null): unknown[] =>
    spans
      .filter(({ parentId }) => (parentId ?? null) === parent)
      .toSorted((one, two) => (one.startedAt ?? '').localeCompare(two.startedAt ?? ''))
      .map(({ spanId, spanData, error }) => ({ data: spanData, error, below: sorted(below(spanId)) }));
  return below(null);
}

// Siblings that start in one millisecond have no order of their own.
function sorted(children: unknown[]): unknown[] {
  return children.toSorted((one, two) => JSON.stringify(one).localeCompare(JSON.stringify(two)));
}

const UNLIKE = { seq: 0, at: 0 };

/** The log without what only streaming adds: the pieces of a response. */
function logFacts(events: readonly RunEvent[]): unknown[] {
  return events
    .filter(({ type }) => type !== 'model.delta' && type !== 'model.part' && !type.startsWith('span.'))
    .map((event) => {
      if (event.type === 'model.returned')
        return { ...event, usage: new Usage(event.usage).toData(), streamed: undefined, done: undefined, ...UNLIKE };
      const {
        traceId: _trace,
        idempotencyKey: _key,
        sessionId: _session,
        ...rest
      } = event as unknown as Record<string, unknown>;
      return { ...rest, ...UNLIKE };
    });
}

describe.each(SCRIPTS)('$name', (script) => {
  it('[I11] is the same streamed and whole', async () => {
    const streamed = await tell(script, true);
    const whole = await tell(script, false);
    expect(streamed.end).toBe(`run.${script.ends}`);
    if (script.code === 'UNEXPECTED') {
      // An error of somebody else's is thrown as it is: it has no code, and no state is put on it.
      expect({ ...streamed, state: undefined }).toEqual(whole);
      return;
    }
    if (script.code !== undefined) expect(streamed.error).toMatchObject({ code: script.code });
    expect(streamed.state).toBeDefined();
    expect(streamed).toEqual(whole);
  });
});

describe('a failed run', () => {
  it('[I11] gives the error that its log gives', async () => {
    for (const script of SCRIPTS.filter(({ ends, code }) => ends === 'failed' && code !== 'UNEXPECTED')) {
      const { agent, input, config = {}, maxTurns, session } = script.play();
      const store = new MemoryLogStore();
      const runId = 'run_of_script';
      const options = { runId, ...(maxTurns !== undefined && { maxTurns }), ...(session && { session }) };
      const error: unknown = await new Runner({ ...config, store }).run(agent, input, options).catch((e: unknown) => e);
      const end = store.read(runId, 0, 10_000).at(-1);
      if (end?.type !== 'run.failed' || !isAgentsError(error)) throw new Error(`${script.name} did not fail`);
      const revived = errorFromSerialized(end.error);
      expect({ name: revived.name, code: revived.code, json: revived.toJSON() }).toEqual({
        name: error.name,
        code: error.code,
        json: error.toJSON(),
      });
    }
  });
});
