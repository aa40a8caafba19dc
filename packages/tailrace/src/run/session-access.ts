/** The calls of a session: each with what the session wants to know, and stopped when the run is. */
import {
  isOpenAIResponsesCompactionAwareSession,
  type OpenAIResponsesCompactionAwareSession,
  isOpenAIResponsesCompactionOwnershipAwareSession,
  isRunContextAwareSession,
  isSessionHistoryTransactionAwareSession,
} from '../agent/session.ts';
import { MemorySession } from '../agent/memory-session.ts';
import { abortable } from '../base/abort.ts';
import { asError, errorText } from '../base/error-text.ts';
import { canonical } from '../base/json.ts';
import { type AgentsError, isAgentsError, serializeError, SystemError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import { RequestUsage, usageOfRequest } from '../event/usage.ts';
import type { ModelResponse } from '../port/model.ts';
import type { OpenAIResponsesCompactionResult, Session } from '../port/session.ts';
import { asItems } from './conversation.ts';
import { kindOf } from './model-answer.ts';
import type { ModelQuestion } from './model-request.ts';
import { inTrace, type RunScope, type Steps } from './scope.ts';

/** The history, as a model is to see it. */
export async function loadSession(run: RunScope, session: Session): Promise<AgentInputItem[]> {
  const items = await askSession(run, 'load', async () => {
    if (!isOpenAIResponsesCompactionOwnershipAwareSession(session)) return itemList(await itemsOf(run, session));
    const { items: owned, ownership } = await session.getItemsWithCompactionOwnership(run.context);
    if (run.session) run.session.ownership = ownership;
    return itemList(owned);
  });
  return session.prepareHistoryItemForModelInput
    ? items.map((item) => session.prepareHistoryItemForModelInput?.(item) ?? item)
    : items;
}

/** What the session gave, if that is a list of items. */
function itemList(given: unknown): AgentInputItem[] {
  if (!Array.isArray(given)) throw new TypeError(`it gave ${kindOf(given)}, not a list of items`);
  const wrong = (given as unknown[]).findIndex((item) => typeof item !== 'object' || item === null);
  if (wrong !== -1) throw new TypeError(`its item ${wrong} is ${kindOf(given[wrong])}, not an item`);
  return given as AgentInputItem[];
}

export interface SessionAddition {
  step: string;
  items: AgentInputItem[];
  /** True when a process before this one began to add them. */
  begunBefore: boolean;
  /** How many steps of other runs the session had when it was read, if that still counts. */
  others?: number | undefined;
}

/** Of the session, before it is read: whoever else has read it and adds first has it. */
export async function stepsOfOthers(run: RunScope, session: Session): Promise<number | undefined> {
  if (!session.stepsOfOthers) return undefined;
  return askSession(run, 'load', async () => session.stepsOfOthers?.(run.plan.runId));
}

export async function addToSession(run: RunScope, session: Session, addition: SessionAddition): Promise<void> {
  const { items, begunBefore, others } = addition;
  const step = `${run.plan.runId}:${addition.step}`;
  if (session.addItemsOnce) return askSession(run, 'save', async () => session.addItemsOnce?.(step, items, others));
  if (outlives(run, session) && isSessionHistoryTransactionAwareSession(session)) {
    const args = { operationId: step, transaction: { type: 'append_items', items } as const };
    return askSession(run, 'save', async () => session.applyHistoryTransaction(args, run.context));
  }
  // The last writer may have saved them and not lived to say so.
  if (begunBefore && (await askSession(run, 'load', () => endsWith(run, session, items)))) return;
  await askSession(run, 'save', async () => {
    if (isOpenAIResponsesCompactionOwnershipAwareSession(session)) {
      await session.addItemsWithCompactionOwnership(items, run.session?.ownership ?? null, run.context);
    } else if (isRunContextAwareSession(session)) await session.addItems(items, run.context);
    else await session.addItems(items);
  });
}

// Where run or session go with the process, nobody adds the same a second time.
function outlives({ plan }: RunScope, session: Session): boolean {
  return plan.config.store !== undefined && !(session instanceof MemorySession);
}

/**
 * Lets the session make its history shorter, where it can, once the run's last turn is in it. What it throws is in the log and changes nothing: the run's output
 * is there, and the history whole.
 */
export async function* compactSession(run: RunScope, request: ModelQuestion, response: ModelResponse): Steps<void> {
  const { session } = run.plan;
  if (!session || run.folded?.compacted || !isOpenAIResponsesCompactionAwareSession(session)) return;
  const { signal } = run.control;
  try {
    const result = await abortable(
      inTrace(run, run.taskSpan, async () => compacted(run, session, request, response)),
      signal,
    );
    const usage = result ? new RequestUsage(result.usage).toData() : undefined;
    if (usage) run.context.usage.add(usageOfRequest(usage));
    yield [{ type: 'session.compacted', ...(usage && { usage }) }];
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    yield [{ type: 'session.compacted', error: serializeError(error, run.plan.runId) }];
  }
}

function compacted(
  run: RunScope,
  session: OpenAIResponsesCompactionAwareSession,
  { input, modelSettings: { store } }: ModelQuestion,
  { responseId, output }: ModelResponse,
): Promise<OpenAIResponsesCompactionResult | null> | OpenAIResponsesCompactionResult | null {
  const args = { ...(responseId !== undefined && { responseId }), ...(store !== undefined && { store }) };
  if (isOpenAIResponsesCompactionOwnershipAwareSession(session)) {
    const exchange = { items: [...asItems(input), ...output], ...(responseId !== undefined && { responseId }) };
    return session.runCompaction(args, run.context, run.session?.ownership ?? null, exchange);
  }
  return isRunContextAwareSession(session) ? session.runCompaction(args, run.context) : session.runCompaction(args);
}

function itemsOf(run: RunScope, session: Session, limit?: number): Promise<AgentInputItem[]> {
  if (isRunContextAwareSession(session)) return session.getItems(limit, run.context);
  return limit === undefined ? session.getItems() : session.getItems(limit);
}

async function endsWith(run: RunScope, session: Session, items: AgentInputItem[]): Promise<boolean> {
  const tail = await itemsOf(run, session, items.length);
  const comparable = (some: AgentInputItem[]): AgentInputItem[] =>
    session.prepareHistoryItemsForPersistenceComparison?.(some) ?? some;
  return canonical(comparable(tail)) === canonical(comparable(items));
}

/** @throws SystemError SESSION_LOAD_FAILED, SESSION_SAVE_FAILED; where the run is driven again, STORE_BUSY and STORE_FULL */
export async function askSession<T>(run: RunScope, what: 'load' | 'save', call: () => Promise<T>): Promise<T> {
  const { signal } = run.control;
  if (signal.aborted) throw signal.reason;
  try {
    return await abortable(
      inTrace(run, run.taskSpan, async () => call()),
      signal,
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isAgentsError(error) && error.code === 'SESSION_BUSY') throw error;
    throw postponed(run, what, error) ?? sessionError(run, what, error);
  }
}

const VERBS = { load: 'could not be loaded', save: 'could not be saved' } as const;

/** A step of the session that is to be tried again, as an append of the run's log is: the run is left as it is. */
function postponed(run: RunScope, what: 'load' | 'save', error: unknown): AgentsError | undefined {
  const { redriven, runId } = run.plan;
  if (redriven !== true || run.nested || !isAgentsError(error)) return undefined;
  const { code } = error;
  if (code !== 'STORE_BUSY' && code !== 'STORE_FULL') return undefined;
  const why = new SystemError(`The session ${VERBS[what]}: ${errorText(error)} The run goes on with that later.`, {
    code,
    cause: error,
    runId,
  });
  run.control.leave(why);
  // Somebody may have asked before to leave the run.
  return run.control.leaving;
}

function sessionError(run: RunScope, what: 'load' | 'save', error: unknown): SystemError {
  const code = what === 'load' ? 'SESSION_LOAD_FAILED' : 'SESSION_SAVE_FAILED';
  const verb = VERBS[what];
  return new SystemError(
    `The session ${verb}: ${errorText(error)}. The run has ended; what was committed before is in the session.`,
    {
      code,
      cause: asError(error),
      runId: run.plan.runId,
      publicMessage: `The session ${verb}.`,
    },
  );
}
