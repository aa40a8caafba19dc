import type { Difference } from '../difference.ts';

/** Rows about two of a kind, and two failures: which one counts. */
export const collisionRows: readonly Difference[] = [
  {
    id: 'one-tool-of-a-name',
    reference:
      'Of two tools of one name the last one is called, with a warning; `toolNameCollisionPolicy` makes it an error of the run.',
    tailrace: 'Making the agent fails (`TOOL_NAME_DUPLICATE`), and the error says which two.',
    why: 'A tool that is never called is a mistake, and the place to find it is where it is made.',
    applies: (program) => program === 'two tools of one name',
    aspects: { ending: () => 'UserError', ran: () => [] },
  },
  {
    id: 'the-first-failure-counts',
    reference:
      'When the model fails while a guardrail is being asked, the run waits for the guardrail, and what that throws is the run’s error.',
    tailrace: 'The model’s error is the run’s; the guardrail is told to stop.',
    why: 'What failed first is the cause, and a run that has failed waits for nobody.',
    applies: (program) => program === 'a guardrail that fails after the model has',
    aspects: { whole: () => 'RangeError', streamed: () => 'RangeError' },
  },
  {
    id: 'one-run-in-a-session',
    reference:
      'Two runs may use one session at the same time. Each reads it without the other’s turn; their items are interleaved.',
    tailrace: 'The second one fails before the model is asked (`SESSION_BUSY`), and the error names the first.',
    why: 'Each would answer without what the other one said, and leave a conversation that nobody had.',
    applies: (program) => program === 'two runs in one session at once',
    aspects: { endings: () => ['completed: Hello.', 'SystemError'], items: () => 2 },
  },
  {
    id: 'call-ids-are-of-a-turn',
    reference: 'A call whose id an earlier turn has used fails the run (`ModelBehaviorError`).',
    tailrace: 'It is made: a call is known by its turn and its id.',
    why: 'Some models count their ids anew in each response. The run’s bookkeeping does not need theirs to be unique.',
    applies: (program) => program === 'a call id that a later turn uses again',
    aspects: { ending: () => 'completed: Done.', ran: () => ['count 1', 'count 2'] },
  },
  {
    id: 'functions-interrupt-nothing',
    reference:
      'A function for `toolUseBehavior` may give `isInterrupted: true`: the run waits, and goes on as before whatever is decided.',
    tailrace: 'The run fails (`OPTION_CONFLICT`), and the error says how tools wait.',
    why: 'All calls of the turn have been made by then: a decision would be about nothing.',
    applies: (program) => program === 'a function that decides to interrupt',
    aspects: { ending: () => 'UserError' },
  },
];
