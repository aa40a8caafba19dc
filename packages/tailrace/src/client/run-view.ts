/** What a run's events come to for somebody who looks at it. A pure fold; every step gives a new object, so that frameworks see the change. */
import type { ClientContent, ClientEventBody, ClientItem } from './client-event.ts';
import type { ClientEvent } from './client-snapshot.ts';
import type { RunView, ViewedCall, ViewedMessage } from './viewed-run.ts';

export const EMPTY_VIEW: RunView = {
  run: undefined,
  status: 'idle',
  agent: undefined,
  messages: [],
  text: '',
  calls: [],
  approvals: [],
  waits: [],
  output: undefined,
  error: undefined,
  reason: undefined,
};

export function viewRun(view: RunView, event: ClientEvent): RunView {
  switch (event.type) {
    case 'snapshot':
      return event.view;
    case 'run.started':
      return { ...EMPTY_VIEW, run: event.run, status: 'running', agent: event.agent, messages: given(event.input) };
    case 'run.suspended':
      return { ...view, status: 'suspended' };
    case 'run.resumed':
      return { ...view, status: 'running' };
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
      return ended(view, event);
    case 'agent.started':
      return { ...view, agent: event.agent };
    case 'model.called':
      return view.text === '' ? view : { ...view, text: '' };
    case 'model.delta':
      return { ...view, text: view.text + event.text };
    case 'step.attempt':
      return event.of === 'model' ? { ...view, text: '' } : view;
    case 'item.added':
      return added(view, event.item);
    case 'tool.called':
      return withCall(view, event.callId, { tool: event.tool, state: 'running' });
    case 'tool.progress':
      return withCall(view, event.callId, { progress: event.data });
    case 'tool.returned':
      return withCall(view, event.callId, { state: 'returned' });
    case 'approval.requested': {
      const { callId, step, tool, agent, arguments: args, expiresAt } = event;
      const asked = {
        callId,
        step,
        tool,
        agent,
        ...(args !== undefined && { arguments: args }),
        ...(expiresAt !== undefined && { expiresAt }),
      };
      return { ...view, approvals: [...without(view.approvals, event), asked] };
    }
    case 'approval.decided':
      return { ...view, approvals: without(view.approvals, event) };
    case 'wait.started': {
      const { callId, step, tool, agent, for: what, prompt, until } = event;
      const asked = {
        callId,
        step,
        tool,
        agent,
        for: what,
        ...(prompt !== undefined && { prompt }),
        ...(until !== undefined && { until }),
      };
      return { ...view, waits: [...without(view.waits, event), asked] };
    }
    case 'wait.ended':
      return { ...view, waits: without(view.waits, event) };
    case 'output.blocked': {
      const { calls: blocked = [], message: output } = event;
      const calls = view.calls.map((call) => (blocked.includes(call.callId) ? { ...call, output } : call));
      return { ...view, calls };
    }
    case 'input.received':
      return { ...view, messages: [...view.messages, ...given(event.items)] };
    default:
      return view;
  }
}

/** Logs of earlier versions say of a decision the call's id alone. */
function without<T extends { callId: string; step: string }>(
  calls: readonly T[],
  { callId, step }: { callId: string; step?: string | undefined },
): T[] {
  return calls.filter((call) => (step === undefined ? call.callId !== callId : call.step !== step));
}

/** What was being said stays where the run was broken off: there is no whole message of it. */
type End = Extract<ClientEventBody, { type: 'run.completed' | 'run.failed' | 'run.cancelled' }>;

function ended(view: RunView, event: End): RunView {
  const over = { ...view, approvals: [], waits: [] };
  switch (event.type) {
    case 'run.completed':
      return { ...over, status: 'completed', output: event.output, text: '' };
    case 'run.failed':
      return { ...over, status: 'failed', error: event.error };
    case 'run.cancelled':
      return { ...over, status: 'cancelled', reason: event.reason };
  }
}

function added(view: RunView, item: ClientItem): RunView {
  switch (item.type) {
    case 'message':
      if (item.role !== 'assistant') return view;
      return { ...said(view, 'assistant', item.content), text: '' };
    case 'function_call': {
      const { callId, name, arguments: args } = item;
      return withCall(view, callId, { tool: name, ...(args !== undefined && { arguments: args }) });
    }
    case 'function_call_result':
      return withCall(view, item.callId, {
        tool: item.name,
        state: 'returned',
        ...(item.output !== undefined && { output: item.output }),
      });
  }
}

function withCall(view: RunView, callId: string, change: Partial<ViewedCall>): RunView {
  const index = view.calls.findIndex((call) => call.callId === callId);
  const known = view.calls[index] ?? { callId, tool: '', state: 'called' };
  const call: ViewedCall = { ...known, ...change };
  return { ...view, calls: index === -1 ? [...view.calls, call] : view.calls.with(index, call) };
}

function said(view: RunView, role: ViewedMessage['role'], content: string | readonly ClientContent[]): RunView {
  return { ...view, messages: [...view.messages, { role, text: textOf(content) }] };
}

function given(input: unknown): ViewedMessage[] {
  if (typeof input === 'string') return [{ role: 'user', text: input }];
  if (!Array.isArray(input)) return [];
  return input.flatMap((item: unknown): ViewedMessage[] => {
    const { role, content } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    if (role !== 'user' && role !== 'assistant') return [];
    return [{ role, text: textOf(content as string | readonly ClientContent[]) }];
  });
}

function textOf(content: string | readonly ClientContent[]): string {
  if (typeof content === 'string') return content;
  const parts: readonly ClientContent[] = Array.isArray(content) ? content : [];
  return parts.map(({ text, refusal }) => text ?? refusal ?? '').join('');
}
