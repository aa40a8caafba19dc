// A flow's model, made to go slowly, to stop, or to fail at a given place.
import { setImmediate as turn } from 'node:timers/promises';
import type { RunEvent, StreamEvent } from '../../src/index.ts';
import { modelErrorAfter, modelStall, modelStream, type ScriptedModelInput } from '../../src/testing/index.ts';
import type { Flow, FlowStep } from './flows.ts';
import { type Cell, watch } from './watched-run.ts';

/** What a normal run of a flow consists of: what "at every event" counts. */
export interface FlowFacts {
  flow: Flow;
  /** The log of a normal run, streamed and not. */
  streamed: readonly RunEvent[];
  whole: readonly RunEvent[];
  /** How many stream events a reader is shown, and which of them is the last response's end. */
  shown: number;
  lastDone: number;
  texts: number;
  /** How many events each model call streams. */
  modelEvents: readonly number[];
  /** How many times items go into the session. */
  commits: number;
}

export async function factsOf(flow: Flow): Promise<FlowFacts> {
  const normal = { name: `normal ${flow.name}`, flow, ends: ['completed'] as const };
  let shown = 0;
  let lastDone = -1;
  let texts = 0;
  const read: Cell['read'] = async (result) => {
    for await (const event of result) {
      if (event.type === 'raw_model_stream_event') {
        if (event.data.type === 'response_done') lastDone = shown;
        if (event.data.type === 'output_text_delta') texts++;
      }
      shown++;
    }
  };
  const { events: streamed } = await watch({ ...normal, streamed: true, read });
  const { events: whole } = await watch({ ...normal, streamed: false });
  const modelEvents = flow.steps().map((step) => step.events.length);
  const commits = streamed.filter(({ type }) => type === 'session.committed').length;
  return { flow, streamed, whole, shown, lastDone, texts, modelEvents, commits };
}

/** Each event of a stream in a turn of the event loop of its own: a reader that takes all there is keeps up with it. */
export function paced(steps: readonly FlowStep[]): ScriptedModelInput[] {
  return steps.map(({ events }) => modelStream(pace(events)));
}

async function* pace(events: readonly StreamEvent[]): AsyncGenerator<StreamEvent> {
  for (const event of events) {
    await turn();
    yield event;
  }
}

/** The flow's steps, but its `call`-th call stalls after `events` events. */
export function stalling(flow: Flow, call: number, events: number): ScriptedModelInput[] {
  return replaced(flow, call, (step) => [modelStall(step.events.slice(0, events))]);
}

/** The flow's steps, but its `call`-th call fails after `events` events; `again`: and the next attempt does not. */
export function failing(flow: Flow, call: number, events: number, error: unknown, again = false): ScriptedModelInput[] {
  return replaced(flow, call, (step) => [
    modelErrorAfter(step.events.slice(0, events), error),
    ...(again ? [step] : []),
  ]);
}

/** The flow's steps, but the stream of its `call`-th call just ends after `events` events. */
export function ending(flow: Flow, call: number, events: number): ScriptedModelInput[] {
  return replaced(flow, call, (step) => [modelStream(step.events.slice(0, events))]);
}

function replaced(flow: Flow, call: number, make: (step: FlowStep) => ScriptedModelInput[]): ScriptedModelInput[] {
  return flow.steps().flatMap((step, index) => (index === call ? make(step) : [step]));
}

/** Each model call of the flow with each number of its events, from none to `spare` less than all. */
export function everyCut({ modelEvents }: FlowFacts, spare = 0): { call: number; events: number }[] {
  return modelEvents.flatMap((count, call) =>
    Array.from({ length: count + 1 - spare }, (_, events) => ({ call, events })),
  );
}

/** The last sequence number at which an immediate cancel must still stop the run: what comes after it is the end itself. */
export function lastStop(log: readonly RunEvent[]): number {
  return log.findLastIndex(({ type }) => type === 'session.committed') - 1;
}

/** The last sequence number at which a cancel after the turn must still stop the run before its last turn. */
export function lastTurnStop(log: readonly RunEvent[]): number {
  return log.findLastIndex((event) => event.type === 'span.started' && event.data.type === 'turn') - 1;
}

export function* upTo(count: number): Generator<number> {
  for (let index = 0; index < count; index++) yield index;
}
