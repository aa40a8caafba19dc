// What a log means, in a form that can be written down and compared.
import { type FoldedRun, foldRun } from '../../src/event/fold.ts';
import { Agent, type AnyAgent, isTerminal, type LogStore, type RunEvent, type SpanData } from '../../src/index.ts';
import { streamView } from '../../src/view/stream-view.ts';
import { textView } from '../../src/view/text-view.ts';
import { traceView } from '../../src/view/trace/trace-view.ts';
import { logViolations } from '../../src/testing/index.ts';
import { type LogScript, takeUp } from './catalogue.ts';

export interface LogSummary {
  events: number;
  fold: unknown;
  stream: string[];
  text: string;
  trace: string[];
  /** What taking it up comes to, for a log that was cut. */
  takenUp?: unknown;
}

/** `store` is where the log lies, when it cannot be written anew: with pruned ranges. */
export async function summarise(script: LogScript, events: readonly RunEvent[], store?: LogStore): Promise<LogSummary> {
  const ended = events.some((event) => isTerminal(event));
  return {
    events: events.length,
    fold: folded(events),
    stream: streamed(events),
    text: textOf(events),
    trace: traced(events),
    ...(!ended && { takenUp: await resumed(script, events, store) }),
  };
}

async function resumed(script: LogScript, events: readonly RunEvent[], store?: LogStore): Promise<unknown> {
  const { output, events: all, session } = await takeUp(script, events, store);
  const added = all.slice(events.length);
  return {
    output,
    violations: logViolations(all),
    added: counted(added),
    items: foldRun(all)?.items.map(({ kind }) => kind),
    session: session.map((item) => (item as { role?: string; type?: string }).role ?? (item as { type?: string }).type),
  };
}

/** What was done, without the order in which a version writes it, its spans, and the pieces of a stream. */
function counted(events: readonly RunEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of events.toSorted((a, b) => (a.type < b.type ? -1 : 1)))
    if (!/^span\.|^model\.(delta|part)$/.test(type)) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

function folded(events: readonly RunEvent[]): unknown {
  const fold = foldRun(events);
  if (!fold) return undefined;
  const { open } = fold;
  return {
    agent: fold.agent,
    turn: fold.turn,
    input: fold.input,
    items: fold.items.map(({ kind, agent }) => `${agent}: ${kind}`),
    usage: fold.usage.requests,
    trail: fold.trail,
    ended: fold.ended?.type ?? null,
    takeovers: fold.takeovers,
    open: {
      number: open.number ?? null,
      attempts: open.attempts,
      answered: open.response !== undefined,
      added: open.added.map(({ kind }) => kind),
      calls: [...open.calls].map(([id, { returned }]) => `${id} ${returned ? 'returned' : 'open'}`),
      handoff: open.handoff?.to ?? null,
    },
    spans: [...fold.spans.values()].map(({ data }) => labelOf(data)),
    ...besides(fold),
  };
}

/** What few logs have. */
function besides(fold: FoldedRun): Record<string, unknown> {
  const { open, nested, handled, received } = fold;
  const found: Record<string, unknown> = {
    approvals: [...fold.approvals.values()].map(
      ({ requested, decided }) => `${requested.step}: ${decided ? String(decided.approved) : 'asked'}`,
    ),
    waits: [...fold.waits.values()].map(
      ({ started, ended }) => `${started.step} for ${started.for}: ${ended?.how ?? 'waits'}`,
    ),
    checks: open.checks.map(({ kind, guardrail, behavior }) => `${kind} ${guardrail}: ${behavior.type}`),
    nested: [...nested].map(
      ([step, one]) => `${step}: ${one.started.agent}, turn ${one.turn}, ${one.items.length} items`,
    ),
    received,
    ...(handled && { handled: handled.kind }),
    ...(fold.compacted && { compacted: true }),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

function streamed(events: readonly RunEvent[]): string[] {
  const agents = new Map<string, AnyAgent>();
  const view = streamView((key) => {
    const known = agents.get(key) ?? new Agent({ name: key });
    agents.set(key, known);
    return known;
  });
  const names = view(events).map((event) => {
    if (event.type === 'raw_model_stream_event') return `${event.type} ${event.data.type}`;
    return event.type === 'run_item_stream_event' ? `${event.type} ${event.name}` : `${event.type} ${event.agent.name}`;
  });
  return grouped(names);
}

function textOf(events: readonly RunEvent[]): string {
  try {
    return textView()(events).join('');
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

function traced(events: readonly RunEvent[]): string[] {
  const told: string[] = [];
  const view = traceView(() => [
    {
      onTraceStart: async ({ traceId }) => void told.push(`trace ${traceId} start`),
      onTraceEnd: async ({ traceId }) => void told.push(`trace ${traceId} end`),
      onSpanStart: async ({ spanData }) => void told.push(`${labelOf(spanData)} start`),
      onSpanEnd: async ({ spanData, error }) =>
        void told.push(`${labelOf(spanData)} end${error ? `: ${error.message}` : ''}`),
      shutdown: async () => undefined,
      forceFlush: async () => undefined,
    },
  ]);
  view(events);
  return told;
}

function labelOf(data: SpanData): string {
  return 'name' in data ? `${data.type} ${data.name}` : data.type;
}

function grouped(names: readonly string[]): string[] {
  const groups: [name: string, count: number][] = [];
  for (const name of names) {
    const last = groups.at(-1);
    if (last?.[0] === name) last[1]++;
    else groups.push([name, 1]);
  }
  return groups.map(([name, count]) => (count === 1 ? name : `${name} x${count}`));
}
