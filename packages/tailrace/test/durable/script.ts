/**
 * What runs do, by their number alone: the model's answers, what is decided about calls that need approval, and what the session must hold in the end.
 * The model is told by what a request contains where it stands: the same request, made again, is answered alike.
 */
import type { WireAnswer, WireRequest, WireStep } from '../../src/testing/index.ts';
import { chance } from './random.ts';

export type ToolName = 'pay' | 'look' | 'note' | 'ask' | 'book' | 'quiz' | 'nap' | 'transfer_to_Second';

export interface ScriptedCall {
  id: string;
  tool: ToolName;
  /** How long the tool takes. */
  ms: number;
}

export interface ScriptedTurn {
  text: string[];
  calls: ScriptedCall[];
}

export interface Script {
  run: number;
  turns: ScriptedTurn[];
  /** Calls that are turned down. */
  rejected: ReadonlySet<string>;
}

/** `book` is checked after a crash and then made again: only where a process that was taken over is surely dead. */
export interface ScriptOptions {
  checked?: boolean;
}

const KINDS = [
  ['pay', 'look'],
  ['ask'],
  ['note', 'pay'],
  ['ask', 'look'],
  ['pay'],
  ['quiz', 'pay'],
  ['nap', 'look'],
  ['transfer_to_Second'],
] as const;

export function scriptOf(run: number, { checked = false }: ScriptOptions = {}): Script {
  const { upTo, maybe, of } = chance(run);
  const rejected = new Set<string>();
  let handedOff = false;
  const turns = Array.from({ length: 2 + upTo(3) }, (_, turn): ScriptedTurn => {
    let kind: readonly ToolName[] = of(KINDS);
    if (kind[0] === 'transfer_to_Second' && handedOff) kind = ['pay'];
    handedOff ||= kind[0] === 'transfer_to_Second';
    if (checked && maybe(0.4)) kind = [...kind.filter((name) => name !== 'transfer_to_Second'), 'book'];
    const calls = kind.map((tool, index) => ({ id: `c${run}_${turn}_${index}`, tool, ms: of([0, 2, 15, 30]) }));
    for (const { id, tool } of calls) if (tool === 'ask' && maybe(0.3)) rejected.add(id);
    return { text: maybe(0.5) ? words(run, turn, 4) : [], calls };
  });
  return { run, turns: [...turns, { text: words(run, turns.length, 10), calls: [] }], rejected };
}

function words(run: number, turn: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `r${run} t${turn} w${index} `);
}

export function promptOf(run: number): string {
  return `run ${run}`;
}

/** The next one from a number on that asks about its first call, and is told yes. */
export function askingRun(from: number): number {
  for (let run = from; ; run++) {
    const { turns, rejected } = scriptOf(run);
    if (turns[0]?.calls[0]?.tool === 'ask' && rejected.size === 0) return run;
  }
}

/** The next one from a number on whose first call is of that tool. */
export function runThatBegins(tool: 'quiz' | 'nap', from: number): number {
  for (let run = from; ; run++) if (scriptOf(run).turns[0]?.calls[0]?.tool === tool) return run;
}

/** Which run and turn (from 0) a request is about. */
export function placeOf(request: WireRequest, options: ScriptOptions): { run: number; turn: number } {
  const items = request.body?.['input'] as { type?: string; role?: string; content?: unknown }[];
  const asked = items.findLastIndex(({ role }) => role === 'user');
  const run = Number(/run (\d+)/.exec(JSON.stringify(items[asked]))?.[1]);
  const outputs = items.slice(asked).filter(({ type }) => type === 'function_call_output').length;
  let calls = 0;
  const turn = scriptOf(run, options).turns.findIndex((each) => {
    if (calls === outputs) return true;
    calls += each.calls.length;
    return false;
  });
  if (turn < 0) throw new Error(`The script of run ${run} has no turn after ${outputs} outputs.`);
  return { run, turn };
}

export function answerTo(request: WireRequest, options: ScriptOptions): WireAnswer {
  const { run, turn } = placeOf(request, options);
  const { text, calls } = scriptOf(run, options).turns[turn] as ScriptedTurn;
  const steps: WireStep[] = calls.map(({ id, tool, ms }) => ({
    type: 'tool_call',
    id,
    name: tool,
    arguments: tool === 'transfer_to_Second' ? {} : { ms },
  }));
  if (text.length > 0) steps.unshift({ type: 'text', text });
  return { steps, usage: { input: 10, output: 5 }, delivery: { delayMs: 2, eventsPerWrite: 2 } };
}

/** The session's items after the run, by what tells them apart. */
export function sessionItems(script: Script): string[] {
  return [
    `user ${promptOf(script.run)}`,
    ...script.turns.flatMap(({ text, calls }) => [
      ...(text.length > 0 ? [`assistant ${text.join('')}`] : []),
      ...calls.map(({ id }) => `function_call ${id}`),
      ...calls.map(({ id }) => `function_call_result ${id}`),
    ]),
  ];
}
