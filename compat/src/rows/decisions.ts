import { type Difference, isObject, list } from '../difference.ts';

/** Rows about decisions, and what a tool's function may be. */
export const decisionRows: readonly Difference[] = [
  {
    id: 'the-first-decision-counts',
    reference: 'Of two decisions about a call in the name of one state, the last one counts.',
    tailrace:
      'The first one counts, and another one throws at once (`APPROVAL_DECIDED`). The same one again changes nothing.',
    why: 'A decision is stored when it is made, and a run that another process drives may go on with it at any time: nobody can take it back, and who tries is told.',
    applies: (program) => program === 'approved, and then rejected' || program === 'rejected, and then approved',
    aspects: { refused: () => true, ran: (_, { program }) => (program.startsWith('approved') ? [1] : []) },
  },
  {
    id: 'always-is-of-later-calls',
    reference: 'A decision for always decides the calls of the tool that wait, too.',
    tailrace: 'It holds for all later calls. One that waits keeps waiting for its own.',
    why: 'Somebody has been asked about it, and may be about to answer.',
    applies: (program) => program === 'approved for always, beside another call that waits',
    aspects: { ran: () => [1], asked: () => [['pay', 'pay']] },
  },
  {
    id: 'generators-are-run',
    reference:
      'The output of a tool whose function is a generator is the generator: the model is told `{}`, and nothing of it is run.',
    tailrace: 'It is run: what it yields is progress, what it returns is the output.',
    why: 'A generator object is of no use to a model.',
    applies: (program) => program === 'a tool whose function is a generator',
    aspects: {
      told: (value) =>
        list(value).map((item) => (isObject(item) ? { ...item, output: { type: 'text', text: 'done' } } : item)),
    },
  },
];
