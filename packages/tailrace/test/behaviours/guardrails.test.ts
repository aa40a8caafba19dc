/** Input guardrails. */
import { describe, expect } from 'vitest';
import {
  GuardrailExecutionError,
  InputGuardrailTripwireTriggered,
  type InputGuardrail,
  type RunState,
  tool,
} from '../../src/index.ts';
import {
  assistantMessage,
  modelError,
  modelResponder,
  modelStall,
  modelStreamResponder,
  textStream,
} from '../../src/testing/index.ts';
import {
  agentOf,
  call,
  inputGuard,
  kinds,
  modelOf,
  scripted,
  TestSession,
  toBilling,
  toolScript,
  triage,
  weather,
} from './cast.ts';
import { quickest } from '../quickest.ts';
import { Moment, on, PacedModel, read, wait, words } from './stage.ts';

const said = textStream('One two three.', { provider: 'none' });
/** The same answer, each event a few milliseconds after the other. */
const slowly = modelStreamResponder(async function* () {
  for (const event of said.events) {
    await wait(4);
    yield event;
  }
});

describe('when an input guardrail trips', () => {
  on.for([0, 20])('[D59] it is thrown, the guardrail taking %i ms', async (afterMs, { stage }) => {
    for (const model of [said, slowly]) {
      const agent = scripted([model], { inputGuardrails: [inputGuard(true, { afterMs })] });
      const { error, result } = await stage.seen(agent);
      expect(error).toBeInstanceOf(InputGuardrailTripwireTriggered);
      expect(error).toMatchObject({
        result: { guardrail: { type: 'input', name: 'guard' }, output: { tripwireTriggered: true } },
      });
      expect([result.finalOutput, result.status]).toEqual([undefined, 'failed']);
    }
  });

  on('[D62] a blocking one: the model is not called, no tool is asked whether it is enabled', async ({ stage }) => {
    let asked = 0;
    const listed = tool({
      name: 't',
      description: 'd',
      parameters: undefined,
      execute: () => 'x',
      isEnabled: () => (asked += 1) > 0,
    });
    const guards = [inputGuard(true, { blocking: true, afterMs: 5 })];
    const agent = scripted(toolScript(), { tools: [listed], inputGuardrails: guards });
    const { events, error } = await stage.seen(agent);
    expect(error).toBeInstanceOf(InputGuardrailTripwireTriggered);
    expect([events, asked, modelOf(agent).calls.length]).toEqual([[], 0, 0]);
  });

  on('[D64] several blocking ones: the first trip stops the rest, and none is waited for', async ({ stage }) => {
    const never = new Moment();
    const guards = [
      inputGuard(false, { blocking: true, name: 'slow', after: never.reached }),
      inputGuard(true, { blocking: true, name: 'trips', afterMs: 5 }),
    ];
    const agent = scripted(toolScript(), { inputGuardrails: guards });
    const { error, result } = await stage.seen(agent);
    expect(error).toMatchObject({ result: { guardrail: { name: 'trips' } } });
    expect(result.inputGuardrailResults.map(({ guardrail }) => guardrail.name)).toEqual(['trips']);
    expect(stage.spans('guardrail').map(({ spanData }) => spanData)).toEqual(
      expect.arrayContaining([
        { type: 'guardrail', name: 'trips', triggered: true },
        { type: 'guardrail', name: 'slow', triggered: false },
      ]),
    );
    const log = stage.log();
    never.reach();
    await wait(5);
    expect(stage.log()).toEqual(log);
  });

  on('[D64] [D68] a guardrail hears by its signal that its verdict is no longer needed', async ({ stage }) => {
    const heard: unknown[] = [];
    const listens: InputGuardrail = {
      name: 'listens',
      runInParallel: false,
      execute: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            heard.push(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    };
    const trips = inputGuard(true, { blocking: true, name: 'trips', afterMs: 2 });
    const { error } = await stage.seen(scripted(toolScript(), { inputGuardrails: [listens, trips] }));
    expect(error).toBeInstanceOf(InputGuardrailTripwireTriggered);
    expect(heard).toEqual([error]);
  });

  on.for([
    ['alone', () => []],
    [
      'with a sibling that does not stop',
      () => [inputGuard(false, { name: 'deaf', after: new Promise<void>(() => undefined) })],
    ],
  ] as const)('[D65] before the tools: they do not run (%s)', async ([, siblings], { stage }) => {
    let ran = 0;
    const answer = modelResponder(async () => {
      await wait(20);
      return [call()];
    });
    const agent = scripted([answer], {
      tools: [weather(() => (ran += 1))],
      inputGuardrails: [inputGuard(true, { afterMs: 5 }), ...siblings()],
    });
    expect((await stage.seen(agent)).error).toBeInstanceOf(InputGuardrailTripwireTriggered);
    await wait(30);
    expect(ran).toBe(0);
    const { error } = await stage.whole(
      scripted([answer], { tools: agent.tools, inputGuardrails: agent.inputGuardrails }),
    );
    expect(error).toBeInstanceOf(InputGuardrailTripwireTriggered);
    expect(ran).toBe(0);
  });

  on('[D66] after the tools have started: they may have run, and are told to stop', async ({ stage }) => {
    const started = new Moment();
    let told = false;
    const tools = [
      weather(async (_input, signal) => {
        signal?.addEventListener('abort', () => (told = true), { once: true });
        started.reach();
        await wait(10);
        return 'ran';
      }),
    ];
    const agent = scripted(toolScript(), { tools, inputGuardrails: [inputGuard(true, { after: started.reached })] });
    const { error, result } = await stage.seen(agent);
    expect(error).toBeInstanceOf(InputGuardrailTripwireTriggered);
    expect([told, modelOf(agent).calls.length, result.status]).toEqual([true, 1, 'failed']);
  });

  on('[D81] the model’s request is aborted within 50 ms, and the usage so far is recorded', async ({ stage }) => {
    const took = await quickest(50, async () => {
      const model = new PacedModel(said.events);
      const trip = new Moment();
      const agent = agentOf(model, { inputGuardrails: [inputGuard(true, { after: trip.reached })] });
      const result = await stage.stream(agent);
      let trippedAt = 0;
      await read(result, () => {
        trippedAt = performance.now();
        trip.reach();
      });
      expect(stage.log().find(({ type }) => type === 'model.stopped')).toMatchObject({
        error: { code: 'INPUT_GUARDRAIL_TRIPPED' },
      });
      expect(stage.log().at(-1)).toMatchObject({ type: 'run.failed', usage: result.runContext.usage.toData() });
      return (model.abortedAt ?? Number.NaN) - trippedAt;
    });
    expect(took).toBeLessThan(50);
  });

  on.for([true, false])(
    '[D72] the session holds the user’s message only (blocking: %s)',
    async (blocking, { stage }) => {
      const session = new TestSession();
      const guards = [inputGuard(true, { blocking, afterMs: 5 })];
      await stage.seen(scripted([slowly], { inputGuardrails: guards }), 'Hi', { session });
      expect(await session.getItems()).toEqual([{ type: 'message', role: 'user', content: 'Hi' }]);
      await stage.whole(scripted([said], { inputGuardrails: guards }), 'Hi again', { session });
      expect(kinds(await session.getItems())).toEqual(['user', 'user']);
    },
  );
});

describe('when input guardrails pass', () => {
  on('[D60] what is streamed is the same for a fast and a slow one', async ({ stage }) => {
    const seen = [];
    for (const afterMs of [undefined, 0, 40]) {
      const options = afterMs === undefined ? {} : { afterMs };
      const agent = scripted([[call()], said], { tools: [weather()], inputGuardrails: [inputGuard(false, options)] });
      seen.push(words((await stage.seen(agent)).events));
    }
    expect(seen[0]).toContain('tool_output');
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  on('[D61] their results are in the order in which they came', async ({ stage }) => {
    const guards = [30, 1, 15].map((afterMs) => inputGuard(false, { name: `${afterMs} ms`, afterMs }));
    const agent = (): ReturnType<typeof scripted> => scripted([slowly, said], { inputGuardrails: guards });
    const { result } = await stage.seen(agent());
    const names = result.inputGuardrailResults.map(({ guardrail }) => guardrail.name);
    expect(names).toEqual(['1 ms', '15 ms', '30 ms']);
  });

  on('[D62] one runs beside the model unless it says otherwise', async ({ stage }) => {
    const order: string[] = [];
    const told = (): void => void order.push('model');
    const model = modelResponder(() => (told(), [assistantMessage('Hi.')]));
    const beside: InputGuardrail = { ...inputGuard(false, { afterMs: 10 }) };
    delete beside.runInParallel;
    const execute: InputGuardrail['execute'] = async (args) => {
      const verdict = await inputGuard(false, { afterMs: 10 }).execute(args);
      order.push('guard');
      return verdict;
    };
    await stage.whole(scripted([model], { inputGuardrails: [{ ...beside, execute }] }));
    await stage.whole(scripted([model], { inputGuardrails: [{ ...beside, execute, runInParallel: false }] }));
    expect(order).toEqual(['model', 'guard', 'guard', 'model']);
  });

  on('[D63] blocking ones first, then the others together with the model', async ({ stage }) => {
    const order: string[] = [];
    const noting = (name: string, blocking: boolean): InputGuardrail => ({
      name,
      runInParallel: !blocking,
      execute: async () => {
        order.push(`${name} begins`);
        await wait(10);
        order.push(`${name} ends`);
        return { tripwireTriggered: false, outputInfo: null };
      },
    });
    const model = modelResponder(() => (order.push('model'), [assistantMessage('Hi.')]));
    const agent = scripted([model], { inputGuardrails: [noting('beside', false), noting('before', true)] });
    const { result } = await stage.whole(agent);
    expect(order).toEqual(['before begins', 'before ends', 'beside begins', 'model', 'beside ends']);
    expect(result?.inputGuardrailResults).toHaveLength(2);
  });

  on('[D71] only the first agent’s run, and the runner’s with them', async ({ stage }) => {
    const ran: string[] = [];
    const guard = (name: string): InputGuardrail => inputGuard(false, { name, onCall: () => void ran.push(name) });
    const { triage: agent, billing } = triage([[toBilling()]], undefined, { inputGuardrails: [guard('first')] });
    billing.inputGuardrails.push(guard('second'));
    const { result } = await stage.seen(agent, 'Hi', {}, { inputGuardrails: [guard('runner')] });
    expect(ran).toEqual(['runner', 'first']);
    expect(result.inputGuardrailResults).toHaveLength(2);
  });
});

describe('when a guardrail or the model fails', () => {
  on('[D67] a guardrail that throws stops the model, and what it threw is told', async ({ stage }) => {
    const broken = new Error('no verdict');
    const begun = new Moment();
    const model = new PacedModel(said.events);
    const agent = agentOf(model, { inputGuardrails: [inputGuard(false, { throws: broken, after: begun.reached })] });
    const result = await stage.stream(agent);
    const { error } = await read(result, () => begun.reach());
    expect(error).toBeInstanceOf(GuardrailExecutionError);
    expect((error as GuardrailExecutionError).error).toBe(broken);
    expect(model.abortedAt).toBeDefined();
  });

  on('[D68] a model error ends a guardrail that runs, before the run returns', async ({ stage }) => {
    const down = new Error('down');
    const never = new Promise<void>(() => undefined);
    const agent = (): ReturnType<typeof scripted> =>
      scripted([modelError(down)], { inputGuardrails: [inputGuard(false, { after: never })] });
    expect((await stage.seen(agent())).error).toBe(down);
    expect((await stage.whole(agent())).error).toBe(down);
    expect(stage.spans('guardrail')).toHaveLength(2);
  });

  // In @openai/agents the guardrail's error is the one that is thrown. Here a run has one cause, the first, and promise, stream and `completed` settle for it (I5).
  on(
    '[D69] a guardrail that fails after the model did changes nothing: one cause, and the trace’s end comes last',
    async ({ stage }) => {
      const down = new Error('down');
      const later = new Moment();
      const guard = inputGuard(false, { throws: new Error('guard down'), after: later.reached });
      const { error, result } = await stage.seen(scripted([modelError(down)], { inputGuardrails: [guard] }));
      later.reach();
      await wait(5);
      expect([error, result.error]).toEqual([down, down]);
      expect(stage.trace.calls.at(-1)?.call).toBe('traceEnd');
      expect(stage.log().at(-1)?.type).toBe('run.failed');
    },
  );

  const endings = {
    success: [undefined, () => []],
    trip: [InputGuardrailTripwireTriggered, () => [inputGuard(true, { name: 'last', afterMs: 15 })]],
    exception: [
      GuardrailExecutionError,
      () => [inputGuard(false, { name: 'last', afterMs: 15, throws: new Error('x') })],
    ],
  } as const;
  on.for(Object.entries(endings))(
    '[D70] verdicts are reported on result and error (%s)',
    async ([how, [Class, last]], { stage }) => {
      const agent = (): ReturnType<typeof scripted> =>
        scripted([how === 'success' ? said : modelStall()], {
          inputGuardrails: [
            inputGuard(false, { name: 'blocking', blocking: true }),
            inputGuard(false, { name: 'fine', afterMs: 2 }),
            ...last(),
          ],
        });
      const expected = ['blocking', 'fine', ...(how === 'trip' ? ['last'] : [])];
      const { error, result } = await stage.seen(agent());
      expect(result.inputGuardrailResults.map(({ guardrail }) => guardrail.name)).toEqual(expected);
      const errors = [error, (await stage.whole(agent())).error];
      for (const thrown of Class ? errors : []) {
        expect(thrown).toBeInstanceOf(Class);
        const { state } = thrown as { state: RunState };
        expect(state.inputGuardrailResults.map(({ guardrail }) => guardrail.name)).toEqual(expected);
      }
    },
  );
});
