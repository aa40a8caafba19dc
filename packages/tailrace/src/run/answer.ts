/** How an answer, or other input, gets into a run: by its mailbox, from any process. */
import { checkJson } from '../agent/option.ts';
import { newItemId } from '../base/id.ts';
import type { Json } from '../base/json.ts';
import type { ErrorCode } from '../event/error-codes.ts';
import { LimitError, UserError } from '../event/errors.ts';
import { type FoldedRun, foldRun, pendingWaits } from '../event/fold.ts';
import type { WaitStarted } from '../event/mail-events.ts';
import { readRun } from '../log/read-run.ts';
import type { LogStore, StoredMessage } from '../port/log-store.ts';
import { checkInput } from './input.ts';

const MAX_UNREAD = 1_000;

export interface AnswerOptions {
  /** Who answers, for the log. */
  by?: string;
  /** Which call, where two agents that are tools have used one id. */
  step?: string;
  /** Names the message: one that was sent before changes nothing. */
  messageId?: string;
}

/**
 * Leaves an answer for a call that waits for one. The first answer counts, whoever drives the run, now or later; it is stored when this resolves.
 *
 * @throws UserError RUN_NOT_FOUND, RUN_ENDED (a cancel that was asked for is an end), WAIT_UNKNOWN, WAIT_ANSWERED, WAIT_EXPIRED, OPTION_TYPE
 */
export async function answer(
  store: LogStore,
  run: string,
  callId: string,
  said: Json,
  { by, messageId, step }: AnswerOptions = {},
): Promise<void> {
  checkData('An answer', said);
  const folded = await foldOf(store, run);
  const mail = await store.mail(run, 0);
  if (wasSent(mail, messageId)) return;
  const wait = awaited(folded, mail, run, { callId, step });
  if (await postAnswer(store, run, wait, { answer: said, by, messageId })) return;
  if (wasSent(await store.mail(run, 0), messageId)) return;
  throw answered(run, callId);
}

/**
 * Leaves input for the run. A text answers the one call that waits for input, where exactly one does and nobody has answered it; all else joins the conversation before the next turn.
 *
 * @throws UserError RUN_NOT_FOUND, RUN_ENDED, OPTION_TYPE, INPUT_REQUIRED, INPUT_TYPE, INPUT_ITEM_INVALID; LimitError MAILBOX_FULL
 */
export async function leaveInput(
  store: LogStore,
  run: string,
  given: unknown,
  { by, messageId }: AnswerOptions = {},
): Promise<void> {
  checkData('Input', given);
  // How much a run takes is its own to say.
  const input = checkInput(given, Infinity);
  const ended = await hasEnded(store, run);
  const mail = await store.mail(run, 0);
  if (wasSent(mail, messageId)) return;
  if (ended)
    throw new UserError(`Run ${run} has ended. Submit a new one, with its session.`, { code: 'RUN_ENDED', runId: run });
  if (typeof input === 'string') {
    const folded = await foldOf(store, run);
    const waiting = pendingWaits(folded).filter((wait) => isOpen(wait, mail));
    const [wait] = waiting;
    if (wait && waiting.length === 1 && !isStopping(folded, mail)) {
      if (await postAnswer(store, run, wait, { answer: input, by, messageId })) return;
      // Somebody else was first: then it is what the user says next, unless it was this very message.
      if (wasSent(await store.mail(run, 0), messageId)) return;
    }
  }
  await checkRoom(store, run, mail);
  const body = typeof input === 'string' ? { text: input } : { items: input };
  await store.post(run, { id: messageId ?? newItemId('input'), kind: 'input', body });
}

/** Who sends faster than the run takes turns is refused, before the run's next turn is too long for its model. */
async function checkRoom(store: LogStore, run: string, mail: readonly StoredMessage[]): Promise<void> {
  if (mail.length < MAX_UNREAD) return;
  const { mail: taken, received } = await foldOf(store, run);
  const unread = received.length + mail.filter(({ kind, position }) => kind === 'input' && position > taken).length;
  if (unread < MAX_UNREAD) return;
  throw new LimitError(
    `${unread} messages wait for the next turn of run ${run}, and ${MAX_UNREAD} may. Send this one again when that has begun, or cancel the run.`,
    { code: 'MAILBOX_FULL', runId: run, data: { unread, limit: MAX_UNREAD } },
  );
}

