import { isSessionHistoryTransactionAwareSession } from '../agent/session.ts';
import { newItemId } from '../base/id.ts';
import type { AgentInputItem } from '../event/item.ts';
import type { Session } from '../port/session.ts';

/** Puts other items in the place of all that a session has. When that fails, what was there is put back. */
export async function replaceHistory(
  session: Session,
  before: AgentInputItem[],
  after: AgentInputItem[],
): Promise<void> {
  if (isSessionHistoryTransactionAwareSession(session)) {
    const transaction = { type: 'replace_suffix', expectedSuffix: before, replacement: after } as const;
    return session.applyHistoryTransaction({ operationId: newItemId('compaction'), transaction });
  }
  try {
    await session.clearSession();
    await session.addItems(after);
  } catch (error) {
    await session.clearSession();
    await session.addItems(before);
    throw error;
  }
}
