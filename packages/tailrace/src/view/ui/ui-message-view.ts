/**
 * From log events to the AI SDK's UI message stream: a fold from offset 0, one state a reader.
 *
 * U1 The same events give the same frames, whoever reads them and in whatever batches.
 * U2 Only the last frame of an event carries its position: a client that has it has all frames up to there.
 * U3 A step is a model's answer and what its tools gave. Where another attempt takes the place of what was shown, `reset-step` takes that back.
 * U4 Events of agents that run as tools are their caller's to show; a call of theirs that somebody must decide about is shown, under its step's name.
 */
import { tryParse } from '../../base/json.ts';
import type { AgentItem } from '../../event/item.ts';
import type { RunEvent } from '../../event/run-event.ts';
import type { ModelDelta } from '../../event/step-events.ts';
import { positionOf } from '../../log/position.ts';
import type { UiMessageChunk } from './ui-chunk.ts';
import { reasoningDelta } from './ui-reasoning.ts';
import { callIdOf, UiWriter } from './ui-writer.ts';

/** One chunk, and the log's position when the client has seen all of an event. */
export interface UiFrame {
  readonly chunk: UiMessageChunk;
  /** `<seq>.<epoch>`, as `positionOf` gives it. */
  readonly position?: string;
}

/** Takes the events of one run from offset 0 on, in order, in any batches; gives their frames. */
export type UiMessageView = (events: readonly RunEvent[]) => UiFrame[];

export interface UiMessageViewOptions {
  /** The id of the assistant's message. The run's id by default. */
  messageId?: string;
  /** Frames of events before this sequence number are left out; the events are needed all the same. 0 by default. */
  from?: number;
}

export function uiMessageView(options: UiMessageViewOptions = {}): UiMessageView {
  const { from = 0 } = options;
  const fold = new UiFold(options.messageId);
  return (events) => {
    const frames: UiFrame[] = [];
    for (const event of events) {
      const chunks = fold.take(event);
      if (event.seq < from) continue;
      for (const [index, chunk] of chunks.entries()) {
        frames.push(index === chunks.length - 1 ? { chunk, position: positionOf(event) } : { chunk });
      }
    }
    return frames;
  };
}

const NOTHING: readonly UiMessageChunk[] = [];

class UiFold {
  #messageId: string | undefined;
  #chunks: UiMessageChunk[] = [];
  readonly #writer: UiWriter = new UiWriter((chunk) => void this.#chunks.push(chunk));
  /** The model step whose parts are told. */
  #step: string | undefined;
  readonly #failed = new Map<string, string>();
  readonly #denied = new Set<string>();
  /** The approval that a call waits for, by the call's step. */
  readonly #approvals = new Map<string, { id: string; callId: string }>();
  readonly #approvalIds = new Set<string>();

  constructor(messageId: string | undefined) {
    this.#messageId = messageId;
  }

