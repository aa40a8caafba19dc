/** Guardrails of single tools. */
import { describe, expect } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  defineToolInputGuardrail,
  defineToolOutputGuardrail,
  resolveToolInputGuardrails,
  resolveToolOutputGuardrails,
  RunContext,
  runToolInputGuardrails,
  runToolOutputGuardrails,
  tool,
  ToolCallError,
  ToolGuardrailFunctionOutputFactory as verdict,
  type FunctionTool,
  type ToolGuardrailFunctionOutput,
  ToolInputGuardrailTripwireTriggered,
  type ToolOptions,
  ToolOutputGuardrailTripwireTriggered,
} from '../../src/index.ts';
import { assistantMessage, functionCall } from '../../src/testing/index.ts';
import { agentOf, modelOf, scripted } from './cast.ts';
import { on, wait } from './stage.ts';

const parameters = z.object({ n: z.number() });
type Options = Partial<ToolOptions<typeof parameters>>;

/** What happens around the calls of one tool, in order. */
class Course {
  readonly steps: string[] = [];

  input(name: string, output: ToolGuardrailFunctionOutput = verdict.allow()) {
    return defineToolInputGuardrail({
      name,
      run: async ({ toolCall }) => this.#say(`${name} ${toolCall.callId}`, output),
    });
  }

  output(name: string, output: ToolGuardrailFunctionOutput = verdict.allow()) {
    return defineToolOutputGuardrail({
      name,
      run: async (data) => this.#say(`${name} ${JSON.stringify(data.output)}`, output),
    });
  }

  tool(options: Options = {}): FunctionTool {
    return tool({
      name: 'x',
      description: 'Does.',
      parameters,
      execute: () => this.#say('called', 'secret'),
      ...options,
    });
  }

  #say<T>(step: string, value: T): T {
    this.steps.push(step);
    return value;
  }
}

const script = () => [[functionCall('x', { n: 1 }, { callId: 'c1' })], [assistantMessage('Done.')]];
const told = (agent: Agent) => JSON.stringify(modelOf(agent).lastCall?.request.input.at(-1));

