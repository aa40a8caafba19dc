/** What a run's events come to for somebody who looks at it. A pure fold; every step gives a new object, so that frameworks see the change. */
import type {
  ClientApproval,
  ClientContent,
  ClientEnd,
  ClientError,
  ClientEvent,
  ClientItem,
  ClientSnapshot,
  ClientWait,
} from './client-event.ts';

export type RunViewStatus = 'idle' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

export interface ViewedCall {
  callId: string;
  tool: string;
  state: 'called' | 'running' | 'returned';
  arguments?: string;
  output?: unknown;
  progress?: unknown;
}

export interface ViewedMessage {
  role: 'user' | 'assistant';
  text: string;
}

export interface RunView {
  run: string | undefined;
  status: RunViewStatus;
  agent: string | undefined;
  /** What has been said, whole messages. */
  messages: readonly ViewedMessage[];
  /** What the model is saying now. It may be taken back, and goes into `messages` when it is whole. */
  text: string;
  calls: readonly ViewedCall[];
  /** Calls that wait for a decision. */
  approvals: readonly ClientApproval[];
  /** Calls that wait for an answer, or for their time. */
  waits: readonly ClientWait[];
  output: string | undefined;
  error: ClientError | undefined;
  reason: string | undefined;
}

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
      return fromSnapshot(event);
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
      const { callId, tool, agent, arguments: args, expiresAt } = event;
      const asked = { callId, tool, agent, expiresAt, ...(args !== undefined && { arguments: args }) };
      return { ...view, approvals: [...without(view.approvals, callId), asked] };
    }
    case 'approval.decided':
      return { ...view, approvals: without(view.approvals, event.callId) };
    case 'wait.started': {
      const { callId, tool, agent, prompt, until } = event;
      const waits = [...without(view.waits, callId), { callId, tool, agent, for: event.for, prompt, until }];
      return { ...view, waits };
    }
    case 'wait.ended':
      return { ...view, waits: without(view.waits, event.callId) };
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

function without<T extends { callId: string }>(calls: readonly T[], callId: string): T[] {
  return calls.filter((call) => call.callId !== callId);
}

/** What was being said stays where the run was broken off: there is no whole message of it. */
function ended(view: RunView, event: ClientEnd): RunView {
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

function fromSnapshot(told: ClientSnapshot): RunView {
  const { run, agent, input, items, open, suspended, approvals, waits } = told;
  let view: RunView = {
    ...EMPTY_VIEW,
    run,
    agent,
    status: suspended ? 'suspended' : 'running',
    messages: given(input),
    approvals,
    waits,
  };
  // What came in while the run was under way is told by its items alone.
  for (const { item } of items)
    view = item.type === 'message' && item.role === 'user' ? said(view, 'user', item.content) : added(view, item);
  view = { ...view, text: open?.text ?? '' };
  return told.ended ? ended(view, told.ended) : view;
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
