import { type Difference, list, storedCall, userMessage } from '../difference.ts';

/** Rows about sessions, and histories that the provider keeps. */
export const sessionRows: readonly Difference[] = [
  {
    id: 'a-compaction-deletes-nothing',
    reference: 'A compaction item among what the model says deletes all that the session had before it.',
    tailrace:
      'The session keeps it. The model, `history` and `output` begin at the last compaction, in this run and in those that follow.',
    why: 'A session is a record; a process that ends between deleting and writing would have lost it.',
    applies: (program) => program.startsWith('a compaction among what the model says'),
    aspects: {
      session: (value) => [
        ...[userMessage('old'), userMessage('Hi'), ...storedCall('tick', 'call_1', 'tock')],
        {
          content: [{ text: 'Before.', type: 'output_text' }],
          role: 'assistant',
          status: 'completed',
          type: 'message',
        },
        ...list(value),
      ],
    },
  },
  {
    id: 'no-call-without-its-output',
    reference: 'While a run waits for a decision about a call, the session has the call without an output.',
    tailrace: 'The call goes into the session together with its output, once that is there.',
    why: 'Whatever becomes of the run, every provider takes what the session has: a call without an output is refused with a 400.',
    applies: (program) => program.startsWith('a call that waits for a decision, beside a session'),
    aspects: { whileItWaits: () => ['user'] },
  },
  {
    id: 'a-handoff-filter-leaves-the-session',
    reference: "What a handoff's `inputFilter` leaves out of the turn is not stored either.",
    tailrace: 'The turn is stored before the filter has it: the call of the handoff with its output.',
    why: 'The filter says what the next agent sees. The session is the record of what happened, and a crash between the two changes nothing in it.',
    applies: (program) => program === 'a handoff filter that leaves the turn out, beside a session',
    aspects: { stored: () => ['user', 'function_call', 'function_call_result', 'assistant'] },
  },
  {
    id: 'an-input-that-is-written-anew-is-kept',
    reference:
      'Where a `callModelInputFilter` leaves old items out and writes the others anew, new input counts as what became of the old, and is not stored.',
    tailrace: 'Of items that are written anew, those that the filter gave count as the newest: they are stored.',
    why: 'A filter that makes a history shorter keeps its end. A session without the question makes no sense of the answer.',
    applies: (program) => program === 'filters beside a session',
    aspects: {
      newestAnew: (value) => [userMessage('new …'), ...list(value)],
      inOne: (value) => [userMessage('all of it'), ...list(value)],
    },
  },
  {
    id: 'one-history',
    reference:
      'A session beside `conversationId` is neither read nor written, and nothing says so. `previousResponseId` beside it is sent, too.',
    tailrace: 'Both are refused before the model is asked (`OPTION_CONFLICT`).',
    why: 'Two histories of one conversation disagree sooner or later; the API refuses both ids together.',
    applies: (program) =>
      ['a session beside conversationId', 'previousResponseId beside conversationId'].includes(program),
    aspects: { ending: () => 'UserError', calls: () => 0 },
  },
  {
    id: 'no-output-guardrails-on-a-kept-history',
    reference:
      'Output guardrails run beside `conversationId` and `previousResponseId`. What one rejects stays in the history that the provider keeps.',
    tailrace: 'They are refused before the model is asked (`OPTION_CONFLICT`).',
    why: 'The next answer would be given with the rejected one in view.',
    applies: (program) => program === 'output guardrails beside conversationId',
    aspects: { ending: () => 'UserError', calls: () => 0 },
  },
  {
    id: 'compaction-fails-no-run',
    reference: "What a session's `runCompaction` throws rejects the run, whose output is lost.",
    tailrace: 'The run completes; the log says what failed (`session.compacted`).',
    why: 'The answer is there and the history is whole. The next run compacts.',
    applies: (program) => program === 'a session that fails to compact',
    aspects: { ending: () => 'completed: Yes.' },
  },
];
