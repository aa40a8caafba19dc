/**
 * The behaviours that an SDK for agents must show, each cited by the tests that hold it: a test's name carries `[A7]`, the section and the number.
 * Numbers run through the sections, so that a section can grow only at the end of the list.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** A stream. */
const A = {
  1: 'begins as @openai/agents begins it; a handoff announces the new agent',
  2: 'a plain text turn: started, deltas, done, then the message',
  3: 'raw provider events pass unchanged, before the item that they complete',
  4: 'tool_called comes before its tool_output',
  5: 'items keep the order of the model’s output',
  6: 'tool_called carries the whole arguments',
  7: 'a handoff’s call is handoff_requested, never tool_called',
  8: 'handoff_requested, handoff_occurred, then the new agent',
  9: 'the streamed items are the new items',
  10: 'a handoff filter that copies items doubles nothing',
  11: 'two equal messages stay two',
  12: 'an empty final output is filled from the items that were done',
  13: 'a failed, incomplete or error event is delivered raw, then the error',
  14: 'a stream without a response is an error',
  15: 'the run closes the model’s stream itself, on every exit',
  16: 'a run that nobody reads completes, and its trace ends',
  17: 'readers end after session writes and the trace’s end',
  18: 'no final output before the end; the current agent follows handoffs',
  19: 'usage is known as soon as the response is; repeated attempts count',
  20: 'request id and response id are kept',
  21: 'tools added between turns are seen',
  22: 'an unknown tool fails the run, or is told to the model',
  23: 'every event has run, sequence and time; no gap; JSON keeps it',
  24: 'any number of readers, from any place; a slow one is bounded',
};

/** Errors in a stream. */
const B = {
  25: 'an error before the first event is thrown from iteration and on the result',
  26: 'no error after success',
  27: 'streamed and whole runs throw the same class',
  28: 'at the limit of turns, what is queued comes first',
  29: 'what is committed is delivered, then the error',
  30: 'errors have the run’s data',
  31: 'maxTurns: null takes the limit away',
  32: 'a handler gives a final output for three kinds of errors, in history or not',
  33: 'a handler’s output that does not fit is an error; the input is saved',
  34: 'a failing session ends the stream with that error',
  35: 'a failed save is told before an output trip, which is its cause',
  36: 'a repeated model call leaves the session as it is',
  37: 'no silent repetition once output was delivered',
  38: 'an error that cannot be shown is still itself',
};

/** Cancelling and leaving. */
const C = {
  39: 'after n events, exactly n are seen, and no error',
  40: 'a new iteration replays what was committed, and ends',
  41: 'twice is harmless; before the first read there is nothing',
  42: 'frees a reader that waits for a stuck model',
  43: 'a reader’s own time limit holds',
  44: 'nothing is left',
  45: 'after the turn: response and tools finish, then it stops',
  46: 'after the turn, asked at its last event, still holds',
  47: 'after the turn, asked before the start: no model call',
  48: 'immediate wins over after the turn',
  49: 'after the turn, the session has the turn and goes on',
  50: 'after the turn, at a handoff: the next agent is there, and not called',
  51: 'after the turn, the history goes on in a new run with nothing twice',
  52: 'during an output guardrail, no further session write',
  53: 'during a save, prompt',
  54: 'a closed iterator never holds up the run',
  55: 'what leaving does is declared, wherever the reader was',
  56: 'one terminal event with the reason, and a status',
  57: 'the partial message and the usage so far are recorded',
  58: 'tools are told; one that does not listen is given up, and its result is late',
};

/** Guardrails while streaming. */
const D = {
  59: 'a trip is thrown, fast or slow',
  60: 'a guardrail that passes changes nothing in the stream',
  61: 'results in the order of completion',
  62: 'parallel by default; blocking ones finish before tools and model',
  63: 'blocking first, then parallel beside the model',
  64: 'the first trip of several blocking ones ends the rest',
  65: 'a trip before the tools keeps them from running',
  66: 'a trip after the tools have started: they may have run',
  67: 'a guardrail that throws stops the model and is told itself',
  68: 'a model error ends a running guardrail',
  69: 'model error, then guardrail error: the end is whole, and the first error is its cause',
  70: 'completed results are reported on success, trip and exception',
  71: 'only the first agent’s input guardrails, and the runner’s',
  72: 'on an input trip the session has the user’s message only',
  73: 'an output trip is thrown from iteration and from waiting',
  74: 'the rejected message is not saved, calls and outputs are',
  75: 'an output guardrail that throws keeps the turn',
  76: 'a tool’s output rejected as the final one is replaced',
  77: 'siblings of an output trip are ended',
  78: 'output guardrails beside a history that the provider keeps are refused before any model call',
  79: 'tool guardrails allow, reject, or fail the run; their results are kept',
  80: 'tool guardrails before an approval, where that is wanted, and again before the call',
  81: 'an input trip aborts the model’s request within 50 ms',
};

