/** The rules of `LogStore.append` and `LogStore.post` that need nothing but the run's head: for every store to call inside its transaction. */
import { StaleEpoch, SystemError, UserError } from '../event/errors.ts';
import { isTerminal, type RunEvent } from '../event/run-event.ts';
import type { MailboxMessage } from './log-store.ts';

/** What a store keeps of a run beside its events. */
export interface RunState {
  epoch: number;
  /** The sequence number that the next event gets. */
  next: number;
  ended: boolean;
  /** The `clientSeq` of the current epoch's last append, 0 before its first. */
  clientSeq: number;
}

/**
 * Whether an append is to be written: false when the current epoch has written it before.
 * @throws {StaleEpoch} when another writer has claimed the run since.
 * @throws {SystemError} when the run was never claimed (`RUN_NOT_FOUND`), has ended (`APPEND_AFTER_END`), or the events do not follow its head.
 */
export function admitsAppend(
  run: string,
  state: RunState | undefined,
  epoch: number,
  clientSeq: number,
  events: readonly RunEvent[],
): boolean {
  if (state === undefined) {
    throw new SystemError(`Run '${run}' is not in the store: it was never claimed, or has been deleted.`, {
      code: 'RUN_NOT_FOUND',
      runId: run,
    });
  }
  if (epoch !== state.epoch) {
    const message = `Run '${run}' belongs to writer ${state.epoch}; writer ${epoch} may not write to it. Stop this one: the other goes on.`;
    throw new StaleEpoch(message, { runId: run, data: { epoch, current: state.epoch } });
  }
  if (clientSeq <= state.clientSeq || events.length === 0) return false;
  if (state.ended) throw afterEnd(run);
  refuseDisorder(run, state.next, events);
  return true;
}

/**
 * The events follow one another from `next` on, and none follows the terminal one.
 * @throws {SystemError} `APPEND_AFTER_END`, or when they do not.
 */
export function refuseDisorder(run: string, next: number, events: readonly RunEvent[]): void {
  const last = events.length - 1;
  for (let index = 0; index <= last; index++) {
    const event = events[index] as RunEvent;
    const seq = next + index;
    if (event.seq !== seq) {
      throw new SystemError(`Event ${event.seq} (${event.type}) cannot follow: run '${run}' goes on at ${seq}.`, {
        runId: run,
      });
    }
    if (index < last && isTerminal(event)) throw afterEnd(run);
  }
}

/**
 * For `post`, once it is known that the message is a new one.
 * @throws {UserError} `RUN_ENDED` for input that nobody would take.
 */
export function refuseLateInput(run: string, { kind }: MailboxMessage, over: boolean): void {
  if (kind !== 'input' || !over) return;
  throw new UserError(`Run ${run} has ended, or has said its last. Submit a new one, with its session.`, {
    code: 'RUN_ENDED',
    runId: run,
  });
}

function afterEnd(run: string): SystemError {
  return new SystemError(`Run '${run}' has its terminal event; nothing may follow it.`, {
    code: 'APPEND_AFTER_END',
    runId: run,
  });
}
