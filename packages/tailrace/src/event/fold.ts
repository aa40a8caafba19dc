/**
 * What a run has come to, folded from its log: all that is needed to go on with it. There is no second serialised state (R8).
 *
 * F1 Only what the log says counts; the fold of a prefix is the state of the run when that prefix was all there was. F2 What a completed turn did is in
 * `items`; what the open turn has done so far is in `open`, call by call, so that whoever goes on repeats nothing that is recorded.
 */
import { begin, type FoldedRun } from './folded-run.ts';
import { askedAbout, foldAnswer, foldDecision } from './folded-waiting.ts';
import type { ApprovalRequested } from './mail-events.ts';
import { type OpenTurn, openTurn, returnCall } from './open-turn.ts';
import { EVENT_VERSION, isTerminal, type RunEvent, type RunStarted, type TurnEnded } from './run-event.ts';
import { Usage, usageOfRequest } from './usage.ts';

export type { FoldedRun } from './folded-run.ts';
export { pendingApprovals, pendingWaits } from './folded-waiting.ts';
export type { FoldedApproval, FoldedWait } from './folded-waiting.ts';

/** Folds a log from its beginning, nested agents' runs apart. Undefined for a log without its first event. */
export function foldRun(events: Iterable<RunEvent>): FoldedRun | undefined {
  let folded: FoldedRun | undefined;
  for (const event of events) {
    if (event.type === 'run.started' && !event.scope) folded ??= begin(event);
    if (!folded) continue;
    advance(folded, event);
    if (event.scope) applyNested(folded, event, event.scope.at(-1) ?? '');
    else apply(folded, event);
  }
  return folded;
}

function advance(folded: FoldedRun, event: RunEvent): void {
  folded.next = event.type === 'log.pruned' ? event.to + 1 : event.seq + 1;
  // Between two events of one segment it was driven. A clock that was set back counts for nothing.
  if (event.seq > 0 && event.type !== 'run.resumed') folded.drivenMs += Math.max(0, event.at - folded.at);
  folded.at = event.at;
  if ('mail' in event && event.mail !== undefined) folded.mail = Math.max(folded.mail, event.mail);
}

/** An event of a nested agent's run. Its spans and what it waits for are the whole run's, and so is what it used. */
function applyNested(root: FoldedRun, event: RunEvent, step: string): void {
  switch (event.type) {
    case 'model.delta':
      return;
    case 'span.started':
    case 'span.ended':
    case 'wait.started':
      return apply(root, event);
    case 'approval.requested':
      return foldRequest(root, root.nested.get(step)?.open, event);
    case 'agent.started':
      if (event.input !== undefined) root.nested.set(step, begin(nestedStart(root, event.agent, event.input)));
      break;
    case 'agent.ended': {
      const nested = root.nested.get(step);
      if (nested && event.outcome) nested.end = event;
      return;
    }
    case 'model.returned':
      root.usage.add(new Usage(event.usage));
      root.takeovers = 0;
      break;
    case 'step.attempt':
      if (event.of === 'model') root.usage.requests += 1;
      break;
    case 'session.compacted':
      if (event.usage) root.usage.add(usageOfRequest(event.usage));
      break;
    case 'tool.returned':
      root.takeovers = 0;
      leaveNested(root, event.step);
      break;
    default:
  }
  const nested = root.nested.get(step);
  if (nested) apply(nested, event);
}

function nestedStart({ started }: FoldedRun, agent: string, input: RunStarted['input']): RunStarted {
  const { workflowName } = started;
  return { type: 'run.started', v: EVENT_VERSION, agent, input, maxTurns: null, workflowName };
}

/** The call has returned: what its nested run did is in its output. */
function leaveNested({ nested }: FoldedRun, step: string): void {
  for (const key of nested.keys()) if (key === step || key.startsWith(`${step}/`)) nested.delete(key);
}

