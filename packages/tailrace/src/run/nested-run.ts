/**
 * The run of an agent that is a tool, inside the run that it was called in.
 *
 * N1 All that it does is in that run's log, with the path of the calls that it answers; it has no log and no end of its own. N2 What it yields is stored before it goes
 * on, as everywhere: the loop that waits for its call takes it along. N3 Taken up after a crash, or after somebody's decision, it goes on at its open turn.
 */
import { agentsOf } from '../agent/item-of.ts';
import type { AnyAgent } from '../agent/agent.ts';
import type { NestedAnswer } from '../agent/agent-tool.ts';
import { onAbort } from '../base/abort.ts';
import { errorFromSerialized, isAgentsError, LimitError, serializeError } from '../event/errors.ts';
import type { FoldedRun } from '../event/fold.ts';
import type { AgentEnded, RunEventBody } from '../event/run-event.ts';
import { Usage } from '../event/usage.ts';
import { RunControl } from './control.ts';
import { Conversation } from './conversation.ts';
import { failureInSpans } from './ending.ts';
import { course, type CourseEnd } from './course.ts';
import { NestedInbox } from './nested-inbox.ts';
import { nestedResultOf } from './nested-call.ts';
import { nestedPlan } from './nested-plan.ts';
import { DEFAULTS } from './options.ts';
import { restoreState } from './reenter.ts';
import { openAgent, openTask } from './run-spans.ts';
import type { Batch, Flow, Nest, NestedSite, RunScope, Steps } from './scope.ts';
import { serverHistoryOf } from './server-history.ts';
import { beginSession, holdSession } from './session-step.ts';
import { SpanBook } from './span-book.ts';

export const nest: Nest = async (parent, site, asked) => {
  try {
    checkDepth(parent);
    const folded = parent.nestedFolds.get(site.step);
    if (folded?.end) return recorded(parent, site, folded.end);
    const run = nestedScope(parent, site, asked, folded);
    if (asked.spec.handlers.length > 0) parent.streams.set(site.step, { spec: asked.spec, toolCall: site.call });
    using _control = run.control;
    using _deadline = deadline(run);
    using _stop = onAbort(site.stop, () => run.control.fail(site.stop.reason));
    using _heard = run.inbox instanceof NestedInbox ? run.inbox.root.enter(run.inbox) : undefined;
    return await settled(parent, run, site);
  } finally {
    site.parking.over();
  }
};

function deadline(run: RunScope): Disposable | undefined {
  const { runMs } = run.plan.timeouts;
  if (runMs === undefined) return undefined;
  return run.clock.timer(runMs, () => {
    const { name } = run.plan.agent;
    const message = `Agent '${name}' took longer than ${runMs} ms as a tool. Raise its tool's runOptions.timeouts.runMs.`;
    run.control.fail(new LimitError(message, { code: 'RUN_DEADLINE', runId: run.plan.runId, data: { runMs } }));
  });
}

/** The run of a tool's agent may have tools that are agents, and so on, but not for ever. */
function checkDepth({ path, plan }: RunScope): void {
  if (path.length < DEFAULTS.maxNestedAgents) return;
  throw new LimitError(
    `Run ${plan.runId}: agents as tools are nested ${DEFAULTS.maxNestedAgents} deep, and go no deeper. Look which agent calls itself as a tool.`,
    { code: 'MAX_NESTED_AGENTS', runId: plan.runId, data: { limit: DEFAULTS.maxNestedAgents } },
  );
}

function nestedScope(
  parent: RunScope,
  site: NestedSite,
  asked: Parameters<Nest>[2],
  folded: FoldedRun | undefined,
): RunScope {
  const input = folded?.started.input ?? asked.input;
  const plan = nestedPlan(parent, site, { ...asked, input });
  const path = [...parent.path, site.step];
  const traced = plan.trace.id !== undefined;
  return {
    plan,
    path,
    folded,
    open: folded?.open,
    checks: folded?.open.checks.slice() ?? [],
    control: new RunControl(plan.runId, plan.signal, () => undefined, parent.control),
    context: plan.context,
    inbox: new NestedInbox(parent.inbox, path),
    spans: traced ? parent.spans : new SpanBook(false),
    talk: new Conversation(plan.input, plan.reasoningItemIdPolicy),
    server: serverHistoryOf(plan, folded),
    nested: { usage: new Usage(), around: parent.nested, parking: site.parking },
    clock: parent.clock,
    agents: parent.agents,
    mailbox: parent.mailbox,
    approvals: parent.approvals,
    waits: parent.waits,
    live: parent.live,
    closing: parent.closing,
    resultOf: parent.resultOf,
    defaultProvider: parent.defaultProvider,
    nest: parent.nest,
    nestedFolds: parent.nestedFolds,
    streams: parent.streams,
    // What comes from outside is for the conversation of the run itself.
    received: [],
    usedTools: new Set(),
    trail: [],
    turn: 0,
    agentSpan: undefined,
    taskSpan: undefined,
    turnSpan: undefined,
    session: undefined,
    unknownToolCalls: 0,
    get lateResults() {
      return parent.lateResults;
    },
    set lateResults(count) {
      parent.lateResults = count;
    },
  };
}

