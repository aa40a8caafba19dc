import type { Difference } from '../difference.ts';

/** Rows about sessions, and histories that the provider keeps. */
export const sessionRows: readonly Difference[] = [
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
