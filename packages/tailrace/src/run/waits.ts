/**
 * The calls of a run that wait, or waited, for an answer from outside or for a time.
 *
 * W1 A call that waits is over for its function: whoever takes the run up does not make it again. W2 The first answer in time counts; without one, its time does. W3 What ended the wait is durable
 * before the model is told of it.
 */
import type { AnyAgent } from '../agent/agent.ts';
import type { WaitRequest } from '../agent/wait.ts';
import type { FoldedRun, FoldedWait } from '../event/fold.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { MailIgnored, WaitEnded, WaitStarted } from '../event/mail-events.ts';
import type { StepRef } from '../event/step-events.ts';
import type { RunScope } from './scope.ts';
import type { StartedSpan } from './span-book.ts';

export class Waits {
  readonly #byStep: Map<string, FoldedWait>;

  constructor(folded: FoldedRun | undefined) {
    this.#byStep = new Map(folded?.waits);
  }

  at(step: string): FoldedWait | undefined {
    // A step is a text of its own each time: to look it up is to hash it.
    return this.#byStep.size === 0 ? undefined : this.#byStep.get(step);
  }

  begin(started: WaitStarted): void {
    this.#byStep.set(started.step, { started });
  }

  /** What keeps an answer that was given at `at` from counting, if something does. */
  problem(step: string, at: number): MailIgnored['why'] | undefined {
    const wait = this.#byStep.get(step);
    if (wait?.started.for !== 'input') return 'unknown';
    if (wait.ended) return wait.ended.how === 'expired' ? 'expired' : 'decided';
    return (wait.started.until ?? Infinity) <= at ? 'expired' : undefined;
  }

  end(ended: WaitEnded): void {
    const wait = this.#byStep.get(ended.step);
    if (wait) this.#byStep.set(ended.step, { ...wait, ended });
  }

  /** Ends those whose time has come. */
  expire(now: number): WaitEnded[] {
    const due = this.open.filter(({ until = Infinity }) => until <= now);
    const events = due.map(timeOver);
    for (const event of events) this.end(event);
    return events;
  }

  /** Calls that still wait. */
  get open(): WaitStarted[] {
    return [...this.#byStep.values()].flatMap(({ started, ended }) => (ended ? [] : [started]));
  }
}

function timeOver({ step, callId, for: waitsFor, until, output }: WaitStarted): WaitEnded {
  const timer = waitsFor === 'timer';
  const usual = timer
    ? `The time has come: ${new Date(until ?? 0).toISOString()}.`
    : 'Nobody answered in time. Go on without an answer, or ask again.';
  return { type: 'wait.ended', step, callId, how: timer ? 'fired' : 'expired', output: output ?? usual };
}

interface WaitingCall {
  readonly ref: StepRef;
  readonly call: FunctionCallItem;
  readonly span: StartedSpan;
}

/** Says that a call waits, unless one of the same id does already. The span of its function ends. */
export function beginWait(
  run: RunScope,
  agent: AnyAgent,
  { ref, call, span }: WaitingCall,
  request: WaitRequest,
): void {
  run.inbox.push(...run.spans.end(span.id));
  if (run.waits.at(ref.step)) return;
  const { output } = request;
  const until = 'at' in request ? request.at : afterNow(run, request.afterMs);
  const prompt = request.for === 'input' ? request.prompt : undefined;
  const started: WaitStarted = {
    type: 'wait.started',
    ...ref,
    callId: call.callId,
    tool: call.name,
    agent: run.agents.keyOf(agent),
    for: request.for,
    ...(prompt !== undefined && { prompt }),
    ...(until !== undefined && { until }),
    ...(output !== undefined && { output }),
  };
  run.waits.begin(started);
  run.inbox.push(started);
}

function afterNow({ clock }: RunScope, ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : clock.now() + ms;
}
