import type { AgentInputItem, AgentsError, RunItem, RunStreamEvent, Session } from '@openai/agents';
import type { ScriptedModel } from '@openai/agents/testing';
import { toJson } from './json.ts';
import type { Json, Observation, SdkNamespace } from './program.ts';
import { recordTraces, type TraceRecorder } from './trace.ts';

interface Named {
  readonly name: string;
}

/** What a result offers, streamed or not: the names both sides have, under types loose enough for any agent. */
interface ShownResult {
  readonly finalOutput?: unknown;
  readonly newItems: RunItem[];
  readonly history: unknown[];
  readonly output: unknown[];
  readonly input: unknown;
  readonly rawResponses: unknown[];
  readonly lastResponseId?: string;
  readonly lastAgent?: Named;
  readonly activeAgent?: Named;
  readonly interruptions?: unknown[];
  readonly runContext: { readonly usage: unknown };
  readonly inputGuardrailResults: ShownGuardrail[];
  readonly outputGuardrailResults: ShownGuardrail[];
  readonly toolInputGuardrailResults: ShownGuardrail[];
  readonly toolOutputGuardrailResults: ShownGuardrail[];
}

interface ShownStream extends ShownResult, AsyncIterable<RunStreamEvent> {
  readonly completed: Promise<void>;
  readonly error: unknown;
  readonly cancelled: boolean;
  readonly currentTurn: number;
  readonly maxTurns: number | null | undefined;
  readonly currentAgent?: Named;
}

interface ShownGuardrail {
  readonly guardrail: unknown;
  readonly output: unknown;
  readonly agent?: Named;
  readonly agentOutput?: unknown;
}

/** `run`, or a Runner's bound `run`, whatever the agent's types are. */
export type RunLike = (agent: never, input: string | AgentInputItem[], options?: never) => Promise<unknown>;

export interface Scene {
  readonly agent: unknown;
  /** A text, items, or the state of an interrupted run. */
  readonly input: unknown;
  readonly stream: boolean;
  /** Models whose recorded requests are part of the observation. */
  readonly models?: ScriptedModel[];
  readonly options?: Record<string, unknown>;
  readonly session?: Session;
  /** Default: the namespace's `run`. */
  readonly run?: RunLike;
  /** Called with each stream event, for programs that stop in the middle. */
  readonly onEvent?: (event: RunStreamEvent) => void;
  /** Data that the program collects on its own, read when the run is over. */
  readonly notes?: Record<string, unknown>;
}

/** Runs one scene and tells everything about it that a user can see. */
export async function observe(sdk: SdkNamespace, scene: Scene): Promise<Observation> {
  const recorder = recordTraces(sdk);
  const seen = await observeUntraced(sdk, scene);
  return { ...seen, ...(await traceAspects(recorder)) };
}

/** The trace aspects, read after a moment: the reference ends its trace after its result is there. */
export async function traceAspects(recorder: TraceRecorder): Promise<Observation> {
  await pause(15);
  return { trace: recorder.tree(), endings: recorder.endings() };
}

/** As `observe`, for programs that put runs into a trace of their own. */
export async function observeUntraced(sdk: SdkNamespace, scene: Scene): Promise<Observation> {
  const run = (scene.run ?? sdk.run) as (agent: unknown, input: unknown, options: unknown) => Promise<unknown>;
  const session = scene.session === undefined ? {} : { session: scene.session };
  const options = { ...scene.options, ...session, stream: scene.stream };
  const seen: Observation = {};
  let result: ShownResult | undefined;
  try {
    result = (await run(scene.agent, scene.input, options)) as ShownResult;
    if (scene.stream) await readStream(result as ShownStream, scene, seen);
  } catch (error) {
    seen['error'] = errorFacts(sdk, error);
  }
  if (result !== undefined) Object.assign(seen, resultFacts(result));
  if (scene.models) seen['requests'] = scene.models.flatMap((model) => model.calls.map(requestFacts));
  if (scene.session) seen['session'] = toJson(await scene.session.getItems());
  if (scene.notes) seen['notes'] = toJson(scene.notes);
  return seen;
}

