/**
 * The loop: how a run begins, its course, and its end. The only one: streamed and whole runs, fresh and resumed ones.
 *
 * L1 What its course comes to is the run's end; a throw is one too, which `drive` gives its form. L2 It waits for nothing without also waiting for the run's stop signal.
 * L3 Tools and handoffs return into it; nothing calls it back.
 */
import { agentsOf } from '../agent/item-of.ts';
import { abortable } from '../base/abort.ts';
import type { CourseEnd } from './course.ts';
import { reenter, refusePoison } from './reenter.ts';
import { openAgent, openTask } from './run-spans.ts';
import { startedEvent } from './started-event.ts';
import type { Ending, RunScope, Steps } from './scope.ts';
import { beginSession, holdSession, identifySession } from './session-step.ts';

/** All that comes before the first turn, or before the next one of a run that is taken up. */
export async function* begin(run: RunScope): Steps<void> {
  const { plan, control } = run;
  if (run.folded) {
    yield reenter(run, run.folded, plan.resumedBy);
    listen(run);
    refusePoison(run, run.folded);
    if (plan.prepare) await abortable(plan.prepare(), control.signal);
    yield openTask(run);
    if (run.folded.agent !== undefined && run.agentSpan === undefined)
      yield openAgent(run, agentsOf(run.agents)(run.folded.agent));
  } else yield* beginRun(run);
  run.session = holdSession(run);
  if (plan.session) yield* beginSession(run);
}

/** What the run's course has come to, as its end. */
export function endOf(run: RunScope, end: CourseEnd): Ending {
  if ('suspended' in end) return { event: end.suspended };
  const { agent, final } = end;
  const usage = run.context.usage.toData();
  const event = { type: 'run.completed', agent: run.agents.keyOf(agent), output: final.text, usage } as const;
  return { event, finalOutput: final.value };
}

async function* beginRun(run: RunScope): Steps<void> {
  const session = await identifySession(run);
  yield [startedEvent(run.plan, run.agents, session.id), ...openTask(run)];
  listen(run);
  if (session.failure) throw session.failure.error;
}

/** From now on the run hears of its mail at once. A store of its own is out of everybody's reach. */
function listen({ plan, mailbox }: RunScope): void {
  if (plan.config.store) mailbox.watch();
}