  take(event: RunEvent): readonly UiMessageChunk[] {
    if (event.scope) this.#takeNested(event);
    else this.#take(event);
    if (this.#chunks.length === 0) return NOTHING;
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  // Events that are not shown are most of the kinds, hence no case each.
  #take(event: RunEvent): void {
    const writer = this.#writer;
    const id = this.#messageId;
    switch (event.type) {
      case 'model.delta':
        return this.#delta(event);
      case 'model.part':
        if (event.part.type === 'output_text_delta') writer.delta('text', event.part.delta, event.part.itemId, id);
        return;
      case 'run.started':
        this.#messageId ??= event.run;
        return writer.start(this.#messageId);
      case 'run.resumed':
        this.#messageId ??= event.run;
        return writer.start(this.#messageId);
      case 'model.called':
        if (this.#step !== event.step) writer.beginStep(id);
        this.#step = event.step;
        return;
      case 'step.attempt':
        if (event.of === 'model' && event.step === this.#step) writer.resetStep();
        return;
      case 'model.returned':
      case 'model.stopped':
        return writer.endFlow();
      case 'item.added':
        return this.#item(event.kind, event.item);
      case 'tool.returned':
        if (event.error) this.#failed.set(event.callId, event.output ?? event.error.message);
        else this.#failed.delete(event.callId);
        return;
      case 'tool.progress':
        return writer.progress(event.callId, event.tool, event.data);
      case 'approval.requested':
        return this.#ask(event);
      case 'approval.decided':
        return this.#decided(event);
      case 'wait.started':
        return event.for === 'input' ? writer.question(event) : undefined;
      case 'run.suspended':
        return writer.finish('tool-calls');
      case 'run.completed':
        return writer.finish('stop');
      case 'run.failed':
        return writer.fail(event.error.message);
      case 'run.cancelled':
        return writer.abort(event.reason);
      default:
    }
  }

  #delta(event: ModelDelta): void {
    const writer = this.#writer;
    const reasoning = event.raw === undefined ? undefined : reasoningDelta(event.raw);
    if (reasoning) writer.delta('reasoning', reasoning.delta, reasoning.key, this.#messageId);
    if (event.text !== undefined) writer.delta('text', event.text, event.itemId, this.#messageId);
  }

  #item(kind: string, item: AgentItem): void {
    const writer = this.#writer;
    if (kind === 'message' && 'role' in item && item.role === 'assistant') writer.message(item, this.#messageId);
    else if (kind === 'reasoning' && item.type === 'reasoning') writer.reasoning(item, this.#messageId);
    else if (kind === 'tool_call' || kind === 'tool_search_call') writer.toolCall(item, this.#messageId);
    else if (kind === 'tool_output' || kind === 'tool_search_output') this.#output(item);
  }

  #output(item: AgentItem): void {
    const toolCallId = callIdOf(item);
    if (toolCallId === undefined) return;
    const failure = this.#failed.get(toolCallId);
    this.#failed.delete(toolCallId);
    if (this.#denied.delete(toolCallId)) this.#writer.toolEnded({ type: 'tool-output-denied', toolCallId });
    else if (failure !== undefined) {
      this.#writer.toolEnded({ type: 'tool-output-error', toolCallId, errorText: failure, dynamic: true });
    } else {
      const output =
        item.type === 'tool_search_output' ? item.tools : outputOf('output' in item ? item.output : undefined);
      this.#writer.toolEnded({ type: 'tool-output-available', toolCallId, output, dynamic: true });
    }
  }

  #takeNested(event: RunEvent): void {
    switch (event.type) {
      case 'approval.requested':
        this.#writer.toolAsked(event.step, event.tool, event.arguments, this.#messageId);
        this.#approvals.set(event.step, { id: event.step, callId: event.step });
        return this.#writer.toolEnded({
          type: 'tool-approval-request',
          approvalId: event.step,
          toolCallId: event.step,
        });
      case 'approval.decided': {
        const { step } = event;
        if (step === undefined || !this.#approvals.has(step)) return;
        this.#decided({ ...event, callId: step });
        if (!event.approved) this.#writer.toolEnded({ type: 'tool-output-denied', toolCallId: step });
        this.#denied.delete(step);
        return;
      }
      case 'tool.returned': {
        const { step, output = '', error } = event;
        if (!this.#approvals.has(step)) return;
        return this.#writer.toolEnded(
          error
            ? { type: 'tool-output-error', toolCallId: step, errorText: event.output ?? error.message, dynamic: true }
            : { type: 'tool-output-available', toolCallId: step, output: outputOf(output), dynamic: true },
        );
      }
      default:
    }
  }

  #ask({ step, callId, tool, arguments: input }: Extract<RunEvent, { type: 'approval.requested' }>): void {
    // The id of a call may come again in a later turn; that of an approval may not.
    const id = this.#approvalIds.has(callId) ? step : callId;
    this.#approvalIds.add(id);
    this.#approvals.set(step, { id, callId });
    this.#writer.toolAsked(callId, tool, input, this.#messageId);
    this.#writer.toolEnded({ type: 'tool-approval-request', approvalId: id, toolCallId: callId });
  }

  #decided({ step, callId, approved, message }: Extract<RunEvent, { type: 'approval.decided' }>): void {
    const asked = step === undefined ? this.#lastAskedOf(callId) : this.#approvals.get(step);
    if (!approved) this.#denied.add(callId);
    if (asked === undefined) return;
    this.#writer.endFlow();
    const reason = message === undefined ? {} : { reason: message };
    this.#chunks.push({ type: 'tool-approval-response', approvalId: asked.id, approved, ...reason });
  }

  #lastAskedOf(callId: string): { id: string; callId: string } | undefined {
    return [...this.#approvals.values()].findLast((asked) => asked.callId === callId);
  }
}

/** What a tool gave: an object or a list that it is the JSON of, else its text; parts as they are. */
function outputOf(output: unknown): unknown {
  const text = typeof output === 'string' ? output : isText(output) ? output.text : undefined;
  if (text === undefined) return output;
  if (!/^\s*[[{]/.test(text)) return text;
  return tryParse(text) ?? text;
}

function isText(value: unknown): value is { type: 'text'; text: string } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'text' && 'text' in value;
}
