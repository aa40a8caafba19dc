import { describe, expect } from 'vitest';
import {
  GuardrailExecutionError,
  InputGuardrailTripwireTriggered,
  MaxTurnsExceededError,
  ModelBehaviorError,
  ModelProviderError,
  ModelRefusalError,
  OutputGuardrailTripwireTriggered,
  type RunEvent,
  RunState,
  SystemError,
  tool,
  ToolCallError,
} from '../../src/index.ts';
import { assistantMessage, modelError, modelErrorAfter, textStream } from '../../src/testing/index.ts';
import {
  call,
  inputGuard,
  kinds,
  modelOf,
  outputGuard,
  scripted,
  TestSession,
  toolScript,
  triage,
  weather,
} from './cast.ts';
import { failure, itemWords, on, read, settled, words } from './stage.ts';

const overloaded = (): ModelProviderError =>
  new ModelProviderError('The model is overloaded.', { code: 'MODEL_SERVER', retryAfterMs: 0 });

/** A tool whose failure ends the run. */
const deadly = tool({
  name: 'weather',
  description: 'Fails.',
  parameters: undefined,
  errorFunction: null,
  execute: () => {
    throw new TypeError('no luck');
  },
});

const refusal = { ...assistantMessage(''), content: [{ type: 'refusal' as const, refusal: 'I will not.' }] };

describe('an error of a run', () => {
  on(
    '[B25] an error before the first event is thrown from iteration, and readable on the result',
    async ({ stage }) => {
      const down = new Error('down');
      const result = await stage.stream(scripted([modelError(down)]));
      const { events, error } = await read(result);
      expect([events, error, result.error]).toEqual([[], down, down]);
      expect(await failure(result.completed)).toBe(down);
      expect((await read(result)).error).toBe(down);
    },
  );

  on('[B26] there is no error on a run that completed', async ({ stage }) => {
    const { result } = await stage.seen(scripted([[assistantMessage('Hi.')]]));
    expect([result.error, result.cancelled, result.status]).toEqual([null, false, 'completed']);
    await expect(result.completed).resolves.toBeUndefined();
  });

  const failures = {
    'a model error': [Error, () => scripted([modelError(new Error('down'))])],
    'a value that is no error': [undefined, () => scripted([modelError('down')])],
    'an unknown tool': [ModelBehaviorError, () => scripted([[call()]])],
    'too many turns': [MaxTurnsExceededError, () => scripted([[call()], [call('c2')]], { tools: [weather()] })],
    'a refusal': [ModelRefusalError, () => scripted([[refusal]])],
    'a tool that ends the run': [ToolCallError, () => scripted([[call()]], { tools: [deadly] })],
    'an input trip': [
      InputGuardrailTripwireTriggered,
      () => scripted(toolScript(), { inputGuardrails: [inputGuard(true)] }),
    ],
    'an output trip': [
      OutputGuardrailTripwireTriggered,
      () => scripted([[assistantMessage('x')]], { outputGuardrails: [outputGuard(true)] }),
    ],
    'a guardrail that throws': [
      GuardrailExecutionError,
      () =>
        scripted([[assistantMessage('x')]], {
          inputGuardrails: [inputGuard(false, { throws: new Error('no verdict'), blocking: true })],
        }),
    ],
  } as const;
  on.for(Object.entries(failures))(
    '[B27] streamed and whole runs throw the same: %s',
    async ([, [Class, agent]], { stage }) => {
      const streamed = await stage.seen(agent(), 'Hi', { maxTurns: 1 });
      const whole = await stage.whole(agent(), 'Hi', { maxTurns: 1 });
      if (Class) expect(whole.error).toBeInstanceOf(Class);
      else expect(whole.error).toBe('down');
      expect(identity(streamed.error)).toEqual(identity(whole.error));
      expect(stage.log('run_1').at(-1)).toMatchObject({ type: 'run.failed', error: { code: codeOf(whole.log) } });
    },
  );

  on('[B28] at the limit of turns, all that was said comes first, the last tool output among it', async ({ stage }) => {
    const agent = scripted([[call('c1')], [call('c2')], [call('c3')]], { tools: [weather()] });
    const { events, error } = await stage.seen(agent, 'Hi', { maxTurns: 2 });
    expect(itemWords(events)).toEqual(['tool_called', 'tool_output', 'tool_called', 'tool_output']);
    expect(error).toBeInstanceOf(MaxTurnsExceededError);
    expect(modelOf(agent).calls).toHaveLength(2);
  });

  const step = textStream('One two three four.');
  on.for(step.events.slice(0, -1).map((_, index) => index))(
    '[B29] what is committed is delivered, then the error (after event %i)',
    async (count, { stage }) => {
      const down = new Error('down');
      const agent = scripted([modelErrorAfter(step.events.slice(0, count), down)]);
      const result = await stage.stream(agent);
      // A reader that only begins when all is over.
      await settled(result);
      const { events, error } = await read(result);
      expect(events.map((event) => event.type === 'raw_model_stream_event' && event.data)).toEqual(
        step.events.slice(0, count),
      );
      expect(error).toBe(down);
    },
  );

  on(
    '[B30] an error has the run’s state: input, items, responses, agent, verdicts; not for JSON',
    async ({ stage }) => {
      const { triage: agent } = triage([[call('h1', {}, 'transfer_to_Billing')]], [[call('missing', {}, 'missing')]], {
        inputGuardrails: [inputGuard(false, { name: 'fine' })],
      });
      for (const error of [(await stage.seen(agent, 'Pay')).error, (await stage.whole(triageAgain(), 'Pay')).error]) {
        expect(error).toBeInstanceOf(ModelBehaviorError);
        const { state } = error as { state: RunState };
        expect(state).toBeInstanceOf(RunState);
        expect(state.input).toBe('Pay');
        expect(state.newItems.map((item) => item.type)).toEqual(['handoff_call_item', 'handoff_output_item']);
        expect(state.rawResponses).toHaveLength(2);
        expect(state.currentAgent.name).toBe('Billing');
        expect(state.inputGuardrailResults).toMatchObject([{ guardrail: { name: 'fine' } }]);
        expect(Object.keys(error as object)).not.toContain('state');
        expect(JSON.stringify(error)).not.toContain('Pay');
      }

      function triageAgain() {
        return triage([[call('h1', {}, 'transfer_to_Billing')]], [[call('missing', {}, 'missing')]], {
          inputGuardrails: [inputGuard(false, { name: 'fine' })],
        }).triage;
      }
    },
  );

  on('[B31] maxTurns: null takes the limit away', async ({ stage }) => {
    const script = [...Array.from({ length: 15 }, (_, index) => [call(`c${index}`)]), [assistantMessage('Done.')]];
    const { result, error } = await stage.seen(scripted(script, { tools: [weather()] }), 'Hi', { maxTurns: null });
    expect([error, result.finalOutput, result.currentTurn, result.maxTurns]).toEqual([undefined, 'Done.', 16, null]);
  });

  const hostile = {
    toString: Object.assign(new Error('x'), {
      toString() {
        throw new Error('from toString');
      },
    }),
    message: Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('from message');
      },
    }),
    everything: new Proxy(new Error('x'), {
      get() {
        throw new Error('from the proxy');
      },
    }),
    'no prototype': Object.freeze(Object.create(null) as object),
  };
  on.for(Object.entries(hostile))(
    '[B38] an error that cannot be shown is still the error (%s)',
    async ([, error], { stage }) => {
      const streamed = await stage.seen(scripted([modelError(error)]));
      const whole = await stage.whole(scripted([modelError(error)]));
      expect(streamed.error === error).toBe(true);
      expect(whole.error === error).toBe(true);
      expect(stage.log().at(-1)?.type).toBe('run.failed');
    },
  );
});

