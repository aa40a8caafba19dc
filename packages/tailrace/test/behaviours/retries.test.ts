import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  Agent,
  MemoryLogStore,
  type ModelRetryAdvice,
  type ModelSettings,
  OpenAIResponsesModel,
  type RetryPolicy,
  type RetryPolicyContext,
  retryPolicies,
  run,
  type RunEvent,
  Runner,
} from '../../src/index.ts';
import {
  assertCleanRun,
  assistantMessage,
  modelError,
  startWireServer,
  type WireAnswer,
} from '../../src/testing/index.ts';
import { modelOf, scripted } from './cast.ts';
import { on, type Stage } from './stage.ts';

const both = [false, true];
const quick = { initialDelayMs: 1, jitter: false };
const done = [assistantMessage('Done.')];

class Failure extends Error {
  constructor(fields: object = {}) {
    super('failed');
    Object.assign(this, fields);
  }
}

function agentOf(
  retry: ModelSettings['retry'],
  errors: [error: unknown, advice?: ModelRetryAdvice | undefined][],
): Agent {
  return scripted([...errors.map(([error, advice]) => modelError(error, advice)), done], {
    modelSettings: { retry: retry! },
  });
}

interface Ended {
  log: RunEvent[];
  output: unknown;
  error: unknown;
}

async function played(stage: Stage, agent: Agent, stream: boolean, options: object = {}): Promise<Ended> {
  if (!stream) {
    const { result, error, log } = await stage.whole(agent, 'Hi', options);
    return { log, error, output: result?.finalOutput };
  }
  const { result, error } = await stage.seen(agent, 'Hi', options);
  return { log: stage.log(), error, output: result.finalOutput };
}

const attempts = (log: readonly RunEvent[]): unknown[] =>
  log.flatMap((event) =>
    event.type === 'step.attempt' ? [[event.attempt, event.supersedes, event.delayMs, event.reason]] : [],
  );