describe('[D79] a tool guardrail', () => {
  on.for([false, true])('that allows changes nothing, streamed %s', async (stream, { stage }) => {
    const course = new Course();
    const made = course.tool({
      inputGuardrails: [course.input('i1', verdict.allow({ why: 1 })), course.input('i2')],
      outputGuardrails: [course.output('o1')],
    });
    const agent = scripted(script(), { tools: [made] });
    agent.on('agent_tool_start', () => course.steps.push('start'));
    agent.on('agent_tool_end', (_context, _tool, text) => course.steps.push(`end ${text}`));
    const result = stream ? (await stage.seen(agent)).result : (await stage.whole(agent)).result;
    expect(course.steps).toEqual(['i1 c1', 'i2 c1', 'start', 'called', 'o1 "secret"', 'end secret']);
    expect(result?.finalOutput).toBe('Done.');
    expect(result?.toolInputGuardrailResults).toEqual([
      {
        guardrail: { type: 'tool_input', name: 'i1' },
        output: { behavior: { type: 'allow' }, outputInfo: { why: 1 } },
      },
      { guardrail: { type: 'tool_input', name: 'i2' }, output: { behavior: { type: 'allow' } } },
    ]);
    expect(result?.toolOutputGuardrailResults).toHaveLength(1);
    expect(stage.spans('guardrail').map(({ spanData }) => [spanData.name, spanData.triggered])).toEqual([
      ['i1', false],
      ['i2', false],
      ['o1', false],
    ]);
    const [call] = stage.spans('function');
    expect(stage.spans('guardrail').every(({ parentId }) => parentId === call?.spanId)).toBe(true);
  });

  on.for([false, true])(
    'on the input that rejects answers in place of the tool, streamed %s',
    async (stream, { stage }) => {
      const course = new Course();
      const inputGuardrails = [course.input('i1', verdict.rejectContent('Not today.')), course.input('i2')];
      const made = course.tool({ inputGuardrails, outputGuardrails: [course.output('o1')] });
      const agent = scripted(script(), { tools: [made] });
      const result = stream ? (await stage.seen(agent)).result : (await stage.whole(agent)).result;
      expect(course.steps).toEqual(['i1 c1']);
      expect(told(agent)).toContain('Not today.');
      expect(result?.toolInputGuardrailResults).toHaveLength(1);
      // Nothing was called, and the log says so.
      const types = stage.log().map(({ type }) => type);
      expect(types).toContain('tool.checked');
      expect(types).not.toContain('tool.called');
      expect(types).not.toContain('tool.returned');
    },
  );

  on('on the output that rejects keeps it from the model, and out of the log', async ({ stage }) => {
    const course = new Course();
    const outputGuardrails = [course.output('o1', verdict.rejectContent('Withheld.')), course.output('o2')];
    const agent = scripted(script(), { tools: [course.tool({ outputGuardrails })] });
    const { result } = await stage.whole(agent);
    expect(course.steps).toEqual(['called', 'o1 "secret"']);
    expect(told(agent)).toContain('Withheld.');
    expect(JSON.stringify(stage.log())).not.toContain('secret');
    expect(result?.newItems.find((item) => item.type === 'tool_call_output_item')).toMatchObject({
      output: 'Withheld.',
    });
  });

  on.for(['input', 'output'] as const)(
    'on the %s that throws fails the run, whole and streamed',
    async (kind, { stage }) => {
      const course = new Course();
      const trip = verdict.throwException({ score: 9 });
      const made = course.tool(
        kind === 'input'
          ? { inputGuardrails: [course.input('g', trip)] }
          : { outputGuardrails: [course.output('g', trip)] },
      );
      const agent = () => scripted(script().slice(0, 1), { tools: [made] });
      const errors = [(await stage.whole(agent())).error, (await stage.seen(agent())).error];
      for (const error of errors) {
        expect(error).toBeInstanceOf(ToolCallError);
        expect(error).toMatchObject({ code: 'TOOL_GUARDRAIL_TRIPPED' });
        const cause = (error as ToolCallError).error;
        expect(cause).toBeInstanceOf(
          kind === 'input' ? ToolInputGuardrailTripwireTriggered : ToolOutputGuardrailTripwireTriggered,
        );
        expect(cause).toMatchObject({ result: { guardrail: { name: 'g' }, output: trip } });
        const { state } = error as { state?: Record<string, unknown[]> };
        expect(state?.[kind === 'input' ? 'toolInputGuardrailResults' : 'toolOutputGuardrailResults']).toHaveLength(1);
      }
      expect(course.steps.filter((step) => step === 'called')).toHaveLength(kind === 'input' ? 0 : 2);
    },
  );

  on('that throws an error of its own, or gives no verdict, fails closed', async ({ stage }) => {
    const course = new Course();
    const broken = [
      defineToolInputGuardrail({ name: 'g', run: async () => Promise.reject(new Error('down')) }),
      defineToolInputGuardrail({ name: 'g', run: async () => undefined as never }),
      defineToolInputGuardrail({ name: 'g', run: async () => ({ behavior: { type: 'maybe' } }) as never }),
      defineToolInputGuardrail({ name: 'g', run: async () => ({ behavior: { type: 'rejectContent' } }) as never }),
    ];
    for (const guardrail of broken) {
      const agent = scripted(script().slice(0, 1), { tools: [course.tool({ inputGuardrails: [guardrail] })] });
      const { error } = await stage.whole(agent);
      expect(error).toBeInstanceOf(ToolCallError);
      expect(error).toMatchObject({ code: 'GUARDRAIL_FAILED' });
    }
    expect(course.steps).toEqual([]);
  });

  on('sees what the model is to be told of a failure or a timeout', async ({ stage }) => {
    const course = new Course();
    const outputGuardrails = [course.output('o')];
    const late = () => new Promise<never>(() => undefined);
    const failing = course.tool({ outputGuardrails, execute: () => Promise.reject(new Error('no')) });
    const slow = course.tool({ outputGuardrails, execute: late, timeoutMs: 5 });
    for (const made of [failing, slow]) {
      await stage.whole(scripted(script(), { tools: [made] }), 'Hi', {}, { timeouts: { toolGraceMs: 1 } });
    }
    expect(course.steps).toEqual([
      'o "An error occurred while running the tool. Please try again."',
      `o "Tool 'x' timed out after 5ms."`,
    ]);
  });

  on('that hangs does not hold up a cancel, and is told of it', async ({ stage }) => {
    let aborted = false;
    const hanging = defineToolInputGuardrail({
      name: 'hangs',
      run: async ({ signal }) => {
        signal?.addEventListener('abort', () => (aborted = true), { once: true });
        stage.caller.abort();
        return new Promise<never>(() => undefined);
      },
    });
    const agent = scripted(script().slice(0, 1), { tools: [new Course().tool({ inputGuardrails: [hanging] })] });
    const { error } = await stage.whole(agent, 'Hi', { signal: stage.caller.signal });
    expect(error).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(aborted).toBe(true);
  });

  on('one slow guardrail does not keep the other calls waiting', async ({ stage }) => {
    const order: string[] = [];
    const slow = defineToolInputGuardrail({
      name: 'slow',
      run: async () => {
        await wait(20);
        order.push('checked');
        return verdict.allow();
      },
    });
    const named = (name: string, options: Options) =>
      new Course().tool({ name, execute: () => void order.push(name), ...options });
    const tools = [named('guarded', { inputGuardrails: [slow] }), named('free', {})];
    const calls = [functionCall('guarded', { n: 1 }, { callId: 'a' }), functionCall('free', { n: 1 }, { callId: 'b' })];
    const agent = scripted([calls, [assistantMessage('Done.')]], { tools });
    const { result } = await stage.whole(agent);
    expect(order).toEqual(['free', 'checked', 'guarded']);
    const outputs = result?.newItems.filter((item) => item.type === 'tool_call_output_item');
    expect(outputs?.map(({ rawItem }) => 'callId' in rawItem && rawItem.callId)).toEqual(['a', 'b']);
  });

  on('keeps its results across a handoff and at the limit of turns', async ({ stage }) => {
    const course = new Course();
    const made = course.tool({ inputGuardrails: [course.input('i')] });
    const second = new Agent({ name: 'Second', model: modelOf(scripted(script())), tools: [made] });
    const first = scripted(
      [[functionCall('x', { n: 1 }, { callId: 'c0' })], [functionCall('transfer_to_Second', {}, { callId: 'h' })]],
      { tools: [made], handoffs: [second] },
    );
    const { result } = await stage.whole(first);
    expect(result?.toolInputGuardrailResults).toHaveLength(2);

    const endless = agentOf(modelOf(scripted(script().slice(0, 1))), { tools: [made] });
    const { error } = await stage.whole(endless, 'Hi', { maxTurns: 1 });
    expect(error).toMatchObject({ code: 'MAX_TURNS', state: { toolInputGuardrailResults: [{}] } });
  });
});

