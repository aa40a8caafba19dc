// What must hold of every run in the end, however often its processes were killed.
import { isTerminal, type RunEvent } from '../../src/index.ts';
import { logViolations } from '../../src/testing/index.ts';
import type { Round } from './round.ts';
import { sessionItems, type Script } from './script.ts';

/** What was recorded and done when the only process that drove runs was killed: none of it is done again. */
export interface Recorded {
  steps: ReadonlySet<string>;
  /** How many effects there were. */
  effects: number;
  /** Processes whose requests may still come in. */
  dead: ReadonlySet<number>;
}

const ONCE = new Set(['pay', 'ask', 'book']);

export async function recorded(round: Round, dead: readonly number[]): Promise<Recorded> {
  const steps = new Set<string>();
  for (const run of round.runs) for (const step of returned(await round.log(run))) steps.add(`${run}:${step}`);
  return { steps, effects: round.effects.length, dead: new Set(dead) };
}

function returned(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'model.returned' || event.type === 'tool.returned' || event.type === 'wait.started'
      ? [event.step]
      : [],
  );
}

/** Everything that is wrong with the round. */
export async function violations(round: Round, records: readonly Recorded[] = []): Promise<string[]> {
  const wrong: string[] = [];
  for (const run of round.runs) {
    const events = await round.log(run);
    const about = [
      ...logViolations(events),
      ...endViolations(events, round.script(run)),
      ...textViolations(events),
      ...stepViolations(events, round, run),
      ...traceViolations(events, round.told),
    ];
    wrong.push(...about.map((line) => `run ${run}: ${line}`));
  }
  wrong.push(...(await sessionViolations(round)), ...repeated(round, records));
  return wrong;
}

function endViolations(events: readonly RunEvent[], script: Script): string[] {
  const end = events.at(-1);
  if (!end || !isTerminal(end)) return [`ends with ${end?.type}`];
  if (end.type !== 'run.completed') return [`ended as ${end.type}: ${JSON.stringify(end)}`];
  const expected = script.turns.at(-1)?.text.join('');
  return end.output === expected ? [] : [`its output is '${end.output}', not '${expected}'`];
}

/** The text of the last attempt at each step is what was committed. */
function textViolations(events: readonly RunEvent[]): string[] {
  const texts = new Map<string, string>();
  const wrong: string[] = [];
  for (const event of events) {
    if (event.type === 'model.called') texts.set(event.step, '');
    else if (event.type === 'model.delta') texts.set(event.step, `${texts.get(event.step)}${event.text ?? ''}`);
    else if (event.type === 'model.part' && event.part.type === 'output_text_delta')
      texts.set(event.step, `${texts.get(event.step)}${event.part.delta}`);
    else if (event.type === 'model.returned') {
      const committed = event.output.map(textOf).join('');
      if (texts.get(event.step) !== committed)
        wrong.push(`step ${event.step}: readers see '${texts.get(event.step)}', committed is '${committed}'`);
    }
  }
  return wrong;
}

function textOf(item: object): string {
  const { content } = item as { content?: unknown };
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: string }) => part.text ?? '').join('');
}

/** Nothing is done that is not in the log before, nothing that is recorded is done again, and nothing that must happen once happens twice. */
function stepViolations(events: readonly RunEvent[], round: Round, run: number): string[] {
  const { asked, effects } = round;
  const wrong: string[] = [];
  const done = new Set<string>();
  const called = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'model.called' || event.type === 'tool.called') {
      if (done.has(event.step)) wrong.push(`seq ${event.seq}: ${event.step} is called after it returned`);
      const key = event.type === 'tool.called' ? event.callId : event.step;
      called.set(key, (called.get(key) ?? 0) + 1);
    } else if (event.type === 'model.returned' || event.type === 'tool.returned') {
      if (done.has(event.step)) wrong.push(`seq ${event.seq}: ${event.step} returned a second time`);
      done.add(event.step);
    }
  }
  const { turns, rejected } = round.script(run);
  for (const [turn, { calls }] of turns.entries()) {
    const requests = asked.filter((each) => each.run === run && each.turn === turn).length;
    const allowed = called.get(`${turn + 1}:model:0`) ?? 0;
    if (requests > allowed) wrong.push(`turn ${turn}: ${requests} requests, ${allowed} of them in the log`);
    for (const { id, tool } of calls) {
      if (tool === 'transfer_to_Second') continue;
      const count = effects.filter(({ callId }) => callId === id).length;
      const outcome = events.find((event) => event.type === 'tool.returned' && event.callId === id);
      const failed = outcome?.type === 'tool.returned' && outcome.error !== undefined;
      if (count > (called.get(id) ?? 0)) wrong.push(`${tool} ${id} ran ${count} times, ${called.get(id)} in the log`);
      if (count > 1 && ONCE.has(tool)) wrong.push(`${tool} ${id} must run once, and ran ${count} times`);
      if (rejected.has(id) && count > 0) wrong.push(`${tool} ${id} was rejected, and ran`);
      if (!rejected.has(id) && !failed && count === 0) wrong.push(`${tool} ${id} did not run`);
      if (tool === 'book' && count !== 1) wrong.push(`book ${id} ran ${count} times`);
    }
  }
  return wrong;
}

