/** What a run's events come to for somebody who looks at it. A pure fold; every step gives a new object, so that frameworks see the change. */
import type { ClientContent, ClientError, ClientEvent, ClientItem, ClientSnapshot } from './client-event.ts';

export type RunViewStatus = 'idle' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

export interface ViewedCall {
  callId: string;
  tool: string;
  state: 'called' | 'running' | 'returned';
  arguments?: string;
  output?: unknown;
  progress?: unknown;
}

export interface ViewedApproval {
  callId: string;
  tool: string;
  agent: string;
  arguments?: string;
  expiresAt?: number;
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
  approvals: readonly ViewedApproval[];
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
      return { ...view, status: 'completed', output: event.output, text: '', approvals: [] };
    case 'run.failed':
      return { ...view, status: 'failed', error: event.error, approvals: [] };
    case 'run.cancelled':
      return { ...view, status: 'cancelled', reason: event.reason, approvals: [] };
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
      const asked = {
        callId,
        tool,
        agent,
        ...(args !== undefined && { arguments: args }),
        ...(expiresAt !== undefined && { expiresAt }),
      };
      return { ...view, approvals: [...view.approvals, asked] };
    }
    case 'approval.decided':
      return { ...view, approvals: view.approvals.filter(({ callId }) => callId !== event.callId) };
    case 'input.received':
      return { ...view, messages: [...view.messages, ...given(event.items)] };
    default:
      return view;
  }
}

function added(view: RunView, item: ClientItem): RunView {
  switch (item.type) {
    case 'message':
      if (item.role !== 'assistant') return view;
      return { ...view, text: '', messages: [...view.messages, { role: 'assistant', text: textOf(item.content) }] };
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

function fromSnapshot({ run, agent, input, items, open, suspended, ended }: ClientSnapshot): RunView {
  let view: RunView = {
    ...EMPTY_VIEW,
    run,
    agent,
    status: suspended ? 'suspended' : 'running',
    messages: given(input),
  };
  for (const { item } of items) view = added(view, item);
  view = { ...view, text: open?.text ?? '' };
  if (!ended) return view;
  const status = ended.type === 'run.completed' ? 'completed' : ended.type === 'run.failed' ? 'failed' : 'cancelled';
  return { ...view, status, output: ended.output, error: ended.error, reason: ended.reason };
}

function given(input: unknown): ViewedMessage[] {
  if (typeof input === 'string') return [{ role: 'user', text: input }];
  if (!Array.isArray(input)) return [];
  return input.flatMap((item: unknown): ViewedMessage[] => {
    const { role, content } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    if (role !== 'user' && role !== 'assistant') return [];
    return [{ role, text: textOf(content as string | ClientContent[]) }];
  });
}

function textOf(content: string | ClientContent[]): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map(({ text, refusal }) => text ?? refusal ?? '').join('') : '';
}