describe('[D80] a call that needs approval', () => {
  on.for([false, true])(
    'has its guardrails asked after it, and before it where that is wanted: %s',
    async (before, { stage }) => {
      const course = new Course();
      const made = course.tool({ needsApproval: true, inputGuardrails: [course.input('i')] });
      const agent = scripted(script(), { tools: [made] });
      const options = { toolExecution: { preApprovalInputGuardrails: before } };
      const { result } = await stage.whole(agent, 'Hi', options);
      expect(course.steps).toEqual(before ? ['i c1'] : []);
      const [asked] = result?.interruptions ?? [];
      if (!result || !asked) throw new Error('nothing waits');
      expect(result.toolInputGuardrailResults).toHaveLength(before ? 1 : 0);
      void result.state.approve(asked);
      const { Runner } = await import('../../src/index.ts');
      const done = await new Runner({ store: stage.store }).run(agent, result.state, options);
      expect(course.steps).toEqual(before ? ['i c1', 'i c1', 'called'] : ['i c1', 'called']);
      expect(done.toolInputGuardrailResults).toHaveLength(before ? 2 : 1);
    },
  );

  on('is nobody’s decision when a guardrail rejects it first', async ({ stage }) => {
    const course = new Course();
    const made = course.tool({
      needsApproval: true,
      inputGuardrails: [course.input('i', verdict.rejectContent('No.'))],
    });
    const agent = scripted(script(), { tools: [made] });
    const { result } = await stage.whole(agent, 'Hi', { toolExecution: { preApprovalInputGuardrails: true } });
    expect([result?.finalOutput, result?.interruptions, course.steps]).toEqual(['Done.', [], ['i c1']]);
    expect(told(agent)).toContain('No.');
    expect(result?.toolInputGuardrailResults).toHaveLength(1);
  });

  on('fails the run when a guardrail says so first', async ({ stage }) => {
    const course = new Course();
    const made = course.tool({ needsApproval: true, inputGuardrails: [course.input('i', verdict.throwException())] });
    const { error } = await stage.whole(scripted(script().slice(0, 1), { tools: [made] }), 'Hi', {
      toolExecution: { preApprovalInputGuardrails: true },
    });
    expect(error).toMatchObject({ name: 'ToolCallError', code: 'TOOL_GUARDRAIL_TRIPPED' });
  });
});

describe('outside of a run', () => {
  const about = {
    context: new RunContext(),
    agent: new Agent({ name: 'A' }),
    toolCall: functionCall('x', { n: 1 }, { callId: 'c1' }),
  };

  on('guardrails are asked by hand, up to the first that does not allow', async () => {
    const course = new Course();
    const seen: unknown[] = [];
    const onResult = (result: unknown) => seen.push(result);
    const rejecting = resolveToolInputGuardrails([course.input('a', verdict.rejectContent('m')), course.input('b')]);
    expect(await runToolInputGuardrails({ guardrails: rejecting, ...about, onResult })).toEqual({
      type: 'reject',
      message: 'm',
    });
    expect(await runToolInputGuardrails(about)).toEqual({ type: 'allow' });
    const outputs = resolveToolOutputGuardrails([course.output('a'), course.output('b', verdict.rejectContent('m'))]);
    expect(await runToolOutputGuardrails({ guardrails: outputs, ...about, toolOutput: 5, onResult })).toBe('m');
    expect(await runToolOutputGuardrails({ ...about, toolOutput: 5 })).toBe(5);
    expect(seen).toHaveLength(3);
    const trips = resolveToolInputGuardrails([course.input('a', verdict.throwException())]);
    await expect(runToolInputGuardrails({ guardrails: trips, ...about })).rejects.toBeInstanceOf(
      ToolInputGuardrailTripwireTriggered,
    );
  });
});