async function readStream(result: ShownStream, scene: Scene, seen: Observation): Promise<void> {
  const events: Json[] = [];
  seen['events'] = events;
  let thrown: Error | undefined;
  try {
    for await (const event of result) {
      events.push(eventFacts(event));
      scene.onEvent?.(event);
    }
  } catch (error) {
    thrown = error as Error;
  }
  const completed = await result.completed.then(
    () => 'resolved',
    (error: Error) => `rejected: ${error.name}`,
  );
  seen['ending'] = {
    iteration: thrown === undefined ? 'ended' : `threw: ${thrown.name}`,
    completed,
    error: result.error ? (result.error as Error).name : null,
    cancelled: result.cancelled,
    currentTurn: toJson(result.currentTurn),
    maxTurns: toJson(result.maxTurns),
    currentAgent: result.currentAgent?.name ?? null,
  };
  if (thrown !== undefined) throw thrown;
}

export function eventFacts(event: RunStreamEvent): Json {
  switch (event.type) {
    case 'raw_model_stream_event':
      return { type: event.type, data: toJson(event.data) };
    case 'run_item_stream_event':
      return { type: event.type, name: event.name, item: itemFacts(event.item) };
    case 'agent_updated_stream_event':
      return { type: event.type, agent: event.agent.name };
  }
}

function itemFacts(item: RunItem): Json {
  const live = item as unknown as Record<string, unknown>;
  const facts: Record<string, Json> = { type: item.type, rawItem: toJson(item.rawItem) };
  for (const role of ['agent', 'sourceAgent', 'targetAgent']) {
    if (live[role]) facts[role] = (live[role] as Named).name;
  }
  for (const text of ['output', 'content', 'name', 'arguments']) {
    if (live[text] !== undefined) facts[text] = toJson(live[text]);
  }
  return facts;
}

function resultFacts(result: ShownResult): Observation {
  return {
    finalOutput: toJson(guarded(() => result.finalOutput)),
    newItems: result.newItems.map(itemFacts),
    history: toJson(result.history),
    output: toJson(result.output),
    input: toJson(result.input),
    rawResponses: toJson(result.rawResponses),
    usage: toJson(result.runContext.usage),
    lastResponseId: toJson(result.lastResponseId),
    agents: { last: result.lastAgent?.name ?? null, active: result.activeAgent?.name ?? null },
    interruptions: result.interruptions?.length ?? 0,
    guardrails: {
      input: listed(result.inputGuardrailResults),
      output: listed(result.outputGuardrailResults),
      toolInput: listed(result.toolInputGuardrailResults),
      toolOutput: listed(result.toolOutputGuardrailResults),
    },
  };
}

function guardrailFacts(result: ShownGuardrail): Json {
  const facts: Record<string, Json> = { guardrail: toJson(result.guardrail), output: toJson(result.output) };
  if (result.agent) facts['agent'] = result.agent.name;
  if (result.agentOutput !== undefined) facts['agentOutput'] = toJson(result.agentOutput);
  return facts;
}

/** The request as the model got it, without the reference's private part. */
function requestFacts(call: ScriptedModel['calls'][number]): Json {
  const request = toJson({ ...call.request, _internal: undefined });
  return { index: call.index, streamed: call.streamed, request };
}

type ShownError = Error &
  Partial<AgentsError> & {
    readonly result?: ShownGuardrail;
    readonly refusal?: string;
    readonly toolName?: string;
    readonly timeoutMs?: number;
    readonly error?: Error;
  };

/** An error by its class and by what hangs on it. Its text is not part: each side has its own words. */
function errorFacts(sdk: SdkNamespace, thrown: unknown): Json {
  if (!(thrown instanceof Error)) return { thrown: toJson(thrown) };
  const error: ShownError = thrown;
  const facts: Record<string, Json> = { name: error.name, agentsError: error instanceof sdk.AgentsError };
  if (error.result) facts['result'] = guardrailFacts(error.result);
  for (const key of ['refusal', 'toolName', 'timeoutMs'] as const) {
    if (error[key] !== undefined) facts[key] = error[key];
  }
  if (error.error instanceof Error) facts['inner'] = error.error.name;
  return facts;
}

function guarded(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return `threw ${(error as Error).name}`;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function listed(results: ShownGuardrail[] | undefined): Json {
  return results === undefined ? null : results.map(guardrailFacts);
}