/** Tracing. */
const E = {
  83: 'begins once and ends once, on every exit',
  84: 'two runs, two traces; inside a user’s trace they share it',
  85: 'the tree; task and turn can be left out',
  86: 'all spans end before the trace',
  87: 'one agent span an agent, and a handoff span from and to',
  88: 'a task’s usage is that of its segment',
  89: 'a model error is on generation and agent',
  90: 'bad tool JSON is on the function, and the run goes on',
  91: 'the limit of turns is on the agent',
  92: 'a trip is on guardrail and agent',
  93: 'a failing processor never matters to a run',
  94: 'without sensitive data, none is there, and nothing is made text',
  95: 'tracing off: no spans, the same results',
  96: 'a failure before the first turn ends the task, and restores the caller’s span',
  97: 'a run that goes on keeps its trace, which begins once',
  98: 'a run may have a tracing key of its own, which is in no log',
  99: 'an end from another async context is harmless and counts once',
  100: 'an abandoned iterator leaves nothing current',
  101: 'importing starts nothing',
  102: 'batches by size and time, drops when full, flushes and stops within bounds, also out of a retry’s delay',
  103: 'a 4xx is not tried again, a 5xx is; fields that are too long are cut',
  104: 'concurrent runs never mix spans',
};

/** Approvals, sessions, symmetry. */
const F = {
  105: 'a tool that needs approval: the stream ends normally, the call is listed and not run',
  106: 'approved: the output, then the message; the tool runs once',
  107: 'rejected: the model is told, with the message if there is one',
  108: 'decided calls run, the rest interrupt again',
  109: 'a decision for always holds; an exact one beats it',
  110: 'arguments that a rule cannot read: approval is required',
  111: 'begun and gone on with in either way, the same',
  112: 'streamed and whole runs show the same',
  113: 'each item is saved once, however often a run goes on',
  114: 'call and output are saved before the next model call',
  115: 'a failed sibling becomes an error output, the others are kept',
  116: 'going on with a run changes no earlier result',
  117: 'a run that is over keeps no agent alive',
};

const SECTIONS: Readonly<Record<string, Readonly<Record<number, string>>>> = { A, B, C, D, E, F };

/** Behaviours that this version does not have yet, and why. */
const LATER: Readonly<Record<number, string>> = {
  82: 'output that is held until a guardrail has passed',
};

function cited(): Map<string, number> {
  const tests = join(import.meta.dirname, '..');
  const citations = new Map<string, number>();
  for (const file of globSync('**/*.test.ts', { cwd: tests })) {
    for (const [tag] of readFileSync(join(tests, file), 'utf8').matchAll(
      /(?<=[(\s]'(?:\[[A-F]\d+\] ?)*)\[[A-F]\d+\]/g,
    )) {
      citations.set(tag, (citations.get(tag) ?? 0) + 1);
    }
  }
  return citations;
}

const lines = Object.entries(SECTIONS).flatMap(([section, held]) =>
  Object.entries(held).map(([number, says]) => ({ tag: `[${section}${number}]`, says })),
);

describe('the list of behaviours', () => {
  const citations = cited();

  test.each(lines)('$tag is held by a test: $says', ({ tag }) => {
    expect(citations.get(tag) ?? 0).toBeGreaterThan(0);
  });

  test('is whole: every number from 1 to 117 is held or is for later, and none is both', () => {
    const held = Object.values(SECTIONS).flatMap((section) => Object.keys(section).map(Number));
    const all = [...held, ...Object.keys(LATER).map(Number)].toSorted((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 117 }, (_, index) => index + 1));
  });

  test('has every line that a test cites', () => {
    const known = new Set(lines.map(({ tag }) => tag));
    expect([...citations.keys()].filter((tag) => !known.has(tag))).toEqual([]);
  });
});
