import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Agent,
  type AgentOptions,
  type FunctionTool,
  type RunResult,
  type RunState,
  run,
  type StreamedRunResult,
  tool,
  type ToolOptions,
} from '../../src/index.ts';
import { decide } from '../../src/run/decide.ts';
import { assistantMessage, functionCall, type ScriptedModelInput } from '../../src/testing/index.ts';
import { modelOf, scripted, TestSession } from './cast.ts';
import { failure, itemWords, Moment, on, read, type Stage, wait, words } from './stage.ts';

type Result = RunResult | StreamedRunResult;
type Needs = ToolOptions<z.ZodObject<{ n: z.ZodNumber }>>['needsApproval'];

/** A tool that is asked about, and what it was called with. */
function guarded(needsApproval: Needs = true, options: { name?: string; approvalTimeoutMs?: number } = {}) {
  const ran: number[] = [];
  const made = tool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({ n: z.number() }),
    needsApproval,
    execute: ({ n }) => {
      ran.push(n);
      return `paid ${n}`;
    },
    ...options,
  });
  return { ran, made };
}

const pay = (n: number, callId: string, name = 'pay') => functionCall(name, { n }, { callId });
const done: ScriptedModelInput = [assistantMessage('Done.')];

function agentWith(tools: FunctionTool[], script: ScriptedModelInput[], options: Partial<AgentOptions> = {}): Agent {
  return scripted(script, { tools, ...options });
}

/** Begins a run in one of the two ways, and waits for the end of its segment. */
async function begin(stage: Stage, agent: Agent, stream: boolean, options: object = {}): Promise<Result> {
  if (stream) return (await stage.seen(agent, 'Hi', options)).result;
  const { result, error } = await stage.whole(agent, 'Hi', options);
  if (!result) throw error;
  return result;
}

async function goOn(agent: Agent, state: RunState, stream: boolean, options: object = {}): Promise<Result> {
  if (!stream) return run(agent, state, options);
  const result = await run(agent, state, { ...options, stream: true });
  await result.completed;
  return result;
}

async function approveAll({ state, interruptions }: Result): Promise<void> {
  for (const item of interruptions) await state.approve(item);
}

const outputs = (result: Result): unknown[] =>
  result.newItems.flatMap((item) => (item.type === 'tool_call_output_item' ? [item.output] : []));
const types = ({ newItems }: Result): string[] => newItems.map(({ type }) => type);
const callsOf = ({ interruptions }: Result): string[] => interruptions.map(({ callId }) => callId);
const both = [false, true];

