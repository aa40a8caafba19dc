/**
 * Drives a loop and writes what it yields. The only caller of append, the only place where a run ends.
 *
 * D1 However the loop comes to its end, one batch closes the log: the spans that are still open, children first, and the terminal event. D2 Nobody is
 * awaited between the end and that batch. D3 When the log cannot be written any more, the run still ends for everybody in this process. D4 A run that this process leaves has no end
 * here: its log and its spans stay open.
 */
import { onAbort } from '../base/abort.ts';
import { LimitError, StaleEpoch } from '../event/errors.ts';
import type { RunEvent, RunEventBody } from '../event/run-event.ts';
import type { RunLog } from '../log/run-log.ts';
import { endingFor, openSpansError } from './ending.ts';
import { course } from './course.ts';
import { begin, endOf } from './loop.ts';
import type { Batch, Ending, Flow, RunScope, Steps } from './scope.ts';

export interface DriveOptions {
  /** Told of the ending before the log's readers can see it. */
  onEnding: (ending: Ending) => void;
  /** Given the last batch when the log itself did not take it. */
  onLost: (events: readonly RunEvent[]) => void;
}

export async function drive(run: RunScope, log: RunLog, options: DriveOptions): Promise<Ending> {
  const { runMs } = run.plan.timeouts;
  using _fenced = onAbort(log.signal, () => run.control.fail(log.signal.reason));
  using _deadline = runMs === undefined ? undefined : runTimer(run, runMs);
  const ending = unlessStopped(run, await written(run, log));
  if (run.closing.any) await run.closing.close(run.clock, run.plan.timeouts.toolGraceMs);
  // Before a reader can see the end, and begin the next run on the session.
  if (ending.event?.type !== 'run.suspended') run.session?.release();
  options.onEnding(ending);
  if (!ending.event) return left(run, log, ending);
  const last = [...run.inbox.take(), ...run.spans.endAll(openSpansError(run, ending)), ending.event];
  run.inbox.close();
  try {
    await log.append(last);
    if (ending.event.type === 'run.suspended') await log.close();
    return ending;
  } catch (error) {
    run.session?.release();
    // Whoever has taken the run over says how it ends.
    const lost = endingFor(run, error instanceof StaleEpoch ? error : (ending.error ?? error));
    await endOtherwise(log, last.slice(0, -1), lost, options);
    return lost;
  }
}

/** The log did not take the end. One that was only too full to say that the run waits still takes that it has failed. */
async function endOtherwise(
  log: RunLog,
  before: Batch,
  lost: Ending,
  { onEnding, onLost }: DriveOptions,
): Promise<void> {
  onEnding(lost);
  if (!lost.event) return;
  const last = [...before, lost.event];
  try {
    await log.append(last);
  } catch {
    onLost(stamped(log, last));
  }
}

/** A run that was stopped in the moment in which it began to wait does not wait. */
function unlessStopped(run: RunScope, ending: Ending): Ending {
  const { signal, afterTurn } = run.control;
  if (ending.event?.type !== 'run.suspended') return ending;
  if (signal.aborted) return endingFor(run, signal.reason);
  return afterTurn ? endingFor(run, afterTurn.error) : ending;
}

/** The run goes on elsewhere: what is complete is stored, and nothing says that it ended. */
async function left(run: RunScope, log: RunLog, ending: Ending): Promise<Ending> {
  try {
    await log.append(run.inbox.take());
  } catch {
    // The log is somebody else's already.
  }
  run.inbox.close();
  await log.close();
  return ending;
}

async function written(run: RunScope, log: RunLog): Promise<Ending> {
  try {
    await followed(run, log, begin(run));
    // Not a part of what begins the run: each step that climbs through one generator more costs several promises.
    return endOf(run, await followed(run, log, course(run)));
  } catch (error) {
    return endingFor(run, error);
  }
}

async function followed<T>(run: RunScope, log: RunLog, steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    try {
      await writeStep(run, log, step.value);
    } catch (error) {
      run.control.fail(error);
      await unwind(run, steps, error);
      throw error;
    }
  }
}

async function writeStep(run: RunScope, log: RunLog, step: Batch | Flow): Promise<void> {
  if (!('next' in step)) return write(run, log, step);
  for (let batch = await step.next(); batch; batch = await step.next()) {
    const stored = write(run, log, batch);
    // The next may be long in coming.
    batch = undefined;
    // Waiting for nothing would cost each piece of an answer a turn of the microtask queue.
    if (stored) await stored;
  }
}

/** A promise comes back only when there is something to wait for. */
function write(run: RunScope, log: RunLog, batch: Batch): void | Promise<void> {
  const events = run.inbox.empty ? batch : inOrder(run.inbox.take(), batch);
  if (events.length === 0) return undefined;
  run.mailbox.appending = true;
  try {
    const stored = log.append(events);
    if (stored) return orRefused(run, events, stored);
    run.inbox.kept();
    return undefined;
  } catch (error) {
    takeBack(run, events);
    run.inbox.refused(error);
    throw error;
  } finally {
    run.mailbox.appending = false;
  }
}

// What ended a model call is said with the run's end, when it could not be said here.
function takeBack(run: RunScope, events: Batch): void {
  run.spans.refused(events);
  run.inbox.push(...events.filter(({ type }) => type === 'model.stopped'));
}

async function orRefused(run: RunScope, events: Batch, stored: Promise<void>): Promise<void> {
  try {
    await stored;
    run.inbox.kept();
  } catch (error) {
    takeBack(run, events);
    run.inbox.refused(error);
    throw error;
  }
}

// What came beside the loop came before this batch, except that nothing comes before the start.
function inOrder(beside: readonly RunEventBody[], batch: readonly RunEventBody[]): RunEventBody[] {
  return batch[0]?.type === 'run.started' ? [...batch, ...beside] : [...beside, ...batch];
}

/** Lets the loop close what it has open. How it closed that belongs to the end: a full log takes that batch still. */
async function unwind(run: RunScope, steps: Steps<unknown>, error: unknown): Promise<void> {
  try {
    for (let step = await steps.throw(error); !step.done; step = await steps.next())
      if (!('next' in step.value)) run.inbox.push(...step.value);
  } catch {
    // The error on its way out.
  }
}

function stamped(log: RunLog, bodies: readonly RunEventBody[]): RunEvent[] {
  const at = Date.now();
  return bodies.map((body, index) =>
    Object.assign(body, { run: log.run, seq: log.next + index, epoch: log.epoch, at }),
  );
}

/** What earlier segments took counts, but not the time between them. */
function runTimer(run: RunScope, runMs: number): Disposable | undefined {
  const leftMs = runMs - (run.folded?.drivenMs ?? 0);
  const end = (): void => run.control.fail(runDeadline(run, runMs));
  if (leftMs > 0) return run.clock.timer(leftMs, end);
  end();
  return undefined;
}

function runDeadline(run: RunScope, runMs: number): LimitError {
  return new LimitError(
    `Run ${run.plan.runId} took longer than ${runMs} ms. Raise timeouts.runMs, or look what it waited for in the trace.`,
    {
      code: 'RUN_DEADLINE',
      runId: run.plan.runId,
      data: { runMs },
    },
  );
}
