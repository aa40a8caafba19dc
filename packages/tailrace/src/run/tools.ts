/**
 * The function calls of one turn, side by side.
 *
 * T1 A function is called after its `tool.called` is durable, and that is written after its input guardrails have let it through. T2 Outputs are added in call order; those of calls that waited for a decision, when it has come. T3 A failing call becomes its own error output and the others go
 * on; they are aborted only when the failure ends the run. T4 After an abort a call has the grace to settle; then it is abandoned, and what it gives is late.
 */
import type { AnyAgent } from '../agent/agent.ts';
import type { FunctionTool } from '../agent/tool.ts';
import type { FunctionToolOutput } from '../agent/tool-result.ts';
import { AbortScope, onAbort } from '../base/abort.ts';
import type { FunctionCallItem } from '../event/item.ts';
import type { RunSuspended } from '../event/run-event.ts';
import { askAbout, unasked } from './ask-approval.ts';
import { breathe } from './breathe.ts';
import { CallsOfTurn } from './calls-of-turn.ts';
import type { LocalCall } from './local-call.ts';
import type { RunScope, Steps } from './scope.ts';
import type { AskedSearch } from './tool-search.ts';
import { ToolCallRun } from './tool-call.ts';

export interface AskedCall {
  call: FunctionCallItem;
  /** Undefined: the model asked for a tool that the agent does not have; it is told so. */
  tool: FunctionTool | undefined;
  /** Of a call that is no function's: `call` and `tool` stand for it. */
  local?: LocalCall;
  /** Of a search for tools. */
  search?: AskedSearch;
}

/** What the calls of a turn came to. */
export interface ToolsOutcome {
  /** In call order. */
  results: FunctionToolOutput[];
  /** Calls that nobody has decided about, or whose output is still to come: the turn cannot go on without them. */
  waiting: readonly WaitingCall[];
}

export interface WaitingCall {
  callId: string;
  for: RunSuspended['waitsFor'];
  /** When it waits no longer, whatever comes. */
  until: number | undefined;
}

/** Runs the calls and adds their outputs. Those that wait for a decision are left out; the others run first. */
export async function* runTools(
  run: RunScope,
  agent: AnyAgent,
  asked: readonly AskedCall[],
  stop: AbortScope,
): Steps<ToolsOutcome> {
  const unclear = unasked(run, asked);
  if (unclear.length > 0) yield* askAbout(run, agent, unclear);
  using scope = new AbortScope(stop);
  const calls = new CallsOfTurn(run, agent, asked, scope);
  let grace: Disposable | undefined;
  using _onStop = onAbort(scope, () => {
    grace = run.clock.timer(run.plan.timeouts.toolGraceMs, () => calls.abandon());
  });
  try {
    for (;;) {
      const admitted = scope.aborted ? [] : calls.admit(run.plan.maxToolConcurrency);
      const unknown = run.open ? admitted.filter((call) => call.unknown) : [];
      if (unknown.length > 0) {
        yield unknown.flatMap((call) => call.openingEvents());
        await Promise.all(unknown.map(async (call) => call.clearUp()));
      }
      const ready = calls.takeReady();
      if (admitted.length > 0 || ready.length > 0) {
        const opening = unknown.length > 0 ? admitted.filter((call) => !unknown.includes(call)) : admitted;
        yield [...opening.flatMap((call) => call.openingEvents()), ...ready.flatMap((call) => call.calledEvents())];
      }
      for (const call of ready) {
        // The stop may have come while the calls were being stored: no function starts after it.
        if (scope.aborted) call.abandon();
        else void call.perform();
      }
      for (const call of admitted) if (call instanceof ToolCallRun && call.phase === 'asked') void call.check();
      const events = calls.unreported ? calls.report() : [];
      if (events.length > 0 || !run.inbox.empty) yield events;
      if (calls.running) {
        await run.inbox.wait();
        // Calls that settle in the same turn of the event loop are told together.
        if (asked.length > 1) await breathe(1);
      } else if (calls.unreported) continue;
      else if (scope.aborted || !calls.waiting || !(await hearAgain(run, calls))) break;
    }
    if (stop.aborted) throw stop.reason;
    if (scope.aborted) throw scope.reason;
    if (calls.waiting) await calls.leaveNested();
    return { results: calls.results, waiting: calls.waiting ? waitingCalls(run) : [] };
  } finally {
    grace?.[Symbol.dispose]();
  }
}

function waitingCalls({ approvals, waits }: RunScope): WaitingCall[] {
  return [
    ...approvals.waiting.map(({ callId, expiresAt }) => ({ callId, for: 'approval' as const, until: expiresAt })),
    ...waits.open.map(({ callId, for: what, until }) => ({ callId, for: what, until })),
  ];
}

/** A last look for decisions and answers before the run waits without anybody driving it. True when there is one. */
async function hearAgain(run: RunScope, calls: CallsOfTurn): Promise<boolean> {
  const ready = (): boolean => calls.admissible;
  if (run.nested) return run.nested.parking.park(run.inbox, ready, run.control.signal);
  await run.mailbox.look();
  const now = run.clock.now();
  run.inbox.push(...run.approvals.expire(now), ...run.waits.expire(now));
  run.inbox.ringAll();
  // Also one that came while the run was saying that it waits.
  if (calls.admissible || calls.running) return true;
  // What comes from now on is for whoever takes the run up.
  run.mailbox.close();
  return false;
}
