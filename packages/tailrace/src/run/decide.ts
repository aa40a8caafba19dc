/** How a decision about a call gets into a run: by its mailbox, from any process. */
import { UserError } from '../event/errors.ts';
import type { ErrorCode } from '../event/error-codes.ts';
import { type FoldedRun, foldRun } from '../event/fold.ts';
import { approvalOf, pendingApprovals } from '../event/folded-waiting.ts';
import type { ApprovalRequested } from '../event/mail-events.ts';
import { readRun } from '../log/read-run.ts';
import type { LogStore, StoredMessage } from '../port/log-store.ts';

/** What somebody decided about a call that waits for it. */
export interface Decision {
  callId: string;
  /** Of the call, where its id alone may be that of another one, too. */
  step?: string;
  approved: boolean;
  /** Who decided. */
  by?: string;
  /** What the model is told of a rejection. */
  message?: string;
  /** Holds for all later calls of the same tool by the same agent, too. */
  always?: boolean;
}

/**
 * Leaves the decision for the run. The first one about a call counts, whoever drives the run, now or later; it is stored when this resolves.
 *
 * @throws UserError RUN_NOT_FOUND, RUN_ENDED (a cancel that was asked for is an end), APPROVAL_UNKNOWN, APPROVAL_DECIDED, APPROVAL_EXPIRED
 */
export async function decide(store: LogStore, run: string, decision: Decision): Promise<void> {
  const { callId, step } = decision;
  const folded = foldRun(await readRun((from, limit) => store.read(run, from, limit)));
  if (!folded) throw refusal(run, callId, 'RUN_NOT_FOUND', 'There is no such run in this store.');
  const mail = await store.mail(run, folded.mail);
  const requested = awaited(folded, mail, run, callId, step);
  const { approved, by, message, always } = decision;
  const body = {
    callId: requested.callId,
    step: requested.step,
    approved,
    ...(by !== undefined && { by }),
    ...(message !== undefined && { message }),
    ...(always && { always }),
  };
  // One id a call: of two who decide at once, the store lets one in.
  const first = await store.post(run, { id: decisionId(requested), kind: 'approval', body });
  if (!first) throw decided(run, callId);
}

/** The id of the message that decides about a call. */
export function decisionId({ step }: ApprovalRequested): string {
  return `approval:${step}`;
}

function awaited(
  folded: FoldedRun,
  mail: readonly StoredMessage[],
  run: string,
  callId: string,
  step: string | undefined,
): ApprovalRequested {
  const cancelled = folded.cancel !== undefined || mail.some(({ kind }) => kind === 'cancel');
  if (folded.ended || cancelled)
    throw refusal(run, callId, 'RUN_ENDED', folded.ended ? 'The run has ended.' : 'The run is being cancelled.');
  const approval = approvalOf(folded.approvals, callId, step ?? onlyOne(folded, mail, run, callId));
  if (!approval) throw refusal(run, callId, 'APPROVAL_UNKNOWN', 'The run does not wait for a decision about it.');
  const { requested } = approval;
  if (approval.decided?.expired) throw expired(run, callId);
  if (approval.decided || mail.some(({ id }) => id === decisionId(requested))) throw decided(run, callId);
  if (requested.expiresAt !== undefined && requested.expiresAt <= Date.now()) throw expired(run, callId);
  return requested;
}

/** The step of the one call of that id that waits: in nested agents there may be several, and nobody may approve one for another. */
function onlyOne(folded: FoldedRun, mail: readonly StoredMessage[], run: string, callId: string): string | undefined {
  const open = pendingApprovals(folded).filter(
    (one) => one.callId === callId && !mail.some(({ id }) => id === decisionId(one)),
  );
  if (open.length <= 1) return open[0]?.step;
  const steps = open.map((one) => `'${one.step}'`).join(', ');
  throw refusal(
    run,
    callId,
    'APPROVAL_UNKNOWN',
    `Several calls of that id wait: ${steps}. Give a step in place of the id.`,
  );
}

/** The refusal of a decision about a call that has one. */
export function decided(run: string, callId: string): UserError {
  return refusal(run, callId, 'APPROVAL_DECIDED', 'Somebody has decided already, and the first decision counts.');
}

function expired(run: string, callId: string): UserError {
  return refusal(run, callId, 'APPROVAL_EXPIRED', 'Nobody decided in time, so the call counts as rejected.');
}

function refusal(runId: string, callId: string, code: ErrorCode, why: string): UserError {
  return new UserError(`The decision about call '${callId}' of run ${runId} is not taken. ${why}`, {
    code,
    runId,
    data: { callId },
  });
}