describe('a tool that needs approval', () => {
  on('[F105] ends the stream normally, is listed, and does not run', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const { result, events, error } = await stage.seen(agent);
    expect(error).toBeUndefined();
    expect(words(events)).toEqual([
      'raw:response_started',
      'raw:response_done',
      'tool_called',
      'tool_approval_requested',
    ]);
    await result.completed;
    expect([result.status, result.finalOutput, result.error, result.cancelled]).toEqual([
      'suspended',
      undefined,
      null,
      false,
    ]);
    expect(types(result)).toEqual(['tool_call_item', 'tool_approval_item']);
    const [item] = result.interruptions;
    expect([item?.name, item?.toolName, item?.arguments, item?.agent]).toEqual(['pay', 'pay', '{"n":1}', agent]);
    expect(ran).toEqual([]);
    // A call without its output is nothing that a model could be sent.
    expect(result.history).toEqual([{ type: 'message', role: 'user', content: 'Hi' }]);
    const log = stage.log();
    expect(log.at(-1)).toMatchObject({ type: 'run.suspended', waitsFor: 'approval', calls: ['c1'] });
    expect(log.find(({ type }) => type === 'approval.requested')).toMatchObject({ callId: 'c1', tool: 'pay' });
    expect(stage.store.watching).toBe(0);
  });

  on('[F105] ends text and web streams, and leaves the run its own events open', async ({ stage }) => {
    const { made } = guarded();
    const agent = agentWith([made], [[assistantMessage('Wait.'), pay(1, 'c1')], done]);
    const result = await stage.stream(agent);
    const texts: string[] = [];
    for await (const text of result.toTextStream()) texts.push(text);
    const native = result.events();
    for (let event = await native.next(); event.value?.type !== 'run.suspended'; event = await native.next()) continue;
    const next = native.next();
    expect(texts).toEqual(['Wait.']);
    expect(await Promise.race([next.then(() => 'came'), wait(20).then(() => 'open')])).toBe('open');
    await approveAll(result);
    const last = await goOn(agent, result.state, true);
    expect((await next).value).toMatchObject({ type: 'run.resumed', by: 'approval' });
    let end = await native.next();
    for (let event = end; !event.done; event = await native.next()) end = event;
    expect(end.value).toMatchObject({ type: 'run.completed' });
    expect(last.finalOutput).toBe('Done.');
  });

  on('[F106] runs once when it is approved, and the stream goes on where it ended', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const { result } = await stage.seen(agent);
    void result.state.approve(result.interruptions[0] as never);
    const resumed = await run(agent, result.state, { stream: true });
    const { events } = await read(resumed);
    expect(words(events)).toEqual([
      'tool_output',
      'raw:response_started',
      'raw:output_text_delta',
      'raw:response_done',
      'message_output_created',
    ]);
    expect([ran, resumed.finalOutput, resumed.interruptions]).toEqual([[1], 'Done.', []]);
    expect(types(resumed)).toEqual(['tool_call_item', 'tool_call_output_item', 'message_output_item']);
    expect(modelOf(agent).calls).toHaveLength(2);
  });

  on.for(both)(
    '[F107] is not run when it is rejected, and the model is told (streamed: %s)',
    async (stream, { stage }) => {
      const { ran, made } = guarded();
      const agent = agentWith([made], [[pay(1, 'c1'), pay(2, 'c2')], done]);
      const first = await begin(stage, agent, stream);
      const [a, b] = first.interruptions;
      await first.state.reject(a as never);
      await first.state.reject(b as never, { message: 'Too much.' });
      const last = await goOn(agent, first.state, stream);
      expect(outputs(last)).toEqual(['Tool execution was not approved.', 'Too much.']);
      expect(ran).toEqual([]);
      expect(stage.log().filter(({ type }) => type === 'tool.called' || type === 'tool.returned')).toEqual([]);
      expect(stage.spans('function').map(({ error }) => error?.message)).toEqual([
        'Tool execution was not approved.',
        'Too much.',
      ]);
    },
  );

  on('[F107] a rejected call does not end a run that stops at its first tool', async ({ stage }) => {
    const { made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done], { toolUseBehavior: 'stop_on_first_tool' });
    const first = await begin(stage, agent, false);
    await first.state.reject(first.interruptions[0] as never);
    expect((await goOn(agent, first.state, false)).finalOutput).toBe('Done.');
  });

  on.for(both)('[F108] decided calls run, the others interrupt again (streamed: %s)', async (stream, { stage }) => {
    const { ran, made } = guarded();
    const free = guarded(false, { name: 'free' });
    const script = [[pay(1, 'c1'), pay(2, 'c2', 'free'), pay(3, 'c3')], done];
    const agent = agentWith([made, free.made], script);
    const first = await begin(stage, agent, stream);
    // What needs no approval has run by then.
    expect([ran, free.ran, callsOf(first)]).toEqual([[], [2], ['c1', 'c3']]);
    await first.state.approve(first.interruptions[1] as never);
    const second = await goOn(agent, first.state, stream);
    expect([ran, free.ran, callsOf(second)]).toEqual([[3], [2], ['c1']]);
    // Nothing decided: nothing new.
    const third = await goOn(agent, second.state, stream);
    expect([ran, callsOf(third)]).toEqual([[3], ['c1']]);
    await approveAll(third);
    const last = await goOn(agent, third.state, stream);
    expect([ran, free.ran, last.finalOutput, callsOf(last)]).toEqual([[3, 1], [2], 'Done.', []]);
    const asked = stage.log().filter((event) => event.type === 'item.added' && event.kind === 'tool_approval');
    expect(asked).toHaveLength(2);
    // What the model is told is what the items say, in the same order.
    const told = modelOf(agent).lastCall?.request.input as { type?: string; callId?: string }[];
    const results = told.flatMap(({ type, callId }) => (type === 'function_call_result' ? [callId] : []));
    expect(results).toEqual(['c2', 'c3', 'c1']);
  });

  on('[F109] a decision for always holds for the tool, and an exact one beats it', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1'), pay(2, 'c2')], [pay(3, 'c3')], done]);
    const first = await begin(stage, agent, false);
    const [a, b] = first.interruptions;
    await first.state.approve(a as never, { alwaysApprove: true });
    await first.state.reject(b as never, { message: 'Not this one.' });
    const last = await goOn(agent, first.state, true);
    expect([ran, outputs(last), last.finalOutput]).toEqual([[1, 3], ['paid 1', 'Not this one.', 'paid 3'], 'Done.']);
  });

  on('[F110] is asked about by a rule, and always when the rule cannot read the arguments', async ({ stage }) => {
    const seen: unknown[] = [];
    const { ran, made } = guarded((_context, { n }, callId) => {
      seen.push([n, callId]);
      return n > 10;
    });
    const broken = functionCall('pay', '{"n": ', { callId: 'c3' });
    const wrong = functionCall('pay', '{"n":"many"}', { callId: 'c4' });
    const agent = agentWith([made], [[pay(1, 'c1'), pay(11, 'c2'), broken, wrong], done]);
    const first = await begin(stage, agent, false);
    expect([callsOf(first), ran, seen]).toEqual([
      ['c2', 'c3', 'c4'],
      [1],
      [
        [1, 'c1'],
        [11, 'c2'],
      ],
    ]);
    await approveAll(first);
    await goOn(agent, first.state, false);
    // Approved or not: arguments that do not fit never reach the function.
    expect(ran).toEqual([1, 11]);
  });

  on('[F110] a rule that throws ends the run, and nothing is called', async ({ stage }) => {
    const { ran, made } = guarded(() => {
      throw new Error('rule');
    });
    const { error } = await stage.whole(agentWith([made], [[pay(1, 'c1')], done]));
    expect([(error as Error).name, ran]).toEqual(['ToolCallError', []]);
  });

  on.for([
    [false, true],
    [true, false],
  ] as const)(
    '[F111] [F112] begun streamed %s and gone on with streamed %s is the same',
    async ([one, other], { stage }) => {
      const outcome = async (begins: boolean, goesOn: boolean): Promise<unknown> => {
        const session = new TestSession();
        const { made } = guarded();
        const agent = agentWith([made], [[assistantMessage('Wait.'), pay(1, 'c1')], done]);
        const before = stage.trace.spans.length;
        const first = await begin(stage, agent, begins, { session });
        await approveAll(first);
        const last = await goOn(agent, first.state, goesOn);
        const spans = stage.trace.spans
          .slice(before)
          .map(({ spanData }) => [spanData.type, 'name' in spanData && spanData.name]);
        const { history, runContext } = last;
        return [last.finalOutput, types(last), history, runContext.usage.toData(), await session.getItems(), spans];
      };
      expect(await outcome(one, other)).toEqual(await outcome(other, one));
      expect(await outcome(one, one)).toEqual(await outcome(one, other));
    },
  );

  on.for(both)('[F113] keeps each item in the session once (streamed: %s)', async (stream, { stage }) => {
    const session = new TestSession();
    const { made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const first = await begin(stage, agent, stream, { session });
    const kinds = async (): Promise<unknown[]> =>
      (await session.getItems()).map((item) => ('role' in item ? item.role : item.type));
    expect(await kinds()).toEqual(['user']);
    await approveAll(first);
    await goOn(agent, first.state, stream);
    expect(await kinds()).toEqual(['user', 'function_call', 'function_call_result', 'assistant']);
  });

  on('[F114] has call and output in the session before the model is called again', async ({ stage }) => {
    const session = new TestSession();
    const { made } = guarded();
    const saved: number[] = [];
    const answer: ScriptedModelInput = {
      type: 'responder',
      respond: async () => {
        saved.push((await session.getItems()).length);
        return [assistantMessage('Done.')];
      },
    };
    const agent = agentWith([made], [[pay(1, 'c1')], answer]);
    const first = await begin(stage, agent, false, { session });
    await approveAll(first);
    await goOn(agent, first.state, false);
    expect(saved).toEqual([3]);
  });

  on('[F113] keeps its session while it waits, and gives it back at its end', async ({ stage }) => {
    const session = new TestSession();
    const { made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done, done]);
    const first = await begin(stage, agent, false, { session });
    const other = scripted([done]);
    expect((await stage.whole(other, 'Hi', { session })).error).toMatchObject({ code: 'SESSION_BUSY' });
    await approveAll(first);
    await goOn(agent, first.state, false);
    expect((await stage.whole(other, 'Hi', { session })).error).toBeUndefined();
  });

  on('[F116] what goes on changes neither the result that it came from nor its state', async ({ stage }) => {
    const { made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const first = await begin(stage, agent, true);
    const before = JSON.stringify([first.newItems, first.history, first.runContext.usage, first.finalOutput ?? null]);
    await approveAll(first);
    const last = await goOn(agent, first.state, false);
    expect(JSON.stringify([first.newItems, first.history, first.runContext.usage, first.finalOutput ?? null])).toBe(
      before,
    );
    expect(callsOf(first)).toEqual(['c1']);
    expect(last.runContext.usage.requests).toBe(2);
    // There is one log, and it has gone on: the old state cannot go another way.
    expect(await failure(goOn(agent, first.state, false))).toMatchObject({ code: 'RUN_ENDED' });
  });

  on('[E88] [E97] its trace ends once a segment, with the same id, and every span is closed', async ({ stage }) => {
    const { made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const first = await begin(stage, agent, true);
    expect(stage.spans('turn').map(({ spanData }) => spanData.turn)).toEqual([1]);
    await approveAll(first);
    await goOn(agent, first.state, true);
    expect(stage.spans('task').map(({ traceId }) => traceId)).toHaveLength(2);
    expect(new Set(stage.trace.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(stage.spans('task').map(({ spanData }) => spanData.usage?.requests)).toEqual([1, 1]);
  });

  on('beside a handoff: the handoff is taken when the call is decided', async ({ stage }) => {
    const { ran, made } = guarded();
    const billing = scripted([done], { name: 'Billing' });
    const agent = agentWith([made], [[functionCall('transfer_to_Billing', {}, { callId: 'h1' }), pay(1, 'c1')]], {
      handoffs: [billing],
    });
    const first = await begin(stage, agent, true);
    expect([types(first), first.lastAgent?.name]).toEqual([
      ['handoff_call_item', 'tool_call_item', 'tool_approval_item'],
      'Alpha',
    ]);
    await approveAll(first);
    const last = await goOn(agent, first.state, true);
    expect([ran, last.lastAgent?.name, last.finalOutput]).toEqual([[1], 'Billing', 'Done.']);
  });

  on('is decided about while another call is still running', async ({ stage }) => {
    const moment = new Moment();
    const slow = tool({
      name: 'slow',
      description: 'Waits.',
      parameters: z.object({ n: z.number() }),
      execute: async () => {
        await moment.reached;
        return 'slow';
      },
    });
    const { ran, made } = guarded();
    const agent = agentWith([made, slow], [[pay(1, 'c1'), pay(2, 'c2', 'slow')], done]);
    const result = await stage.stream(agent);
    const { events } = await read(result, async (event) => {
      if (event.type !== 'run_item_stream_event' || event.name !== 'tool_approval_requested') return;
      await result.state.approve(event.item as never);
      while (ran.length === 0) await wait(1);
      moment.reach();
    });
    expect(itemWords(events)).toEqual([
      'tool_called',
      'tool_called',
      'tool_approval_requested',
      'tool_output',
      'tool_output',
      'message_output_created',
    ]);
    expect([result.status, result.finalOutput, ran]).toEqual(['completed', 'Done.', [1]]);
  });
});

describe('calls side by side', () => {
  on.for(both)('[F115] one fails and is told so, the others are kept (streamed: %s)', async (stream, { stage }) => {
    const broken = tool({
      name: 'broken',
      description: 'Fails.',
      parameters: z.object({ n: z.number() }),
      execute: () => {
        throw new Error('no luck');
      },
    });
    const { ran, made } = guarded(false);
    const agent = agentWith([broken, made], [[pay(1, 'c1', 'broken'), pay(2, 'c2')], done]);
    const result = await begin(stage, agent, stream);
    const told = 'An error occurred while running the tool. Please try again.';
    expect([outputs(result), ran, result.finalOutput]).toEqual([[told, 'paid 2'], [2], 'Done.']);
  });
});

describe('a decision', () => {
  on('approved and rejected at once: one holds, the other is told', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const first = await begin(stage, agent, false);
    const told = await Promise.allSettled(
      [true, false, true].map((approved) => decide(stage.store, 'run_1', { callId: 'c1', approved })),
    );
    expect(told.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(told.flatMap((one) => (one.status === 'rejected' ? [(one.reason as { code: string }).code] : []))).toEqual([
      'APPROVAL_DECIDED',
      'APPROVAL_DECIDED',
    ]);
    await goOn(agent, first.state, false);
    expect(ran).toEqual(told[1]?.status === 'fulfilled' ? [] : [1]);
    expect(stage.log().filter(({ type }) => type === 'approval.decided')).toHaveLength(1);
  });

  on.for(both)(
    'approved: %s, then the other way before the run goes on: refused at once, and the first one holds',
    async (approved, { stage }) => {
      const { ran, made } = guarded();
      const agent = agentWith([made], [[pay(1, 'c1')], done]);
      const { state, interruptions } = await begin(stage, agent, false);
      const [item] = interruptions;
      const decideIt = (yes: boolean) => (yes ? state.approve(item as never) : state.reject(item as never));
      const first = decideIt(approved);
      // Nobody has to look at a promise to learn of it.
      expect(() => void decideIt(!approved)).toThrow(expect.objectContaining({ code: 'APPROVAL_DECIDED' }));
      expect(() => void state.approve(item as never, { alwaysApprove: true })).toThrow('the first decision counts');
      // The same again is no other decision.
      await Promise.all([first, decideIt(approved)]);
      expect(() => void decideIt(!approved)).toThrow(expect.objectContaining({ code: 'APPROVAL_DECIDED' }));
      await goOn(agent, state, false);
      expect(ran).toEqual(approved ? [1] : []);
      expect(stage.log().filter(({ type }) => type === 'approval.decided')).toHaveLength(1);
    },
  );

  on('that was refused leaves the state free for another one', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const { state, interruptions } = await begin(stage, agent, false);
    const [item] = interruptions;
    await decide(stage.store, 'run_1', { callId: 'c1', approved: true });
    for (let time = 0; time < 2; time += 1)
      expect(await failure(state.reject(item as never))).toMatchObject({ code: 'APPROVAL_DECIDED' });
    expect(await failure(state.approve(item as never))).toMatchObject({ code: 'APPROVAL_DECIDED' });
    await goOn(agent, state, false);
    expect(ran).toEqual([1]);
  });

  on('about a call that nobody asked about, or of a run that is not there', async ({ stage }) => {
    const { made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const { result } = await stage.seen(agent);
    const nope = { callId: 'c9', approved: true };
    expect(await failure(decide(stage.store, result.runId, nope))).toMatchObject({ code: 'APPROVAL_UNKNOWN' });
    expect(await failure(decide(stage.store, 'no_run', nope))).toMatchObject({ code: 'RUN_NOT_FOUND' });
    // It did not get into the mailbox, either.
    expect(stage.store.mail(result.runId, 0)).toEqual([]);
  });

  on('of an earlier turn does not hold for a call of the same id in a later one', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], [pay(2, 'c1')], done]);
    const first = await begin(stage, agent, false);
    await approveAll(first);
    const second = await goOn(agent, first.state, false);
    expect([ran, second.interruptions.map(({ arguments: args }) => args)]).toEqual([[1], ['{"n":2}']]);
    await second.state.reject(second.interruptions[0] as never);
    await goOn(agent, second.state, false);
    expect(ran).toEqual([1]);
  });

  test('for one call cannot be taken for another one of the same id with other arguments: none is asked about', async () => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1'), pay(1_000, 'c1')], done]);
    const error = await failure(run(agent, 'Hi'));
    expect(error).toMatchObject({ name: 'ModelBehaviorError', code: 'MODEL_BEHAVIOR' });
    expect(ran).toEqual([]);
  });

  on('for a call that the model says twice is one decision about one call', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1'), pay(1, 'c1')], done]);
    const first = await begin(stage, agent, false);
    expect(first.interruptions).toHaveLength(1);
    await approveAll(first);
    const last = await goOn(agent, first.state, false);
    expect([ran, outputs(last)]).toEqual([[1], ['paid 1']]);
  });

  on('after a cancel, or after the end, is told that the run has ended', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const { result } = await stage.seen(agent);
    result.cancel({ reason: 'enough' });
    const [item] = result.interruptions;
    expect(await failure(result.state.approve(item as never))).toMatchObject({ code: 'RUN_ENDED' });
    const last = await run(agent, result.state, { stream: true });
    await last.completed;
    expect([last.status, ran]).toEqual(['cancelled', []]);
    expect(stage.log().at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'enough' });
    expect(await failure(last.state.approve(item as never))).toMatchObject({ code: 'RUN_ENDED' });
  });

  on('that comes too late is told so, and the call counts as rejected', async ({ stage }) => {
    const { ran, made } = guarded(true, { approvalTimeoutMs: 100 });
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const before = Date.now();
    const first = await begin(stage, agent, false);
    const [requested] = stage.log().filter((event) => event.type === 'approval.requested');
    expect(requested?.expiresAt).toBeGreaterThanOrEqual(before + 100);
    expect(requested?.expiresAt).toBeLessThanOrEqual((requested?.at ?? 0) + 100);
    expect(stage.log().at(-1)).toMatchObject({ type: 'run.suspended', wakeAt: requested?.expiresAt });
    await wait(110);
    const [item] = first.interruptions;
    expect(await failure(first.state.approve(item as never))).toMatchObject({ code: 'APPROVAL_EXPIRED' });
    const last = await goOn(agent, first.state, false);
    expect([ran, outputs(last), last.finalOutput]).toEqual([
      [],
      ['Nobody approved the call in time. It was not run.'],
      'Done.',
    ]);
    expect(stage.log().find(({ type }) => type === 'approval.decided')).toMatchObject({
      approved: false,
      expired: true,
    });
  });

  on('that came in time holds, however late the run goes on', async ({ stage }) => {
    const { ran, made } = guarded();
    const agent = agentWith([made], [[pay(1, 'c1')], done]);
    const first = await begin(stage, agent, false, { approvalTimeoutMs: 400 });
    await approveAll(first);
    await wait(410);
    await goOn(agent, first.state, false);
    expect(ran).toEqual([1]);
  });
});
