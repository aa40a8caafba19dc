/**
 * A run as its clients see it: no provider events, no spans, no error texts, no inner workings; the arguments and outputs of a tool only where the tool allows it.
 * Numbers have gaps where something is left out.
 */
import type { AgentItem } from '../event/item.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { SerializedError } from '../event/agents-error.ts';

/** What of a tool's calls clients may see. */
export interface Exposed {
  arguments: boolean;
  output: boolean;
}

/** Looks up a tool of an agent, by the agent's key in the log and the tool's name. */
export type ExposureOf = (tool: string) => Exposed;

export interface ClientError {
  code: string;
  message: string;
  retryable: boolean;
}

/** Undefined for what clients do not see. */
export function clientView(exposureOf: ExposureOf): (event: RunEvent) => object | undefined {
  return (event) => {
    // A nested agent is its caller's to tell of.
    if (event.scope && event.type !== 'approval.requested' && event.type !== 'approval.decided') return undefined;
    const body = shown(event, exposureOf);
    if (body === undefined) return undefined;
    const { run, seq, epoch, at, type } = event;
    return { type, run, seq, epoch, at, ...body };
  };
}

// Kinds that clients do not see are many, and a new one must not be seen before somebody has decided so: hence no case each.
function shown(event: RunEvent, exposureOf: ExposureOf): object | undefined {
  switch (event.type) {
    case 'run.started': {
      const { agent, input, sessionId, metadata, v } = event;
      return { v, agent, input, sessionId, metadata };
    }
    case 'run.suspended':
      return { waitsFor: event.waitsFor, calls: event.calls, wakeAt: event.wakeAt };
    case 'run.resumed':
      return { by: event.by };
    case 'run.completed':
      return { agent: event.agent, output: event.output, usage: event.usage };
    case 'run.cancelled':
      return { reason: event.reason, mode: event.mode, usage: event.usage };
    case 'run.failed':
      return { error: clientError(event.error), usage: event.usage };
    case 'agent.started':
    case 'agent.ended':
      return { agent: event.agent };
    case 'turn.started':
      return { turn: event.turn, agent: event.agent };
    case 'turn.ended':
      return { turn: event.turn, outcome: event.outcome };
    case 'model.called':
      return { step: event.step, attempt: event.attempt, agent: event.agent };
    case 'model.delta':
      return event.text === undefined ? undefined : { step: event.step, attempt: event.attempt, text: event.text };
    case 'model.part':
      return event.part.type === 'output_text_delta'
        ? { step: event.step, attempt: event.attempt, text: event.part.delta }
        : undefined;
    case 'step.attempt':
      return { step: event.step, attempt: event.attempt, of: event.of, supersedes: event.supersedes };
    case 'item.added': {
      const item = shownItem(event.item, exposureOf);
      return item && { kind: event.kind, agent: event.agent, item, target: event.target };
    }
    case 'tool.called':
    case 'tool.returned':
      return { step: event.step, attempt: event.attempt, callId: event.callId, tool: event.tool };
    case 'tool.progress':
      return { step: event.step, attempt: event.attempt, callId: event.callId, data: event.data };
    case 'handoff.occurred':
      return { from: event.from, to: event.to };
    case 'approval.requested': {
      const { callId, tool, agent, expiresAt } = event;
      const args = exposureOf(tool).arguments ? { arguments: event.arguments } : {};
      return { callId, tool, agent, expiresAt, ...args };
    }
    case 'approval.decided':
      return { callId: event.callId, approved: event.approved, expired: event.expired };
    case 'wait.started': {
      const { step, callId, tool, agent, prompt, until } = event;
      return { step, callId, tool, agent, for: event.for, prompt, until };
    }
    case 'wait.ended':
      return { step: event.step, callId: event.callId, how: event.how };
    case 'input.received':
      return { items: event.items };
    case 'cancel.requested':
      return { mode: event.mode, reason: event.reason };
    case 'output.blocked':
      return {};
    case 'log.pruned':
      return { from: event.from, to: event.to };
    default:
      return undefined;
  }
}

export function shownItem(item: AgentItem, exposureOf: ExposureOf): object | undefined {
  switch (item.type) {
    case undefined:
    case 'message':
      return { type: 'message', role: item.role, id: item.id, content: item.content };
    case 'function_call': {
      const { type, id, callId, name } = item;
      return { type, id, callId, name, ...(exposureOf(name).arguments && { arguments: item.arguments }) };
    }
    case 'function_call_result': {
      const { type, id, callId, name, status } = item;
      return { type, id, callId, name, status, ...(exposureOf(name).output && { output: item.output }) };
    }
    default:
      return undefined;
  }
}

/** What a client is told of how a run failed. */
export function clientError({ code, retryable }: SerializedError): ClientError {
  return { code, message: `The run failed (${code}).`, retryable };
}