describe.each(both)('a retry policy (streamed: %s)', (stream) => {
  on('is told of each failure, and its attempts are in the log', async ({ stage }) => {
    const told: RetryPolicyContext[] = [];
    const agent = agentOf(
      {
        maxRetries: 2,
        backoff: quick,
        policy: (context) => {
          told.push(context);
          return told.length === 1 ? true : { retry: true, delayMs: 3, reason: 'once more' };
        },
      },
      [[new Failure({ status: 500, code: 'odd' })], [new Failure({ code: 'ECONNRESET' })]],
    );
    const { log, output } = await played(stage, agent, stream);
    expect(output).toBe('Done.');
    expect(told).toEqual([
      {
        error: expect.any(Failure),
        attempt: 1,
        maxRetries: 2,
        stream,
        normalized: { statusCode: 500, errorCode: 'odd', isNetworkError: false, isAbort: false },
        replaySafety: 'unknown',
        statefulRequest: false,
      },
      expect.objectContaining({
        attempt: 2,
        normalized: { errorCode: 'ECONNRESET', isNetworkError: true, isAbort: false },
      }),
    ]);
    expect(attempts(log)).toEqual([
      [2, 1, 1, undefined],
      [3, 2, 3, 'once more'],
    ]);
    expect(modelOf(agent).calls).toHaveLength(3);
  });

  const always: RetryPolicy = () => true;
  const unsafe: RetryPolicy = () => ({ retry: true, approveUnsafeReplay: true });
  const cases: [
    name: string,
    policy: RetryPolicy,
    error: unknown,
    advice: ModelRetryAdvice | undefined,
    again: boolean,
  ][] = [
    ['never', retryPolicies.never(), new Failure({ status: 500 }), { suggested: true }, false],
    ['providerSuggested, suggested', retryPolicies.providerSuggested(), new Failure(), { suggested: true }, true],
    ['providerSuggested, nothing said', retryPolicies.providerSuggested(), new Failure(), {}, false],
    ['networkError, no answer', retryPolicies.networkError(), new Failure({ code: 'ECONNREFUSED' }), undefined, true],
    [
      'networkError, by its cause',
      retryPolicies.networkError(),
      new Failure({ cause: { code: 'EPIPE' } }),
      undefined,
      true,
    ],
    ['networkError, an answer', retryPolicies.networkError(), new Failure({ status: 500 }), undefined, false],
    [
      'networkError, by advice',
      retryPolicies.networkError(),
      new Failure(),
      { normalized: { isNetworkError: true } },
      true,
    ],
    ['httpStatus, listed', retryPolicies.httpStatus([500, 503]), new Failure({ status: 503 }), undefined, true],
    ['httpStatus, not listed', retryPolicies.httpStatus([503]), new Failure({ statusCode: 500 }), undefined, false],
    [
      'retryAfter, said',
      retryPolicies.retryAfter(),
      new Failure({ headers: { 'retry-after-ms': '1' } }),
      undefined,
      true,
    ],
    ['retryAfter, not said', retryPolicies.retryAfter(), new Failure({ status: 429 }), undefined, false],
    ['any, one says yes', retryPolicies.any(retryPolicies.never(), always), new Failure(), undefined, true],
    ['any of none', retryPolicies.any(), new Failure(), undefined, false],
    ['all, one says no', retryPolicies.all(always, retryPolicies.never()), new Failure(), undefined, false],
    ['all say yes', retryPolicies.all(always, unsafe), new Failure(), undefined, true],
    ['all of none', retryPolicies.all(), new Failure(), undefined, false],
    ['yes, and the provider says it is unsafe', always, new Failure(), { replaySafety: 'unsafe' }, false],
    ['yes and all the same, and it is unsafe', unsafe, new Failure(), { replaySafety: 'unsafe' }, true],
    [
      'all, of which one takes the risk',
      retryPolicies.all(always, unsafe),
      new Failure(),
      { replaySafety: 'unsafe' },
      false,
    ],
    ['yes, to a stop', always, new Failure({ name: 'AbortError' }), undefined, false],
  ];
  for (const [name, policy, error, advice, again] of cases)
    on(`${name}: ${again ? 'again' : 'no more'}`, async ({ stage }) => {
      const agent = agentOf({ maxRetries: 1, backoff: quick, policy }, [[error, advice]]);
      const { output, error: thrown } = await played(stage, agent, stream);
      expect(output).toBe(again ? 'Done.' : undefined);
      if (!again) expect(thrown).toBe(error);
    });

  const kept = [{ conversationId: 'conv_1' }, { previousResponseId: 'resp_1' }];
  const ofKept: [
    name: string,
    policy: RetryPolicy,
    error: unknown,
    advice: ModelRetryAdvice | undefined,
    again: boolean,
  ][] = [
    ['yes', always, new Failure({ code: 'ECONNRESET' }), undefined, false],
    ['yes, to a status', always, new Failure({ status: 429 }), undefined, false],
    ['yes, as suggested', always, new Failure(), { suggested: true }, false],
    ['a built-in one', retryPolicies.networkError(), new Failure({ code: 'EPIPE' }), undefined, false],
    ['yes, and the provider says it is safe', always, new Failure(), { replaySafety: 'safe' }, true],
    ['yes all the same', unsafe, new Failure(), undefined, true],
    ['yes all the same, and it is unsafe', unsafe, new Failure(), { replaySafety: 'unsafe' }, true],
  ];
  for (const options of kept)
    for (const [name, policy, error, advice, again] of ofKept)
      on(`${name}, with ${Object.keys(options)[0]}: ${again ? 'again' : 'no more'}`, async ({ stage }) => {
        const told: unknown[] = [];
        const listening: RetryPolicy = (context) => {
          told.push(context.statefulRequest);
          return policy(context);
        };
        const agent = agentOf({ maxRetries: 1, backoff: quick, policy: listening }, [[error, advice]]);
        const { output, error: thrown } = await played(stage, agent, stream, options);
        expect([output, told]).toEqual([again ? 'Done.' : undefined, [true]]);
        if (!again) expect(thrown).toBe(error);
      });

  on('is not asked when no retries are left', async ({ stage }) => {
    let asked = 0;
    const policy: RetryPolicy = () => (asked += 1) > 0;
    const agent = agentOf({ maxRetries: 1, backoff: quick, policy }, [[new Failure()], [new Failure()]]);
    const { output } = await played(stage, agent, stream);
    expect([output, asked]).toEqual([undefined, 1]);
  });

  on('that throws ends the run', async ({ stage }) => {
    const broken = new Error('broken policy');
    const policy: RetryPolicy = () => {
      throw broken;
    };
    const { error } = await played(stage, agentOf({ policy }, [[new Failure()]]), stream);
    expect(error).toBe(broken);
  });

  on('leaves a wait at once when the run is stopped', async ({ stage }) => {
    const policy: RetryPolicy = () => ({ retry: true, delayMs: 60_000 });
    const agent = agentOf({ policy }, [[new Failure()]]);
    const began = performance.now();
    setTimeout(() => stage.caller.abort(), 10);
    const { log } = await played(stage, agent, stream, { signal: stage.caller.signal });
    expect(log.at(-1)?.type).toBe('run.cancelled');
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

async function conversationAt(url: string): Promise<string> {
  const made = await fetch(`${url}/conversations`, { method: 'POST', body: '{}' });
  return ((await made.json()) as { id: string }).id;
}

describe('over the wire', () => {
  const text = (said: string): WireAnswer => ({
    steps: [{ type: 'text', text: said }],
    usage: { input: 1, output: 1 },
  });
  const agentOn = (url: string, retry: ModelSettings['retry']): Agent =>
    new Agent({
      name: 'Caller',
      model: new OpenAIResponsesModel({ baseURL: url, apiKey: 'k' }, 'test-model'),
      modelSettings: { retry: retry! },
    });

  test.each(both)(
    '[I13] an attempt is one request: the model does not retry beside the run (streamed: %s)',
    async (stream) => {
      const overloaded = { status: 503, body: { error: { message: 'later' } } };
      await using server = await startWireServer({ script: [overloaded, overloaded, overloaded, text('too late')] });

      const store = new MemoryLogStore();
      const policy = retryPolicies.httpStatus([503]);
      const agent = agentOn(server.url, { maxRetries: 2, backoff: quick, policy });
      const options = { runId: 'run_1' };
      const failed = stream
        ? new Runner({ store }).run(agent, 'Hi', { ...options, stream: true }).then(({ completed }) => completed)
        : new Runner({ store }).run(agent, 'Hi', options);
      await expect(failed).rejects.toMatchObject({ code: 'MODEL_SERVER', status: 503 });
      expect(server.requests).toHaveLength(3);
      expect(attempts(store.read('run_1', 0, 1_000)).length).toBe(2);
    },
  );

  test('the wait is what the provider asks for', async () => {
    const limited = { status: 429, headers: { 'retry-after-ms': '5' }, body: { error: { message: 'slow down' } } };
    await using server = await startWireServer({ script: [limited, text('Done.')] });

    const policy = retryPolicies.any(retryPolicies.retryAfter(), retryPolicies.networkError());
    const result = await run(agentOn(server.url, { maxRetries: 1, policy }), 'Hi');
    expect(result.finalOutput).toBe('Done.');
    expect(result.runContext.usage.requests).toBe(2);
    await assertCleanRun(result);
  });

  const dropped: WireAnswer = { refuse: true };
  const limited = { status: 429, headers: { 'retry-after-ms': '1' }, body: { error: { message: 'slow down' } } };
  const overloaded = { status: 503, headers: { 'retry-after-ms': '1' }, body: { error: { message: 'later' } } };
  const broken = { status: 500, headers: { 'retry-after-ms': '1' }, body: { error: { message: 'odd' } } };
  for (const [what, answer, conversation] of [
    ['dropped', dropped, 1],
    ['broken', broken, 1],
    ['limited', limited, 3],
    ['overloaded', overloaded, 3],
  ] as const)
    for (const stream of both)
      test(`a request of a conversation that was ${what} reaches the provider ${conversation} times (streamed: ${stream})`, async () => {
        for (const [kind, times] of [
          ['conversation', conversation],
          ['response', 3],
          ['none', 3],
        ] as const) {
          await using server = await startWireServer({ script: (_, index) => (index === 0 ? text('Hi.') : answer) });
          const agent = agentOn(server.url, { backoff: quick });
          const { lastResponseId } = await run(agent, 'Hi');
          const options = {
            ...(kind === 'conversation' && { conversationId: await conversationAt(server.url) }),
            ...(kind === 'response' && { previousResponseId: lastResponseId! }),
          };
          const store = new MemoryLogStore();
          const runner = new Runner({ store });
          const failed = stream
            ? runner.run(agent, 'Pay 5.', { ...options, runId: 'run_1', stream }).then(({ completed }) => completed)
            : runner.run(agent, 'Pay 5.', { ...options, runId: 'run_1' });
          await expect(failed).rejects.toMatchObject({ retryable: true });
          expect(attempts(store.read('run_1', 0, 1_000)), kind).toHaveLength(times - 1);
          if (kind === 'conversation') expect(server.requests).toHaveLength(1 + times);
        }
      });

  test('a request of a conversation that never reached the provider is made again', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));

    const store = new MemoryLogStore();
    const agent = agentOn(`http://127.0.0.1:${port}/v1`, { backoff: quick });
    const options = { runId: 'run_1', conversationId: 'conv_1' };
    await expect(new Runner({ store }).run(agent, 'Pay 5.', options)).rejects.toMatchObject({
      code: 'MODEL_CONNECTION',
    });
    expect(attempts(store.read('run_1', 0, 1_000))).toHaveLength(2);
  });

  test('a request of a conversation is not sent again beneath the run, where a connection that was kept is dropped', async () => {
    await using server = await startWireServer({ script: (_request, index) => (index < 2 ? text('Yes.') : dropped) });

    const agent = agentOn(server.url, { backoff: quick });
    const conversationId = await conversationAt(server.url);
    await run(agent, 'Hi');
    await run(agent, 'Hi', { conversationId });
    await expect(run(agent, 'Pay 5.', { conversationId })).rejects.toMatchObject({
      code: 'MODEL_CONNECTION',
    });
    expect(server.requests).toHaveLength(3);
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(3);
  });

  test('[I13] what was delivered is not asked for again, whatever the policy says', async () => {
    let asked = 0;
    const policy: RetryPolicy = () => {
      asked += 1;
      return { retry: true, approveUnsafeReplay: true };
    };
    const cut: WireAnswer = {
      steps: [{ type: 'text', text: ['Half', ' an answer'] }],
      delivery: { cut: { afterEvents: 6, how: 'rst' } },
    };
    await using server = await startWireServer({ script: [cut, text('again')] });

    const result = await run(agentOn(server.url, { maxRetries: 3, backoff: quick, policy }), 'Hi', { stream: true });
    await expect(result.completed).rejects.toMatchObject({ code: 'MODEL_STREAM_TRUNCATED' });
    expect([asked, server.requests.length]).toEqual([0, 1]);
  });
});
