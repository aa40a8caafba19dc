/** Changes of a stored history, as plain functions of its items. */
import { canonical } from '../base/json.ts';
import { UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';
import type {
  SessionHistoryMutation,
  SessionHistoryTransaction,
  SessionHistoryTransactionArgs,
} from '../port/session.ts';

/** The items after these changes, in a new list. A call that comes several times is replaced once, where it comes first; the others go. */
export function applySessionHistoryMutations(
  items: AgentInputItem[],
  mutations: SessionHistoryMutation[],
): AgentInputItem[] {
  let changed = structuredClone(items);
  for (const { callId, replacement } of mutations) {
    let replaced = false;
    changed = changed.flatMap((item) => {
      if (item.type !== 'function_call' || item.callId !== callId) return [item];
      if (replaced) return [];
      replaced = true;
      return [structuredClone(replacement)];
    });
  }
  return changed;
}

/** The items after the change, in a new list. @throws UserError OPTION_CONFLICT when the stored suffix is another one */
export function applySessionHistoryTransaction(
  items: readonly AgentInputItem[],
  transaction: SessionHistoryTransaction,
): AgentInputItem[] {
  switch (transaction.type) {
    case 'append_items':
      return [...items, ...structuredClone(transaction.items)];
    case 'replace_suffix': {
      const { expectedSuffix, replacement } = transaction;
      const at = items.length - expectedSuffix.length;
      if (at < 0 || canonical(items.slice(at)) !== canonical(expectedSuffix)) {
        throw new UserError('The newest items of the session are not those that were to be replaced. Read it again.', {
          code: 'OPTION_CONFLICT',
        });
      }
      return [...items.slice(0, at), ...structuredClone(replacement)];
    }
    default:
      throw new UserError(
        `A session's history has no change of type ${JSON.stringify((transaction as { type?: unknown }).type)}. There are append_items and replace_suffix.`,
        { code: 'OPTION_TYPE' },
      );
  }
}

/** Which changes a session has made. */
export class AppliedTransactions {
  readonly #made: Map<string, string> = new Map();

  /** True when this very change was made before. @throws UserError OPTION_TYPE, OPTION_CONFLICT */
  has({ operationId, transaction }: SessionHistoryTransactionArgs): boolean {
    if (typeof operationId !== 'string' || operationId === '') {
      throw new UserError("A change of a session's history needs an operationId that is not empty.", {
        code: 'OPTION_TYPE',
      });
    }
    const made = this.#made.get(operationId);
    if (made === undefined) return false;
    if (made === canonical(transaction)) return true;
    throw new UserError(
      `The session has made another change as operation ${operationId}. Give each change its own id.`,
      {
        code: 'OPTION_CONFLICT',
      },
    );
  }

  add({ operationId, transaction }: SessionHistoryTransactionArgs): void {
    this.#made.set(operationId, canonical(transaction));
  }

  clear(): void {
    this.#made.clear();
  }
}
