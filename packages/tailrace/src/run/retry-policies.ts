import type { RetryDecision, RetryPolicy, RetryPolicyContext } from '../port/retry.ts';

type Yes = Exclude<RetryDecision, boolean>;

/**
 * Ready-made policies for `modelSettings.retry.policy`.
 *
 * `never`: no. `providerSuggested`: where the provider's side says that it helps. `networkError`: where no answer came. `httpStatus`: where the answer has one of the
 * statuses. `retryAfter`: where the provider said how long to wait; waits so long. `any`: the first that says yes decides. `all`: where all say yes, with the longest wait.
 */
export const retryPolicies: {
  readonly never: () => RetryPolicy;
  readonly providerSuggested: () => RetryPolicy;
  readonly networkError: () => RetryPolicy;
  readonly httpStatus: (statuses: number[]) => RetryPolicy;
  readonly retryAfter: () => RetryPolicy;
  readonly any: (...policies: RetryPolicy[]) => RetryPolicy;
  readonly all: (...policies: RetryPolicy[]) => RetryPolicy;
} = {
  never: () => () => false,
  providerSuggested:
    () =>
    ({ providerAdvice }) =>
      providerAdvice?.suggested === true && after(providerAdvice.retryAfterMs),
  networkError:
    () =>
    ({ normalized }) =>
      normalized.isNetworkError,
  httpStatus:
    (statuses) =>
    ({ normalized: { statusCode } }) =>
      statusCode !== undefined && statuses.includes(statusCode),
  retryAfter:
    () =>
    ({ normalized: { retryAfterMs } }) =>
      retryAfterMs !== undefined && after(retryAfterMs),
  any:
    (...policies) =>
    async (context) => {
      for (const policy of policies) {
        const said = await saidYes(policy, context);
        if (said) return said;
      }
      return false;
    },
  all:
    (...policies) =>
    async (context) => {
      let together: Yes | undefined;
      for (const policy of policies) {
        const said = await saidYes(policy, context);
        if (!said) return false;
        together = together ? both(together, said) : said;
      }
      return together ?? false;
    },
};

function after(delayMs: number | undefined): Yes {
  return delayMs === undefined ? { retry: true } : { retry: true, delayMs };
}

async function saidYes(policy: RetryPolicy, context: RetryPolicyContext): Promise<Yes | undefined> {
  const said = await policy(context);
  if (typeof said === 'boolean') return said ? { retry: true } : undefined;
  return said.retry ? said : undefined;
}

function both(one: Yes, other: Yes): Yes {
  const delays = [one.delayMs, other.delayMs].filter((ms) => ms !== undefined);
  const reasons = [one.reason, other.reason].filter((reason) => reason !== undefined);
  return {
    retry: true,
    ...(delays.length > 0 && { delayMs: Math.max(...delays) }),
    ...(reasons.length > 0 && { reason: reasons.join('; ') }),
    ...(one.approveUnsafeReplay && other.approveUnsafeReplay && { approveUnsafeReplay: true }),
  };
}
