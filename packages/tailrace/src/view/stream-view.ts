/** From log events to the stream events of @openai/agents: a fold over the log, one state a reader. */
import type { RunEvent } from '../event/run-event.ts';
import type { ModelDelta, ModelReturned } from '../event/step-events.ts';
import type { StreamEvent, StreamEventTextStream } from '../event/stream-event.ts';
import { type AgentByKey, itemOf } from '../agent/item-of.ts';
import {
  ITEM_EVENT_NAMES,
  RunAgentUpdatedStreamEvent,
  RunItemStreamEvent,
  RunRawModelStreamEvent,
  type ObservedStreamEvent,
  type RunStreamEvent,
  RunToolProgressStreamEvent,
} from './stream-event.ts';

/** What a batch of log events shows in the stream. Call it with all events in order, or from any offset on. */
export type StreamView = (events: readonly RunEvent[]) => RunStreamEvent[];

/** Of the run itself, or, with `step`, of the nested run that answers that call. */
export function streamView(agents: AgentByKey, step?: string): StreamView {
  return (events) => {
    const shown: ObservedStreamEvent[] = [];
    // The events of an agent that runs as a tool are not its caller's.
    for (const event of events) if (event.scope?.at(-1) === step) show(event, agents, shown);
    // Progress is left to those who ask for it: programs for @openai/agents know three kinds of events.
    return shown as RunStreamEvent[];
  };
}

// Events that a stream does not show are most of the kinds, hence no case each.
function show(event: RunEvent, agents: AgentByKey, shown: ObservedStreamEvent[]): void {
  switch (event.type) {
    case 'model.delta':
      return showDelta(event, shown);
    case 'model.part':
      shown.push(raw(event.part));
      return;
    case 'model.returned':
      if (event.streamed) shown.push(raw(event.done ?? responseDone(event)));
      return;
    case 'item.added':
      // What a user said has no event in this stream.
      if (event.kind === 'input') return;
      shown.push(new RunItemStreamEvent(ITEM_EVENT_NAMES[event.kind], itemOf(event, agents)));
      return;
    case 'tool.progress':
      shown.push(new RunToolProgressStreamEvent(event, agents(event.agent ?? '')));
      return;
    case 'handoff.occurred':
      shown.push(new RunAgentUpdatedStreamEvent(agents(event.to)));
      return;
    default:
  }
}

function showDelta(event: ModelDelta, shown: ObservedStreamEvent[]): void {
  const text = event.text === undefined ? undefined : raw(textDelta(event, event.text));
  if (event.raw === undefined) {
    if (text) shown.push(text);
    return;
  }
  if (text && event.echo === 'before') shown.push(text);
  shown.push(rawModelEvent(event.raw, event.source));
  if (text && event.echo !== 'before') shown.push(text);
}

function rawModelEvent(event: unknown, source: string | undefined): RunRawModelStreamEvent {
  if (source === undefined) return raw({ type: 'model', event });
  return new RunRawModelStreamEvent({ type: 'model', event, providerData: providerDataOf(source) }, source);
}

// One for all events of a wire, hence frozen.
const providerData = new Map<string, Readonly<{ rawModelEventSource: string }>>();

function providerDataOf(source: string): Readonly<{ rawModelEventSource: string }> {
  let known = providerData.get(source);
  if (!known) providerData.set(source, (known = Object.freeze({ rawModelEventSource: source })));
  return known;
}

function textDelta({ itemId }: ModelDelta, delta: string): StreamEventTextStream {
  return itemId === undefined ? { type: 'output_text_delta', delta } : { type: 'output_text_delta', delta, itemId };
}

function responseDone({
  responseId = '',
  output,
  usage,
  requestId,
  providerData,
  rawUsage,
}: ModelReturned): StreamEvent {
  const extras = {
    ...(requestId !== undefined && { requestId }),
    ...(providerData && { providerData }),
    ...(rawUsage && { rawUsage }),
  };
  return { type: 'response_done', response: { id: responseId, output, usage, ...extras } };
}

function raw(data: StreamEvent): RunRawModelStreamEvent {
  return new RunRawModelStreamEvent(data);
}