async function settled(parent: RunScope, run: RunScope, site: NestedSite): Promise<NestedAnswer | undefined> {
  try {
    const end = await stored(run, nestedLoop(run));
    if (!end) return undefined;
    await run.inbox.store([
      ...closeSpans(run),
      ended(run, end.agent, { outcome: 'completed', output: end.final.text }),
    ]);
    run.session?.release();
    return answer(parent, site, end.final.text);
  } catch (thrown) {
    run.session?.release();
    const { signal, leaving } = run.control;
    // Once it was stopped, what foreign code throws is how it takes being stopped.
    const error: unknown = signal.aborted && !isAgentsError(thrown) ? signal.reason : thrown;
    // A process that leaves the run says nothing of its end.
    if (!leaving || signal.reason !== leaving) {
      const outcome = site.stop.aborted ? 'cancelled' : 'failed';
      const told = ended(run, run.plan.agent, { outcome, error: serializeError(error, run.plan.runId) });
      run.inbox.push(...closeSpans(run, error), told);
    }
    throw error;
  }
}

function ended(run: RunScope, agent: AnyAgent, how: Omit<AgentEnded, 'type' | 'agent'>): AgentEnded {
  return { type: 'agent.ended', agent: run.agents.keyOf(agent), ...how };
}

/** All that is open of the nested run: it hangs below its task, or, where tasks have no spans, below the agents that it had. */
function closeSpans(run: RunScope, error?: unknown): RunEventBody[] {
  const end = { error: error === undefined ? undefined : failureInSpans(run, error) };
  return [run.turnSpan, run.agentSpan, run.taskSpan].flatMap((span) => run.spans.end(span, end));
}

type Completed = Exclude<CourseEnd, { suspended: unknown }>;

/** Pulls the nested loop; each batch is stored before it goes on. */
async function stored(run: RunScope, steps: Steps<Completed | undefined>): Promise<Completed | undefined> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    try {
      await put(run, step.value);
    } catch (error) {
      run.control.fail(error);
      await unwind(run, steps, error);
      throw error;
    }
  }
}

async function put(run: RunScope, step: Batch | Flow): Promise<void> {
  if (!('next' in step)) return run.inbox.store(step);
  for (let batch = await step.next(); batch; batch = await step.next()) await run.inbox.store(batch);
}

async function unwind(run: RunScope, steps: Steps<unknown>, error: unknown): Promise<void> {
  try {
    for (let step = await steps.throw(error); !step.done; step = await steps.next())
      if (!('next' in step.value)) run.inbox.push(...step.value);
  } catch {
    // The error on its way out.
  }
}

/** Gives nothing when it waits for somebody. */
async function* nestedLoop(run: RunScope): Steps<Completed | undefined> {
  const { plan, folded } = run;
  if (folded) {
    restoreState(run, folded);
    yield [...openTask(run), ...openAgent(run, agentsOf(run.agents)(folded.agent ?? folded.started.agent))];
  } else {
    const agent = run.agents.keyOf(plan.agent);
    const opened = [...openTask(run), ...openAgent(run, plan.agent)];
    yield [...opened, { type: 'agent.started', agent, input: plan.input }];
  }
  run.session = holdSession(run);
  yield* beginSession(run);
  const end = yield* course(run);
  return 'final' in end ? end : undefined;
}

/** The nested run has ended, but its call had not returned when its process died. @throws how it failed */
function recorded(parent: RunScope, site: NestedSite, end: AgentEnded): NestedAnswer {
  if (end.outcome !== 'completed' && end.error) throw errorFromSerialized(end.error);
  return answer(parent, site, end.output ?? '');
}

function answer(parent: RunScope, { call, step }: NestedSite, text: string): NestedAnswer {
  return {
    text,
    result: async () => {
      await parent.inbox.store([]);
      return nestedResultOf(parent, call, step);
    },
  };
}
