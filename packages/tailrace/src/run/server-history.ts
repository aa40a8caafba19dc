/**
 * A conversation that the provider keeps, under an id of its own or as a chain of responses. Each call of the model is sent only what the provider has not been told.
 *
 * H1 What a response answered has been told: the items that it was asked with, and its own. H2 How far the provider has been told follows from the log alone, so
 * that whoever takes the run up sends the same.
 */
import { getHandoff } from '../agent/handoff.ts';
import { ModelBehaviorError, UserError } from '../event/errors.ts';
import type { FoldedRun } from '../event/fold.ts';
import type { RunStarted } from '../event/run-event.ts';
import type { AgentInputItem, AgentOutputItem } from '../event/item.ts';
import type { ModelRequest } from '../port/model.ts';
import { AgentRegistry } from './agent-registry.ts';
import type { RunPlan } from './plan.ts';

/** Which conversation a run continues; one of the two. */
export type ServerConversation = { conversationId: string } | { previousResponseId: string };

/** The part of a model request that says what was said. */
export type ToldRequest = Pick<ModelRequest, 'input' | 'conversationId' | 'previousResponseId'>;

export class ServerHistory {
  readonly #conversation: ServerConversation;
  readonly #runId: string;
  /** How many items of the run's conversation the provider has. */
  #told = 0;
  #last: { responseId: string | undefined; output: readonly AgentOutputItem[] } | undefined;

  constructor(conversation: ServerConversation, runId: string) {
    this.#conversation = conversation;
    this.#runId = runId;
  }

  /** @throws ModelBehaviorError when the last response cannot be continued */
  request(items: readonly AgentInputItem[]): ToldRequest {
    const fresh = items.slice(this.#told);
    const input = [...fresh, ...this.#notTaken(fresh)];
    if ('conversationId' in this.#conversation) {
      return { input, conversationId: this.#conversation.conversationId };
    }
    return { input, previousResponseId: this.#previous(this.#conversation.previousResponseId) };
  }

  /** A response has come, and `items` is the conversation with it. */
  answered(responseId: string | undefined, output: readonly AgentOutputItem[], items: number): void {
    this.#last = { responseId, output };
    this.#told = items;
  }

  #previous(first: string): string {
    if (!this.#last) return first;
    if (this.#last.responseId !== undefined && this.#last.responseId !== '') return this.#last.responseId;
    throw new ModelBehaviorError(
      `The model's last response has no id, and so the conversation that ${first} began cannot be continued on the server. Run without previousResponseId, and pass result.history.`,
      { runId: this.#runId },
    );
  }

  // The provider has every call of its response, and wants an output for each: also for a handoff beside the one that was taken.
  #notTaken(fresh: readonly AgentInputItem[]): AgentInputItem[] {
    const answered = new Set(fresh.flatMap((item) => (item.type === 'function_call_result' ? [item.callId] : [])));
    return (this.#last?.output ?? []).flatMap((item) =>
      item.type === 'function_call' && !answered.has(item.callId) ? [notTaken(item.name, item.callId)] : [],
    );
  }
}

function notTaken(name: string, callId: string): AgentInputItem {
  const text = 'Not taken: another handoff of the same response was.';
  return { type: 'function_call_result', name, callId, status: 'completed', output: { type: 'text', text } };
}

/** The server's history of a run, where it has one; as its log says, where it is taken up. */
export function serverHistoryOf(plan: RunPlan, folded: FoldedRun | undefined): ServerHistory | undefined {
  const { server, runId } = plan;
  if (!server) return undefined;
  const history = new ServerHistory(server, runId);
  if (folded?.answered) {
    const { response, items } = folded.answered;
    const before = typeof folded.input === 'string' ? 1 : folded.input.length;
    history.answered(response.responseId, response.output, before + items);
  }
  return history;
}

/** What a caller says about the conversation. @throws UserError OPTION_CONFLICT, OPTION_TYPE */
export function serverConversationOf(
  options: { conversationId?: unknown; previousResponseId?: unknown },
  hasSession: boolean,
): ServerConversation | undefined {
  const { conversationId, previousResponseId } = options;
  if (conversationId === undefined && previousResponseId === undefined) return undefined;
  const given = Object.entries({ conversationId, previousResponseId }).filter(([, id]) => id !== undefined);
  const [first] = given;
  if (!first) return undefined;
  const [name, id] = first;
  if (given.length > 1) {
    throw new UserError('run(): conversationId and previousResponseId both name a conversation. Give one of them.', {
      code: 'OPTION_CONFLICT',
    });
  }
  if (hasSession) {
    throw new UserError(
      `run(): the server keeps the history of ${name}, and a session keeps one, too. Give one of them.`,
      { code: 'OPTION_CONFLICT' },
    );
  }
  if (typeof id !== 'string' || id === '') {
    throw new UserError(`run(): ${name} must be a text, got ${id === '' ? 'an empty one' : typeof id}.`, {
      code: 'OPTION_TYPE',
    });
  }
  return name === 'conversationId' ? { conversationId: id } : { previousResponseId: id };
}

/** The conversation that a run began with. @throws UserError OPTION_CONFLICT when the caller names another */
export function serverConversationOfRun(
  started: RunStarted & { run: string },
  options: { conversationId?: unknown; previousResponseId?: unknown },
): { conversationId?: string; previousResponseId?: string } {
  for (const name of ['conversationId', 'previousResponseId'] as const) {
    if (options[name] === undefined || options[name] === started[name]) continue;
    throw new UserError(
      `run(): run ${started.run} began with ${started[name] === undefined ? 'no' : 'another'} ${name}, and goes on with what it began with. Leave it out.`,
      { code: 'OPTION_CONFLICT', runId: started.run },
    );
  }
  const { conversationId, previousResponseId } = started;
  return {
    ...(conversationId !== undefined && { conversationId }),
    ...(previousResponseId !== undefined && { previousResponseId }),
  };
}

/**
 * What the server has been told it keeps: output that a guardrail rejects cannot be taken out, and a filter has nothing to filter.
 *
 * @throws UserError OPTION_CONFLICT
 */
export function refuseUnkeepable(plan: RunPlan): void {
  if (!plan.server) return;
  const name = 'conversationId' in plan.server ? 'conversationId' : 'previousResponseId';
  const fail = (why: string): UserError =>
    new UserError(`run(): ${why}. Run without ${name}: pass result.history, or a session.`, {
      code: 'OPTION_CONFLICT',
      runId: plan.runId,
    });
  for (const agent of new AgentRegistry().enter(plan.agent)) {
    if (plan.outputGuardrails.length > 0 || agent.outputGuardrails.length > 0) {
      const whose = plan.outputGuardrails.length > 0 ? 'the Runner' : `agent '${agent.name}'`;
      throw fail(
        `${whose} has output guardrails, and what one rejects would stay in the conversation that the server keeps`,
      );
    }
    const handoffs = agent.handoffs.map((entry) => getHandoff(entry));
    const filtered = handoffs.find(({ inputFilter }) => inputFilter ?? plan.config.handoffInputFilter);
    if (filtered) {
      throw fail(
        `handoff '${filtered.toolName}' of agent '${agent.name}' has an input filter, and what the server keeps cannot be filtered`,
      );
    }
  }
}