function apply(folded: FoldedRun, event: RunEvent): void {
  const { open } = folded;
  switch (event.type) {
    case 'model.delta':
      return;
    case 'session.loaded':
      folded.loaded = true;
      folded.input = event.input;
      folded.fresh = event.fresh;
      return;
    case 'agent.started':
      folded.agent = event.agent;
      folded.entered = false;
      if (folded.trail.length === 0) folded.trail.push(event.agent);
      return;
    case 'turn.started':
      folded.turn = event.turn;
      folded.entered = true;
      open.number = event.turn;
      return;
    case 'turn.ended':
      endTurn(folded, event);
      return;
    case 'model.called':
      open.attempts = event.attempt;
      open.inputHash = event.inputHash;
      return;
    case 'model.returned':
      open.response = event;
      folded.usage.add(new Usage(event.usage));
      folded.takeovers = 0;
      return;
    case 'step.attempt':
      if (event.of === 'model') folded.usage.requests += 1;
      return;
    case 'item.added':
      open.added.push(event);
      if (event.kind === 'tool_call') folded.usedTools.add(event.agent);
      if (event.kind === 'handoff_output') folded.trail.push(event.target ?? event.agent);
      if (event.kind === 'input') folded.received.shift();
      return;
    case 'tool.called':
      open.calls.set(event.callId, { called: event });
      return;
    case 'tool.returned':
      returnCall(open, event);
      leaveNested(folded, event.step);
      folded.takeovers = 0;
      return;
    case 'error.handled':
      folded.handled = event;
      return;
    case 'tool.checked':
      open.checks.push(event);
      return;
    case 'handoff.occurred':
      open.handoff = event;
      return;
    case 'guardrail.returned':
      folded.verdicts.push(event);
      return;
    case 'session.commit_started':
      folded.commits.set(event.step, false);
      if (event.filtered) folded.filtered.set(event.step, event.filtered);
      return;
    case 'session.committed':
      folded.commits.set(event.step, true);
      return;
    case 'session.compacted':
      folded.compacted = true;
      if (event.usage) folded.usage.add(usageOfRequest(event.usage));
      return;
    case 'span.started':
      folded.spans.set(event.span, event);
      return;
    case 'span.ended':
      folded.spans.delete(event.span);
      return;
    case 'approval.requested':
      return foldRequest(folded, open, event);
    case 'approval.decided':
      foldDecision(folded, event);
      return;
    case 'wait.started':
      folded.waits.set(event.step, { started: event });
      return;
    case 'wait.ended':
      foldAnswer(folded, event);
      return;
    case 'input.received':
      folded.received.push(...event.items);
      return;
    case 'cancel.requested':
      if (folded.cancel?.mode !== 'immediate') folded.cancel = event;
      return;
    case 'run.suspended':
      folded.suspended = event;
      folded.usageBefore = new Usage();
      folded.usageBefore.add(folded.usage);
      return;
    case 'run.resumed':
      folded.codeVersion = event.codeVersion ?? folded.codeVersion;
      folded.graph = event.graph ?? folded.graph;
      folded.suspended = undefined;
      if (event.by === 'takeover') folded.takeovers += 1;
      return;
    default:
      if (isTerminal(event)) folded.ended = event;
  }
}

function foldRequest({ approvals }: FoldedRun, open: OpenTurn | undefined, event: ApprovalRequested): void {
  approvals.set(event.step, { requested: open ? askedAbout(open, event) : event });
}

function endTurn(folded: FoldedRun, event: TurnEnded): void {
  const { added, handoff, response } = folded.open;
  if (handoff?.filtered) {
    folded.input = handoff.filtered.input;
    // A copy: what follows is added to it, and the log stays as it is.
    folded.items = handoff.filtered.items.slice();
  } else {
    const items = added.filter(({ kind }) => kind !== 'tool_approval');
    const outputs = items.findIndex(({ kind }) => kind === 'tool_output' || kind === 'handoff_output');
    if (response) folded.answered = { response, items: folded.items.length + (outputs < 0 ? items.length : outputs) };
    folded.items.push(...items);
  }
  folded.unknownCalls += added.filter(({ unknown }) => unknown === true).length;
  folded.lastTurn = event;
  folded.handled = undefined;
  // What was said about an output that turned out not to be the last one says nothing of the next.
  folded.verdicts = folded.verdicts.filter(({ kind }) => kind === 'input');
  folded.open = openTurn();
}