function checkData(name: string, value: unknown): void {
  if (value === undefined) throw new UserError(`${name} must be JSON, got undefined.`, { code: 'OPTION_TYPE' });
  checkJson(name, value);
}

/** @throws UserError RUN_NOT_FOUND */
export async function hasEnded(store: LogStore, run: string): Promise<boolean> {
  const head = await store.head(run);
  if (head) return head.ended;
  throw new UserError(`There is no run '${run}' in this store.`, { code: 'RUN_NOT_FOUND', runId: run });
}

interface Said {
  answer: Json;
  by: string | undefined;
  messageId: string | undefined;
}

/** One id a call: of two who answer at once, the store lets one in. */
async function postAnswer(
  store: LogStore,
  run: string,
  { step, callId }: WaitStarted,
  { answer: said, by, messageId }: Said,
): Promise<boolean> {
  const body = {
    step,
    callId,
    answer: said,
    ...(by !== undefined && { by }),
    ...(messageId !== undefined && { messageId }),
  };
  return store.post(run, { id: answerId(step), kind: 'input', body });
}

function answerId(step: string): string {
  return `answer:${step}`;
}

function wasSent(mail: readonly StoredMessage[], messageId: string | undefined): boolean {
  if (messageId === undefined) return false;
  return mail.some(({ id, body }) => id === messageId || messageIdOf(body) === messageId);
}

function messageIdOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'messageId' in body ? body.messageId : undefined;
}

function isOpen(wait: WaitStarted, mail: readonly StoredMessage[]): boolean {
  if (wait.for !== 'input' || (wait.until ?? Infinity) <= Date.now()) return false;
  return !mail.some(({ id }) => id === answerId(wait.step));
}

function isStopping(folded: FoldedRun, mail: readonly StoredMessage[]): boolean {
  return folded.ended !== undefined || folded.cancel !== undefined || mail.some(({ kind }) => kind === 'cancel');
}

async function foldOf(store: LogStore, run: string): Promise<FoldedRun> {
  const folded = foldRun(await readRun((from, limit) => store.read(run, from, limit)));
  if (folded) return folded;
  throw new UserError(`There is no run '${run}' in this store.`, { code: 'RUN_NOT_FOUND', runId: run });
}

function awaited(
  folded: FoldedRun,
  mail: readonly StoredMessage[],
  run: string,
  { callId, step }: { callId: string; step: string | undefined },
): WaitStarted {
  if (isStopping(folded, mail))
    throw refusal(run, callId, 'RUN_ENDED', folded.ended ? 'The run has ended.' : 'The run is being cancelled.');
  const about = [...folded.waits.values()].filter(
    ({ started }) => started.callId === callId && (step === undefined || started.step === step),
  );
  const wait = about.findLast(({ ended }) => !ended) ?? about.at(-1);
  if (wait?.started.for !== 'input')
    throw refusal(run, callId, 'WAIT_UNKNOWN', 'The run does not wait for an answer to it.');
  const { started, ended } = wait;
  if (ended?.how === 'expired') throw expired(run, callId);
  if (ended || mail.some(({ id }) => id === answerId(started.step))) throw answered(run, callId);
  if (started.until !== undefined && started.until <= Date.now()) throw expired(run, callId);
  return started;
}

function answered(run: string, callId: string): UserError {
  return refusal(run, callId, 'WAIT_ANSWERED', 'Somebody has answered already, and the first answer counts.');
}

function expired(run: string, callId: string): UserError {
  return refusal(run, callId, 'WAIT_EXPIRED', 'Nobody answered in time, and the run goes on without an answer.');
}

function refusal(runId: string, callId: string, code: ErrorCode, why: string): UserError {
  return new UserError(`The answer to call '${callId}' of run ${runId} is not taken. ${why}`, {
    code,
    runId,
    data: { callId },
  });
}
