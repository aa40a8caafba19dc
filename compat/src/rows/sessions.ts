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
