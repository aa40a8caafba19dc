/**
 * A run as its clients see it: no provider events, no spans, no error texts, no inner workings; the arguments and outputs of a tool only where the tool allows it.
 * Numbers have gaps where something is left out.
 */
import type { ClientError, ClientEventBody, ClientItem, ClientRunEvent } from '../client/client-event.ts';
import type { AgentItem } from '../event/item.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { SerializedError } from '../event/agents-error.ts';
import type { StepRef } from '../event/step-events.ts';

/** What of a tool's calls clients may see. */
export interface Exposed {
  arguments: boolean;
  output: boolean;
}

/** Looks up a tool of an agent, by the agent's key in the log and the tool's name. */
export type ExposureOf = (tool: string) => Exposed;

/** What is shown of nested agents, too: somebody is asked. */
const ASKING: ReadonlySet<RunEvent['type']> = new Set([
  'approval.requested',
  'approval.decided',
  'wait.started',
  'wait.ended',
]);

/** Undefined for what clients do not see. */
export function clientView(exposureOf: ExposureOf): (event: RunEvent) => ClientRunEvent | undefined {
  return (event) => {
    // A nested agent is its caller's to tell of.
    if (event.scope && !ASKING.has(event.type)) return undefined;
    const body = shown(event, exposureOf);
    if (body === undefined) return undefined;
    const { type, ...told } = body;
    const { run, seq, epoch, at } = event;
    return { type, run, seq, epoch, at, ...told } as ClientRunEvent;
  };
}

// Kinds that clients do not see are many, and a new one must not be seen before somebody has decided so: hence no case each.
function shown(event: RunEvent, exposureOf: ExposureOf): ClientEventBody | undefined {
  switch (event.type) {
    case 'run.started': {
      const { type, agent, input, sessionId, metadata, v } = event;
      return { type, v, agent, input, sessionId, metadata };
    }
    case 'run.suspended':
      return { type: event.type, waitsFor: event.waitsFor, calls: event.calls, wakeAt: event.wakeAt };
    case 'run.resumed':
      return { type: event.type, by: event.by };
    case 'run.completed':
      return { type: event.type, agent: event.agent, output: event.output, usage: event.usage };
    case 'run.cancelled':
      return { type: event.type, reason: event.reason, mode: event.mode, usage: event.usage };
    case 'run.failed':
      return { type: event.type, error: clientError(event.error), usage: event.usage };
    case 'agent.started':
    case 'agent.ended':
      return { type: event.type, agent: event.agent };
    case 'turn.started':
      return { type: event.type, turn: event.turn, agent: event.agent };
    case 'turn.ended':
      return { type: event.type, turn: event.turn, outcome: event.outcome };
    case 'model.called':
      return { type: event.type, step: event.step, attempt: event.attempt, agent: event.agent };
    case 'model.delta':
      return textOf(event, event.text);
    case 'model.part':
      return textOf(event, event.part.type === 'output_text_delta' ? event.part.delta : undefined);
    case 'step.attempt': {
      const { type, step, attempt, of, supersedes } = event;
      return { type, step, attempt, of, supersedes };
    }
    case 'item.added': {
      const item = shownItem(event.item, exposureOf);
      return item && { type: event.type, kind: event.kind, agent: event.agent, item, target: event.target };
    }
    case 'tool.called':
    case 'tool.returned': {
      const { type, step, attempt, callId, tool } = event;
      return { type, step, attempt, callId, tool };
    }
    case 'tool.progress': {
      const { type, step, attempt, callId, data } = event;
      return { type, step, attempt, callId, data };
    }
    case 'handoff.occurred':
      return { type: event.type, from: event.from, to: event.to };
    case 'approval.requested': {
      const { type, callId, step, tool, agent, expiresAt } = event;
      return {
        type,
        callId,
        step,
        tool,
        agent,
        expiresAt,
        ...(exposureOf(tool).arguments && { arguments: event.arguments }),
      };
    }
    case 'approval.decided':
      return {
        type: event.type,
        callId: event.callId,
        step: event.step,
        approved: event.approved,
        expired: event.expired,
      };
    case 'wait.started': {
      const { type, step, callId, tool, agent, prompt, until } = event;
      return { type, step, callId, tool, agent, for: event.for, prompt, until };
    }
    case 'wait.ended':
      return { type: event.type, step: event.step, callId: event.callId, how: event.how };
    case 'input.received':
      return { type: event.type, items: event.items };
    case 'cancel.requested':
      return { type: event.type, mode: event.mode, reason: event.reason };
    case 'output.blocked':
      return { type: event.type, calls: event.calls, message: event.message };
    case 'log.pruned':
      return { type: event.type, from: event.from, to: event.to };
    default:
      return undefined;
  }
}

/** Text is text, whichever event of a model's stream it came by. */
function textOf({ step, attempt }: StepRef, text: string | undefined): ClientEventBody | undefined {
  return text === undefined ? undefined : { type: 'model.delta', step, attempt, text };
}

export function shownItem(item: AgentItem, exposureOf: ExposureOf): ClientItem | undefined {
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
