import type { RetryPolicy, RetryPolicyContext } from '@openai/agents';
import { observe } from '../observe.ts';
import { bothWays, type Json, type Program, type SdkNamespace, type TestingNamespace } from '../program.ts';

class Overloaded extends Error {
  readonly status = 503;
}

/** A model that fails as often as asked, and then answers. */
function failing(sdk: SdkNamespace, testing: TestingNamespace, times: number, policy: RetryPolicy, maxRetries = 2) {
  const steps = Array.from({ length: times }, () => testing.modelError(new Overloaded('later')));
  const model = new testing.ScriptedModel([...steps, [testing.assistantMessage('At last.')]]);
  const retry = { maxRetries, backoff: { initialDelayMs: 1, jitter: false }, policy };
  return {
    agent: new sdk.Agent({ name: 'Patient', model, modelSettings: { retry } }),
    calls: () => model.calls.length,
  };
}

/** What a policy is told that does not depend on the process. */
function facts({ attempt, maxRetries, normalized, replaySafety, statefulRequest }: RetryPolicyContext): unknown {
  return { attempt, maxRetries, normalized, replaySafety, statefulRequest };
}

/** Model calls that are tried again because a policy says so. */
export const retryPrograms: Record<string, Program> = {
  ...bothWays('a call that a policy tries again', async (sdk, testing, stream) => {
    const told: unknown[] = [];
    const { agent, calls } = failing(sdk, testing, 2, (context) => {
      told.push(facts(context));
      return { retry: true, delayMs: 1 };
    });
    const {
      usage: _usage,
      trace: _trace,
      endings: _endings,
      ...seen
    } = await observe(sdk, {
      agent,
      input: 'Hi',
      stream,
      notes: { told },
    });
    return { ...seen, calls: calls() };
  }),

  ...bothWays('a call that a policy gives up', async (sdk, testing, stream) => {
    const { agent, calls } = failing(sdk, testing, 1, sdk.retryPolicies.httpStatus([500]));
    const { trace: _trace, endings: _endings, ...seen } = await observe(sdk, { agent, input: 'Hi', stream });
    return { ...seen, calls: calls() };
  }),

  ...bothWays('a call with no retries left', async (sdk, testing, stream) => {
    const { agent, calls } = failing(sdk, testing, 2, sdk.retryPolicies.httpStatus([503]), 1);
    const { trace: _trace, endings: _endings, ...seen } = await observe(sdk, { agent, input: 'Hi', stream });
    return { ...seen, calls: calls() };
  }),

  'a call that fails without a policy': async (sdk, testing) => {
    const overloaded = testing.modelError(new Overloaded('later'));
    const model = new testing.ScriptedModel([overloaded, [testing.assistantMessage('At last.')]]);
    const agent = new sdk.Agent({ name: 'Plain', model, modelSettings: { retry: { maxRetries: 2 } } });
    const { trace: _trace, endings: _endings, ...seen } = await observe(sdk, { agent, input: 'Hi', stream: false });
    return { ...seen, calls: model.calls.length };
  },

  ...Object.fromEntries(
    (['conversationId', 'previousResponseId'] as const).flatMap((key) =>
      [false, true].map((approveUnsafeReplay): [string, Program] => [
        `a policy that tries again, with ${key}${approveUnsafeReplay ? ', all the same' : ''}`,
        async (sdk, testing) => {
          const told: unknown[] = [];
          const { agent, calls } = failing(sdk, testing, 1, (context) => {
            told.push(facts(context));
            return { retry: true, approveUnsafeReplay };
          });
          const output = await sdk.run(agent, 'Hi', { [key]: 'kept' }).then(
            ({ finalOutput }) => finalOutput ?? null,
            () => 'failed',
          );
          return { output, calls: calls(), told: JSON.parse(JSON.stringify(told)) as Json };
        },
      ]),
    ),
  ),

  'a policy without a number of retries': async (sdk, testing) => {
    const overloaded = testing.modelError(new Overloaded('later'));
    const model = new testing.ScriptedModel([overloaded, [testing.assistantMessage('At last.')]]);
    const retry = { backoff: { initialDelayMs: 1 }, policy: () => true };
    const agent = new sdk.Agent({ name: 'Plain', model, modelSettings: { retry } });
    const output = await sdk.run(agent, 'Hi').then(
      ({ finalOutput }) => finalOutput ?? null,
      () => 'failed',
    );
    return { output, calls: model.calls.length };
  },
};
