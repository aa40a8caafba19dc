// The three courses that a run can take, in parts that an exit may replace.
import {
  Agent,
  type FunctionTool,
  handoff,
  type InputGuardrail,
  type ModelSettings,
  type OutputGuardrail,
  tool,
  type ToolOptions,
} from '../../src/index.ts';
import { functionCall, ScriptedModel, type ScriptedModelInput, textStream } from '../../src/testing/index.ts';

export type FlowName = '1 turn' | 'tools' | 'handoff';
/** A response with the events in which it streams. */
export type FlowStep = ReturnType<typeof textStream>;
type ToolParts = Partial<Omit<ToolOptions<undefined>, 'parameters'>>;

export interface FlowParts {
  /** Instead of the flow's own. */
  steps?: readonly ScriptedModelInput[];
  /** Replaces parts of the tool `look`, which every flow with tools calls once. */
  look?: ToolParts;
  inputGuardrails?: InputGuardrail[];
  outputGuardrails?: OutputGuardrail[];
  modelSettings?: ModelSettings;
}

export interface Flow {
  name: FlowName;
  /** Fresh ones each time: a step is used up. */
  steps: () => FlowStep[];
  turns: number;
  hasTools: boolean;
  agent: (parts?: FlowParts) => Agent;
}

export function lookTool(parts: ToolParts = {}): FunctionTool {
  return tool({
    name: 'look',
    description: 'Looks at a thing.',
    parameters: undefined,
    execute: () => 'a thing',
    ...parts,
  });
}

function countTool(): FunctionTool {
  return tool({ name: 'count', description: 'Counts.', parameters: undefined, execute: async () => 'two' });
}

function settings({ modelSettings }: FlowParts): { modelSettings?: ModelSettings } {
  return modelSettings ? { modelSettings } : {};
}

const ONE_TURN: Flow = {
  name: '1 turn',
  turns: 1,
  hasTools: false,
  steps: () => [textStream('Good morning to you', { responseId: 'resp_1' })],
  agent: (parts = {}) =>
    new Agent({
      name: 'speaker',
      model: new ScriptedModel(parts.steps ?? ONE_TURN.steps()),
      inputGuardrails: parts.inputGuardrails ?? [],
      outputGuardrails: parts.outputGuardrails ?? [],
      ...settings(parts),
    }),
};

const TOOLS: Flow = {
  name: 'tools',
  turns: 2,
  hasTools: true,
  steps: () => [
    textStream('I look', {
      responseId: 'resp_1',
      more: [functionCall('look', {}, { callId: 'call_1' }), functionCall('count', {}, { callId: 'call_2' })],
    }),
    textStream('Two things', { responseId: 'resp_2', provider: 'chat' }),
  ],
  agent: (parts = {}) =>
    new Agent({
      name: 'looker',
      model: new ScriptedModel(parts.steps ?? TOOLS.steps()),
      tools: [lookTool(parts.look), countTool()],
      inputGuardrails: parts.inputGuardrails ?? [],
      outputGuardrails: parts.outputGuardrails ?? [],
      ...settings(parts),
    }),
};

const HANDOFF: Flow = {
  name: 'handoff',
  turns: 3,
  hasTools: true,
  steps: () => [
    textStream('One moment', {
      responseId: 'resp_1',
      more: [functionCall('transfer_to_helper', {}, { callId: 'call_1' })],
    }),
    textStream('I look', { responseId: 'resp_2', more: [functionCall('look', {}, { callId: 'call_2' })] }),
    textStream('One thing', { responseId: 'resp_3' }),
  ],
  agent: (parts = {}) => {
    const model = new ScriptedModel(parts.steps ?? HANDOFF.steps());
    const helper = new Agent({
      name: 'helper',
      model,
      tools: [lookTool(parts.look)],
      outputGuardrails: parts.outputGuardrails ?? [],
      ...settings(parts),
    });
    return new Agent({
      name: 'greeter',
      model,
      handoffs: [handoff(helper)],
      inputGuardrails: parts.inputGuardrails ?? [],
      ...settings(parts),
    });
  },
};

export const FLOWS: readonly Flow[] = [ONE_TURN, TOOLS, HANDOFF];
