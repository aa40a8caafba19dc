/**
 * What `@openai/agents-extensions` 0.18.0 makes of runs for the AI SDK's UI, written down once: the package is no dependency here. Beside it what Tailrace makes of
 * the same runs, which `test/ui-chunks.test.ts` holds.
 */
import { Agent, handoff, run, type StreamedRunResult, tool, webSearchTool } from 'tailrace';
import { assistantMessage, functionCall, modelError, ScriptedModel, type ScriptedModelInput } from 'tailrace/testing';
import { z } from 'zod';

/** Chunks as words: their types, with what else differs. */
type Chunks = readonly string[];

interface UiRow {
  readonly id: string;
  readonly reference: string;
  readonly tailrace: string;
  readonly why: string;
  readonly run: () => Promise<StreamedRunResult>;
  readonly theirs: Chunks;
  readonly ours: Chunks;
}

const done = [assistantMessage('Done.')];
const call = [functionCall('look', { at: 'door' }, { callId: 'call_1' })];

function looker(script: ScriptedModelInput[], how: { fails?: boolean; needsApproval?: boolean } = {}): Agent {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({ at: z.string() }),
    needsApproval: how.needsApproval ?? false,
    execute: () => {
      if (how.fails) throw new Error('dark');
      return 'a door';
    },
  });
  return new Agent({ name: 'Looker', tools: [look], model: new ScriptedModel(script) });
}

const streamed = async (agent: Agent): Promise<StreamedRunResult> => run(agent, 'Hi', { stream: true });
const TEXT = ['text-start', 'text-delta', 'text-end'];
const CALL = ['tool-input-start', 'tool-input-available'];
const END = ['finish-step', 'finish stop'];

export const uiRows: readonly UiRow[] = [
  {
    id: 'a-step-is-a-model-call',
    reference: 'One step holds all turns.',
    tailrace: 'Each turn is a step: `start-step`, the model’s answer, what its tools gave, `finish-step`.',
    why: 'It is what the AI SDK’s own streams do, and what its message parts mean by a step.',
    run: async () => streamed(looker([call, done])),
    theirs: ['start', 'start-step', ...CALL, 'tool-output-available', ...TEXT, ...END],
    ours: ['start', 'start-step', ...CALL, 'tool-output-available', 'finish-step', 'start-step', ...TEXT, ...END],
  },
  {
    id: 'a-handoff-is-a-step',
    reference: 'A turn that ends in a handoff leaves no trace in the chunks.',
    tailrace: 'It is a step of its own.',
    why: 'Every turn is one, also one that says nothing.',
    run: async () => {
      const heir = new Agent({ name: 'Heir', model: new ScriptedModel([done]) });
      const model = new ScriptedModel([[functionCall('transfer_to_Heir', {}, { callId: 'call_1' })]]);
      return streamed(new Agent({ name: 'Triage', handoffs: [handoff(heir)], model }));
    },
    theirs: ['start', 'start-step', ...TEXT, ...END],
    ours: ['start', 'start-step', 'finish-step', 'start-step', ...TEXT, ...END],
  },
  {
    id: 'a-failed-tool-has-failed',
    reference: 'A tool that failed is `tool-output-available`, with what the model was told.',
    tailrace: 'It is `tool-output-error`, with the same text.',
    why: 'The page should not show an error as a result.',
    run: async () => streamed(looker([call, done], { fails: true })),
    theirs: ['start', 'start-step', ...CALL, 'tool-output-available', ...TEXT, ...END],
    ours: ['start', 'start-step', ...CALL, 'tool-output-error', 'finish-step', 'start-step', ...TEXT, ...END],
  },
  {
    id: 'waiting-is-no-stop',
    reference: 'A run that waits for a decision finishes with the reason `stop`.',
    tailrace: 'With `tool-calls`.',
    why: 'The model has not stopped; its call is still open. The AI SDK says `tool-calls`, too.',
    run: async () => streamed(looker([call, done], { needsApproval: true })),
    theirs: ['start', 'start-step', ...CALL, 'tool-approval-request', ...END],
    ours: ['start', 'start-step', ...CALL, 'tool-approval-request', 'finish-step', 'finish tool-calls'],
  },
  {
    id: 'a-decision-is-told',
    reference: 'The run that goes on begins with the output of the call.',
    tailrace: 'It says first what was decided: `tool-approval-response`.',
    why: 'Whoever looks on, or reads the message again, sees that somebody was asked, and what the answer was.',
    run: async () => {
      const agent = looker([call, done], { needsApproval: true });
      const { state, interruptions } = await run(agent, 'Hi');
      for (const item of interruptions) await state.approve(item);
      return run(agent, state, { stream: true });
    },
    theirs: ['start', 'tool-output-available', 'start-step', ...TEXT, ...END],
    ours: ['start', 'tool-approval-response', 'tool-output-available', 'start-step', ...TEXT, ...END],
  },
  {
    id: 'hosted-tools-are-the-provider’s',
    reference: 'What the provider ran itself comes after its step, as if the program had run it.',
    tailrace: 'It is in its step, with `providerExecuted`.',
    why: 'Without that, a client that answers open calls takes it for one of its own.',
    run: async () => {
      const search = { type: 'hosted_tool_call', name: 'web_search_call', id: 'w1', status: 'completed' } as const;
      const model = new ScriptedModel([[{ ...search, arguments: '{}', output: 'found' }, ...done]]);
      return streamed(new Agent({ name: 'Searcher', tools: [webSearchTool()], model }));
    },
    theirs: ['start', 'start-step', ...TEXT, 'finish-step', ...CALL, 'tool-output-available', 'finish stop'],
    ours: [
      ...['start', 'start-step', ...TEXT],
      ...[...CALL, 'tool-output-available'].map((word) => `${word} providerExecuted`),
      ...END,
    ],
  },
  {
    id: 'a-failure-is-a-chunk',
    reference: 'When the run fails, the stream throws: the client’s connection breaks.',
    tailrace: 'The stream ends with the chunk `error`, whose text may leave the process, and `finish`.',
    why: 'The page can say what happened, and does not take it for a bad network.',
    run: async () => streamed(looker([modelError(new Error('down'))])),
    theirs: ['threw Error'],
    ours: ['start', 'start-step', 'finish-step', 'error', 'finish error'],
  },
];
