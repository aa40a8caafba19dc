import { isTerminal, type RunEvent, type TerminalEvent } from '../event/run-event.ts';

/**
 * What is wrong with the log of a run that has ended, or waits; nothing when it is right. Each line names the sequence number.
 *
 * Checks I1 (one terminal event, last), I2 (spans, children first, all before the end), I3 (dense sequence), and that calls are paired:
 * a model call has its end, deltas come inside their call, and a tool call has its output unless the run failed or was cancelled.
 */
export function logViolations(events: readonly RunEvent[]): string[] {
  if (events.length === 0) return ['the log is empty'];
  const end = events.find(isTerminal);
  return [
    ...sequenceViolations(events),
    ...endViolations(events),
    ...spanViolations(events),
    ...modelCallViolations(events, end),
    ...itemViolations(events, end),
  ];
}

function sequenceViolations(events: readonly RunEvent[]): string[] {
  const wrong: string[] = [];
  const [first] = events;
  if (first && first.type !== 'run.started')
    wrong.push(`seq ${first.seq}: the log begins with ${first.type}, not run.started`);
  let expected = 0;
  let epoch = 0;
  for (const event of events) {
    const from = event.type === 'log.pruned' ? event.from : event.seq;
    if (from !== expected) wrong.push(`seq ${event.seq}: expected ${expected} (${event.type})`);
    if (event.run !== first?.run) wrong.push(`seq ${event.seq}: belongs to run ${event.run}, not ${first?.run}`);
    if (event.epoch < epoch) wrong.push(`seq ${event.seq}: epoch ${event.epoch} after epoch ${epoch}`);
    if (event.type === 'run.started' && event !== first) wrong.push(`seq ${event.seq}: a second run.started`);
    epoch = event.epoch;
    expected = (event.type === 'log.pruned' ? event.to : event.seq) + 1;
  }
  return wrong;
}

function endViolations(events: readonly RunEvent[]): string[] {
  const ends = events.filter(isTerminal);
  const last = events.at(-1);
  // A run that waits has come to the end of its segment.
  if (ends.length === 0 && last?.type === 'run.suspended') return [];
  if (ends.length === 0) return [`no terminal event; the log ends at seq ${last?.seq} with ${last?.type}`];
  const wrong: string[] = [];
  if (ends.length > 1) wrong.push(`${ends.length} terminal events, at seq ${ends.map((end) => end.seq).join(', ')}`);
  if (last && !isTerminal(last))
    wrong.push(`seq ${last.seq}: ${last.type} after the terminal event at seq ${ends[0]?.seq}`);
  return wrong;
}

function spanViolations(events: readonly RunEvent[]): string[] {
  const wrong: string[] = [];
  const open = new Map<string, { kind: string; parent: string | undefined; seq: number }>();
  const ended = new Set<string>();
  for (const event of events) {
    if (event.type === 'span.started') {
      const { span, parent, seq } = event;
      if (open.has(span) || ended.has(span)) wrong.push(`seq ${seq}: span ${span} is started a second time`);
      if (parent !== undefined && ended.has(parent))
        wrong.push(`seq ${seq}: span ${span} starts in ${parent}, which has ended`);
      open.set(span, { kind: event.data.type, parent, seq });
    } else if (event.type === 'span.ended') {
      const { span, seq } = event;
      const started = open.get(span);
      if (!started)
        wrong.push(`seq ${seq}: span ${span} ends ${ended.has(span) ? 'a second time' : 'without having started'}`);
      open.delete(span);
      ended.add(span);
      for (const [child, { parent, kind }] of open) {
        if (parent === span)
          wrong.push(`seq ${seq}: ${started?.kind} span ${span} ends before its child, ${kind} span ${child}`);
      }
    } else if (isTerminal(event) || event.type === 'run.suspended') {
      for (const [span, { kind, seq }] of open) wrong.push(`seq ${seq}: ${kind} span ${span} is open at ${event.type}`);
      open.clear();
    }
  }
  return wrong;
}

function modelCallViolations(events: readonly RunEvent[], end: TerminalEvent | undefined): string[] {
  const wrong: string[] = [];
  const open = new Map<string, RunEvent>();
  // A provider's own last events may follow the response that they belong to.
  let returned: string | undefined;
  for (const event of events) {
    switch (event.type) {
      case 'model.called': {
        const call = callOf(event);
        if (open.has(call)) wrong.push(`seq ${event.seq}: model call ${call} is called a second time`);
        open.set(call, event);
        returned = undefined;
        break;
      }
      case 'model.returned':
      case 'model.stopped':
        if (!open.delete(callOf(event)))
          wrong.push(`seq ${event.seq}: ${event.type} without an open call ${callOf(event)}`);
        if (event.type === 'model.returned' && event.streamed) returned = callOf(event);
        break;
      case 'model.delta':
      case 'model.part':
        if (!open.has(callOf(event)) && returned !== callOf(event))
          wrong.push(`seq ${event.seq}: ${event.type} outside of its call ${callOf(event)}`);
        break;
      default:
    }
  }
  for (const [call, { seq, epoch }] of open) {
    // What a writer that crashed left open, nobody can end: another attempt follows it.
    if (end && epoch === end.epoch)
      wrong.push(`seq ${seq}: model call ${call} has neither model.returned nor model.stopped`);
  }
  return wrong;
}

function callOf(event: { step: string; attempt: number; scope?: readonly string[] }): string {
  return [...(event.scope ?? []), `${event.step}#${event.attempt}`].join('/');
}

function itemViolations(events: readonly RunEvent[], end: TerminalEvent | undefined): string[] {
  const wrong: string[] = [];
  const waiting = new Map<string, number>();
  const answered = new Set<string>();
  for (const event of events) {
    if (event.type !== 'item.added') continue;
    const { item, seq } = event;
    if (item.type !== 'function_call' && item.type !== 'function_call_result') continue;
    const call = [...(event.scope ?? []), item.callId].join('/');
    if (item.type === 'function_call') {
      waiting.set(call, seq);
    } else if (!waiting.delete(call)) {
      wrong.push(`seq ${seq}: ${answered.has(call) ? 'a second output for' : 'an output without its'} call ${call}`);
    } else {
      answered.add(call);
    }
  }
  if (end?.type === 'run.completed') {
    for (const [call, seq] of waiting) wrong.push(`seq ${seq}: call ${call} has no output`);
  }
  return wrong;
}