async function sessionViolations(round: Round): Promise<string[]> {
  const wrong: string[] = [];
  for (const [index, chain] of round.options.chains.entries()) {
    const items = await round.store.session(`session${index}`).getItems();
    const has = items.map((item) => {
      if ('callId' in item) return `${item.type} ${item.callId}`;
      return `${'role' in item ? item.role : item.type} ${textOf(item)}`;
    });
    const expected = chain.flatMap((run) => sessionItems(round.script(run)));
    if (JSON.stringify(resultsSorted(has)) !== JSON.stringify(expected))
      wrong.push(`session ${index} has\n    ${has.join('\n    ')}\n  instead of\n    ${expected.join('\n    ')}`);
  }
  return wrong;
}

/** Results of one turn in the order of their calls: a call that waits for somebody gives its own after those that do not. */
function resultsSorted(items: readonly string[]): string[] {
  const sorted: string[] = [];
  let results: string[] = [];
  for (const item of [...items, '']) {
    if (item.startsWith('function_call_result')) results.push(item);
    else {
      sorted.push(...results.sort(), item);
      results = [];
    }
  }
  return sorted.slice(0, -1);
}

/** One trace a run, the one that its log names; every span in it is the log's. */
function traceViolations(events: readonly RunEvent[], told: readonly string[][]): string[] {
  const [first] = events;
  const trace = first?.type === 'run.started' ? first.traceId : undefined;
  if (trace === undefined) return ['has no trace'];
  const spans = new Set(events.flatMap((event) => (event.type === 'span.started' ? [event.span] : [])));
  const wrong: string[] = [];
  const about = told.filter(([, id]) => id === trace);
  for (const each of ['start', 'end'])
    if (!about.some(([what]) => what === `trace.${each}`)) wrong.push(`the ${each} of trace ${trace} was not told`);
  const began = new Set<string>();
  const seen = new Set<string>();
  for (const [what, id, span] of told) {
    if (span === undefined || span === '') continue;
    if (spans.has(span) && id !== trace) wrong.push(`span ${span} was told in trace ${id}, not in ${trace}`);
    if (id === trace && !spans.has(span)) wrong.push(`span ${span} was told, and is not in the log`);
    (what === 'span.end' ? seen : began).add(span);
  }
  for (const span of spans) {
    if (!began.has(span)) wrong.push(`span ${span} was not told to have begun`);
    if (seen.has(span)) continue;
    const course = events.flatMap((event) => {
      if ('span' in event && event.span === span) return [`${event.seq}.${event.epoch} ${event.type}`];
      return event.type.startsWith('run.') ? [`${event.seq}.${event.epoch} ${event.type}`] : [];
    });
    wrong.push(`span ${span} was not told to have ended: ${course.join(', ')}`);
  }
  return wrong;
}

/** What was asked for, or done, though it was recorded when the process before was killed. */
function repeated({ asked, effects }: Round, records: readonly Recorded[]): string[] {
  const wrong: string[] = [];
  for (const { steps, effects: before, dead } of records) {
    for (const { run, turn, pid } of asked)
      if (!dead.has(pid) && steps.has(`${run}:${turn + 1}:model:0`))
        wrong.push(`turn ${turn} of run ${run} was recorded, and the model was asked again`);
    for (const { tool, callId } of effects.slice(before))
      if ([...steps].some((step) => step.endsWith(`:tool:${callId}`)))
        wrong.push(`${tool} ${callId} was recorded, and ran again`);
  }
  return wrong;
}
