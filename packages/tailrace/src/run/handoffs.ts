/** One agent gives the conversation to another. */
import type { AnyAgent } from '../agent/agent.ts';
import { agentsOf, dataOf, itemOf } from '../agent/item-of.ts';
import { getTransferMessage, type Handoff, type HandoffInputFilter } from '../agent/handoff.ts';
import { RunHandoffOutputItem } from '../agent/run-item.ts';
import { copyOf } from '../base/copy.ts';
import { LimitError } from '../event/errors.ts';
import { withLive } from '../event/live.ts';
import type { HandoffOccurred, ItemAdded } from '../event/run-event.ts';
import type { HandoffSpanData } from '../event/span-data.ts';
import type { AskedHandoff } from './model-output.ts';
import { DEFAULTS } from './options.ts';
import { callUser, type RunScope, type Steps } from './scope.ts';
import { resultItem } from './tool-output.ts';

export interface TakenHandoff {
  from: AnyAgent;
  to: AnyAgent;
  handoff: Handoff;
  callId: string;
}

/** Takes the first of the handoffs that the model asked for, and adds its output. */
export async function* takeHandoff(
  run: RunScope,
  from: AnyAgent,
  asked: readonly [AskedHandoff, ...AskedHandoff[]],
): Steps<TakenHandoff> {
  const [{ call, handoff }] = asked;
  const data: HandoffSpanData = { type: 'handoff', from_agent: from.name };
  const span = run.spans.start(data, run.turnSpan ?? run.agentSpan);
  yield span.events;
  try {
    checkTrail(run, from, handoff);
    const to = await callUser(run, span.id, () => handoff.onInvokeHandoff(run.context, call.arguments));
    const message = getTransferMessage(to);
    const item = new RunHandoffOutputItem(resultItem(call, { type: 'text', text: message }), from, to);
    run.talk.add(item);
    const added = {
      type: 'item.added',
      kind: 'handoff_output',
      agent: run.agents.keyOf(from),
      item: item.rawItem,
      target: run.agents.keyOf(to),
    } as const;
    const ended = run.spans.end(span.id, { data: { ...data, to_agent: to.name }, error: severalAsked(asked) });
    yield [withLive<ItemAdded>(added, item), ...ended];
    return { from, to, handoff, callId: call.callId };
  } catch (error) {
    const message = run.plan.trace.sensitive && error instanceof Error ? error.message : 'Handoff failed';
    yield run.spans.end(span.id, { error: { message, data: {} } });
    throw error;
  }
}

/** The handoff that the log says was taken in this turn; its item goes back into the conversation. */
export function recordedHandoff(
  run: RunScope,
  from: AnyAgent,
  { call, handoff }: AskedHandoff,
): TakenHandoff | undefined {
  const added = run.open?.added.find(({ kind }) => kind === 'handoff_output');
  if (!added) return undefined;
  const agents = agentsOf(run.agents);
  run.talk.add(itemOf(added, agents));
  return { from, to: agents(added.target ?? added.agent), handoff, callId: call.callId };
}

function severalAsked(asked: readonly AskedHandoff[]): { message: string; data: Record<string, unknown> } | undefined {
  if (asked.length < 2) return undefined;
  return {
    message: 'Multiple handoffs requested',
    data: { requested_agents: asked.map(({ handoff }) => handoff.agentName) },
  };
}

function checkTrail(run: RunScope, from: AnyAgent, handoff: Handoff): void {
  if (run.trail.length === 0) run.trail.push(from.name);
  run.trail.push(handoff.agentName);
  const limit = run.plan.config.maxHandoffs ?? DEFAULTS.maxHandoffs;
  if (run.trail.length - 1 <= limit) return;
  const trail = run.trail.slice(-12).join(' > ');
  throw new LimitError(
    `Run ${run.plan.runId} made more than ${limit} handoffs: ${trail}. Look why these agents hand off to each other, or raise maxHandoffs.`,
    {
      code: 'MAX_HANDOFFS',
      runId: run.plan.runId,
      data: { limit, trail: run.trail.slice(-12) },
    },
  );
}

/** Lets the filter decide what the next agent sees, tells the listeners, and records that the other agent has taken over. */
export async function* completeHandoff(run: RunScope, taken: TakenHandoff): Steps<void> {
  const { from, to, callId } = taken;
  const recorded = run.open?.handoff;
  if (recorded) return restoreFilter(run, recorded);
  const filter = taken.handoff.inputFilter ?? run.plan.config.handoffInputFilter;
  const filtered = filter && (await applyFilter(run, filter));
  run.plan.hooks.emit('agent_handoff', run.context, from, to);
  from.emit('agent_handoff', run.context, to);
  const occurred: HandoffOccurred = {
    type: 'handoff.occurred',
    from: run.agents.keyOf(from),
    to: run.agents.keyOf(to),
    callId,
  };
  yield [filtered ? withLive({ ...occurred, filtered: filtered.data }, filtered.live) : occurred];
}

function restoreFilter(run: RunScope, { filtered }: HandoffOccurred): void {
  if (!filtered) return;
  const agents = agentsOf(run.agents);
  run.talk.replace(
    filtered.input,
    filtered.items.map((item) => itemOf(item, agents)),
    [],
  );
}

interface Filtered {
  data: NonNullable<HandoffOccurred['filtered']>;
  live: unknown;
}

async function applyFilter(run: RunScope, filter: HandoffInputFilter): Promise<Filtered> {
  const { talk } = run;
  const given = {
    inputHistory: copyOf(talk.input),
    preHandoffItems: talk.items.slice(0, talk.turnStart),
    newItems: talk.items.slice(talk.turnStart),
    runContext: run.context,
  };
  const result = await callUser(run, run.turnSpan ?? run.agentSpan, () => filter(given));
  talk.replace(copyOf(result.inputHistory), result.preHandoffItems, result.newItems);
  const items = talk.items.map((item) => dataOf(item, (agent) => run.agents.keyOf(agent)));
  return { data: { input: talk.input, items }, live: talk.items.slice() };
}
