/**
 * What the offline-demo model does next. It remembers nothing between calls: what it has already called stands in the ids of the calls in its
 * input, with the piece of the question that each is for.
 */
import {
  type AgentInputItem,
  type AgentOutputItem,
  type FunctionCallItem,
  type FunctionCallResultItem,
  isAssistantMessage,
} from '../event/item.ts';
import type { ModelRequest } from '../port/model.ts';
import { type Answered, answerText } from './offline-answer.ts';
import { type Candidate, candidatesOf } from './offline-match.ts';
import { stemsOf } from './offline-words.ts';
import { openParts, type Part, type Span } from './offline-parts.ts';

// Rules read short questions; of a long text they read the beginning.
const MAX_LENGTH = 2000;
const CALL_ID = /^offline_\d+_(\d+)-(\d+)_(tool|handoff)$/;

interface Conversation {
  /** Counts the user's messages, so that no two calls of a conversation have the same id. */
  readonly turn: number;
  readonly question: string;
  /** The user's questions before this one, the newest first. */
  readonly before: readonly string[];
  readonly calls: readonly FunctionCallItem[];
  readonly results: readonly FunctionCallResultItem[];
}

/** The items of the next response: calls, one handoff, or a message. */
export function nextOutput(request: ModelRequest, now: Date): AgentOutputItem[] {
  const conversation = conversationOf(request.input);
  const calls = conversation.calls.map((call) => ({ call, span: spanOf(call.callId) }));
  const done = calls.flatMap(({ span }) => (span?.kind === 'tool' ? [span] : []));
  const handed = new Set(calls.flatMap(({ call, span }) => (span?.kind === 'handoff' ? [call.name] : [])));
  const candidates = candidatesOf(request);
  // A handoff that was made is not made again for the same question: two agents could go on like that for ever.
  const callable = candidates.filter(({ kind, name }) => kind === 'tool' || !handed.has(name));
  const { question, before } = conversation;
  const open = openParts(question, { candidates: callable, now, done, before });
  const ready = open.filter(({ match }) => match?.missing.length === 0);
  const tools = ready.filter(({ match }) => match?.candidate.kind === 'tool');
  const one = request.modelSettings.parallelToolCalls === false;
  if (tools.length > 0) return tools.slice(0, one ? 1 : tools.length).map((part) => callFor(part, conversation.turn));
  const [handoff] = ready;
  if (handoff) return [callFor(handoff, conversation.turn)];
  return [message(answersOf(conversation), open, candidates)];
}

function callFor(part: Part, turn: number): FunctionCallItem {
  const { candidate, args } = part.match ?? {};
  const callId = `offline_${turn}_${part.start}-${part.end}_${candidate?.kind ?? 'tool'}`;
  return {
    type: 'function_call',
    id: callId,
    callId,
    name: candidate?.name ?? '',
    status: 'completed',
    arguments: JSON.stringify(args ?? {}),
  };
}

function message(
  answered: readonly Answered[],
  open: readonly Part[],
  candidates: readonly Candidate[],
): AgentOutputItem {
  const asks = open.filter(({ match }) => match).map(({ text }) => text);
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: answerText(answered, open, candidates) }],
    ...(asks.length > 0 && { providerData: { offline: { asks } } }),
  };
}

function conversationOf(input: string | AgentInputItem[]): Conversation {
  const items: AgentInputItem[] = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  const at = items.findLastIndex((item) => 'role' in item && item.role === 'user');
  const users = items.flatMap((item) => ('role' in item && item.role === 'user' ? [userText(item)] : []));
  const reply = (users.at(-1) ?? '').slice(0, MAX_LENGTH);
  const asked = items.slice(0, Math.max(at, 0)).findLast((item) => 'role' in item && item.role !== 'user');
  const asks = asksOf(asked);
  const question = asks && isAnswer(reply) ? `${asks} ${reply}` : reply;
  const since = items.slice(at + 1);
  return {
    turn: users.length,
    question,
    before: users
      .slice(-6, -1)
      .toReversed()
      .map((text) => text.slice(0, MAX_LENGTH)),
    calls: since.filter((item) => item.type === 'function_call'),
    results: since.filter((item) => item.type === 'function_call_result'),
  };
}

/** A short answer to what was asked belongs to the request that lacked it; thanks and another question do not. */
function isAnswer(reply: string): boolean {
  const says = /\d/.test(reply) || stemsOf(reply).size > 0;
  return says && reply.split(/\s+/).length <= 8 && !/\?\s*$/.test(reply);
}

function userText(item: Extract<AgentInputItem, { role: 'user' }>): string {
  if (typeof item.content === 'string') return item.content;
  return item.content.flatMap((part) => (part.type === 'input_text' ? [part.text] : [])).join('\n');
}

function asksOf(item: AgentInputItem | undefined): string | undefined {
  if (!item || !('role' in item) || !isAssistantMessage(item)) return undefined;
  const offline = item.providerData?.['offline'];
  const asks = typeof offline === 'object' && offline !== null && 'asks' in offline ? offline.asks : undefined;
  if (!Array.isArray(asks)) return undefined;
  return asks.map((ask) => String(ask).replace(/[?.!\s]+$/, '')).join(', ');
}

function spanOf(callId: string): (Span & { kind: string }) | undefined {
  const [, start, end, kind] = CALL_ID.exec(callId) ?? [];
  return kind === undefined ? undefined : { start: Number(start), end: Number(end), kind };
}

/** The results of tools, in the order of the question. Those of handoffs say only who took over. */
function answersOf({ question, calls, results }: Conversation): Answered[] {
  const kinds = new Map(calls.map(({ callId }) => [callId, spanOf(callId)]));
  return results
    .filter(({ callId }) => kinds.get(callId)?.kind !== 'handoff')
    .map((result) => {
      const span = kinds.get(result.callId);
      return { result, question: span ? question.slice(span.start, span.end) : result.name, start: span?.start ?? 0 };
    })
    .sort((one, other) => one.start - other.start);
}
