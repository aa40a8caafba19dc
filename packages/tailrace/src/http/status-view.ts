/** How a run stands, as clients see it. */
import type { RunSummary } from '../runtime/run-list.ts';
import type { RunStatus } from '../runtime/run-status.ts';
import { clientError, type ExposureOf } from './client-view.ts';
import type { Principal } from './options.ts';
import { clientSessionId } from './session-key.ts';

export interface StatusOptions {
  principal: Principal;
  exposureOf: ExposureOf;
  /** True for whoever may approve: they see the arguments that they decide about. */
  decides: boolean;
}

export function statusView(status: RunStatus, { principal, exposureOf, decides }: StatusOptions): object {
  const { error, approvals, sessionId, traceId: _, principal: __, ...rest } = status;
  return {
    ...rest,
    ...(sessionId !== undefined && { sessionId: clientSessionId(principal, sessionId) }),
    ...(error && { error: clientError(error) }),
    approvals: approvals.map(({ arguments: args, ...approval }) => ({
      ...approval,
      ...((decides || exposureOf(approval.tool).arguments) && { arguments: args }),
    })),
  };
}

/** One run of a list. */
export function summaryView(summary: RunSummary, principal: Principal): object {
  const { sessionId, principal: _, ...rest } = summary;
  return { ...rest, ...(sessionId !== undefined && { sessionId: clientSessionId(principal, sessionId) }) };
}