describe('a session that fails, a model that is tried again', () => {
  on.for([1, 2, 3])('[B34] a session that fails at save %i ends the stream with that error', async (nth, { stage }) => {
    const full = new Error('disk full');
    const session = new TestSession((save) => {
      if (save === nth) throw full;
    });
    const { error, result } = await stage.seen(scripted(toolScript(), { tools: [weather()] }), 'Hi', { session });
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'SESSION_SAVE_FAILED', cause: full });
    expect([result.status, result.error]).toEqual(['failed', error]);
    expect(stage.log().at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'SESSION_SAVE_FAILED' } });
  });

  on('[B35] a failed save is told instead of an output trip, which stays as its cause', async ({ stage }) => {
    const session = new TestSession((save) => {
      if (save === 2) throw new Error('disk full');
    });
    const agent = scripted([[call()]], {
      tools: [weather()],
      toolUseBehavior: 'stop_on_first_tool',
      outputGuardrails: [outputGuard(true)],
    });
    const { error } = await stage.seen(agent, 'Hi', { session });
    expect(error).toMatchObject({ code: 'SESSION_SAVE_FAILED' });
    expect((error as Error).cause).toBeInstanceOf(OutputGuardrailTripwireTriggered);
  });

  on('[B36] trying the model again leaves what is in the session as it is', async ({ stage }) => {
    const session = new TestSession();
    const agent = scripted(
      [modelError(overloaded()), [call()], modelError(overloaded()), [assistantMessage('Sunny.')]],
      { tools: [weather()] },
    );
    const { error } = await stage.seen(agent, 'Hi', { session });
    expect(error).toBeUndefined();
    expect(kinds(await session.getItems())).toEqual(['user', 'function_call', 'function_call_result', 'assistant']);
  });

  on('[B37] once output was delivered, a failed model is not tried again in silence', async ({ stage }) => {
    const error = overloaded();
    const early = scripted([modelErrorAfter([{ type: 'response_started' }], error), [assistantMessage('Hi.')]]);
    expect((await stage.seen(early)).error).toBeUndefined();
    const late = scripted([modelErrorAfter(step().slice(0, 3), error), [assistantMessage('Hi.')]]);
    const seen = await stage.seen(late);
    expect(seen.error).toBe(error);
    expect(words(seen.events)).toEqual(['raw:response_started', 'raw:model', 'raw:output_text_delta']);
    expect(modelOf(late).calls).toHaveLength(1);

    function step() {
      return textStream('Hello there.').events;
    }
  });
});

function identity(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [error];
  return [error.constructor, error.name, error.message.replace(/run_\d/, 'run'), (error as { code?: string }).code];
}

function codeOf(log: readonly RunEvent[]): string | undefined {
  const last = log.at(-1);
  return last?.type === 'run.failed' ? last.error.code : undefined;
}
