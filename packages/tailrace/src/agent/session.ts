/** What a session may be able to do beyond keeping items. Each is a capability that it declares by having it. */
import type { AgentInputItem } from '../event/item.ts';
import type {
  ModelExchange,
  OpenAIResponsesCompactionArgs,
  OpenAIResponsesCompactionResult,
  Session,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
} from '../port/session.ts';
import type { RunContext } from './run-context.ts';

/** A session that is given the run's context with each call. */
export interface RunContextAwareSession<TContext = unknown> extends Session {
  readonly acceptsRunContext: true;
  getItems(limit?: number, runContext?: RunContext<TContext>): Promise<AgentInputItem[]>;
  addItems(items: AgentInputItem[], runContext?: RunContext<TContext>): Promise<void>;
  replaceHistoryWithCompaction?(items: AgentInputItem[], runContext?: RunContext<TContext>): Promise<void>;
  popItem(runContext?: RunContext<TContext>): Promise<AgentInputItem | undefined>;
  clearSession(runContext?: RunContext<TContext>): Promise<void>;
}

/**
 * A session whose changes are atomic and made once for each operation id. The same id with another change, or a suffix that is not the stored one, must fail and
 * change nothing.
 */
export interface SessionHistoryTransactionAwareSession extends Session {
  applyHistoryTransaction(args: SessionHistoryTransactionArgs, runContext?: RunContext): Promise<void> | void;
}

/** A session that can make its history shorter. A run asks it to when its last turn is stored. */
export interface OpenAIResponsesCompactionAwareSession extends Session {
  /**
   * Compacts the history, or decides not to: null. What it throws does not fail the run.
   *
   * `ownership` is what the run got with the history that it read, or null when other changes came between; undefined when a person asks.
   */
  runCompaction(
    args?: OpenAIResponsesCompactionArgs,
    runContext?: RunContext,
    ownership?: object | null,
    modelExchange?: ModelExchange,
  ): Promise<OpenAIResponsesCompactionResult | null> | OpenAIResponsesCompactionResult | null;
}

/** One that replaces only a history that the run has seen whole: what was added by others meanwhile is not lost. */
export interface OpenAIResponsesCompactionOwnershipAwareSession extends OpenAIResponsesCompactionAwareSession {
  getItemsWithCompactionOwnership(runContext?: RunContext): Promise<{ items: AgentInputItem[]; ownership: object }>;
  addItemsWithCompactionOwnership(
    items: AgentInputItem[],
    ownership: object | null,
    runContext?: RunContext,
  ): Promise<void>;
}

export function isRunContextAwareSession(session: Session | undefined): session is RunContextAwareSession {
  return session !== undefined && 'acceptsRunContext' in session && session.acceptsRunContext === true;
}

export function isSessionHistoryRewriteAwareSession(
  session: Session | undefined,
): session is SessionHistoryRewriteAwareSession {
  return can(session, 'applyHistoryMutations');
}

export function isSessionHistoryTransactionAwareSession(
  session: Session | undefined,
): session is SessionHistoryTransactionAwareSession {
  return can(session, 'applyHistoryTransaction');
}

export function isOpenAIResponsesCompactionAwareSession(
  session: Session | undefined,
): session is OpenAIResponsesCompactionAwareSession {
  return can(session, 'runCompaction');
}

export function isOpenAIResponsesCompactionOwnershipAwareSession(
  session: Session | undefined,
): session is OpenAIResponsesCompactionOwnershipAwareSession {
  return (
    can(session, 'runCompaction') &&
    can(session, 'getItemsWithCompactionOwnership') &&
    can(session, 'addItemsWithCompactionOwnership')
  );
}

function can(session: Session | undefined, method: string): boolean {
  return session !== undefined && typeof Reflect.get(session, method) === 'function';
}
