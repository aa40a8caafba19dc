import { type Difference, isObject, isStreamed } from '../difference.ts';
import type { Json } from '../program.ts';

/** Leaves out what a usage says of the attempts that failed. */
function ofOneRequest(value: Json, without: readonly string[] = []): Json {
  if (Array.isArray(value)) return value.map((one) => ofOneRequest(one, without));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, Json] => [key, ofOneRequest(inner, without)]);
  if (value['requestUsageEntries'] === undefined) return Object.fromEntries(entries);
  const kept = entries.filter(([key]) => key !== 'requestUsageEntries' && !without.includes(key));
  return { ...Object.fromEntries(kept), requests: 1 };
}

/** Rows about model calls that are tried again. */
export const retryRows: readonly Difference[] = [
  {
    id: 'usage-of-failed-attempts',
    reference:
      'A response that came after failed attempts counts their requests as its own, each with an entry of zeros.',
    tailrace:
      'A response is one request. The failed attempts are in the run’s usage, and each in the log and the trace.',
    why: 'What a response says of itself is what the provider said; who adds responses up counts no request twice.',
    applies: (program) => program.startsWith('a call that a policy tries again'),
    aspects: {
      rawResponses: (value) => ofOneRequest(value),
      events: (value) => ofOneRequest(value, ['inputTokensDetails', 'outputTokensDetails']),
    },
  },
  {
    id: 'usage-of-a-run-that-failed',
    reference: 'A streamed run that gives up after a retry has counted no request.',
    tailrace: 'The failed attempts before the last are counted, streamed or not.',
    why: 'They were made, and may be paid for.',
    applies: (program, seen) => program.startsWith('a call with no retries left') && isStreamed(seen),
    aspects: { usage: (value) => (isObject(value) ? { ...value, requests: 1 } : value) },
  },
  {
    id: 'retries-by-default',
    reference: 'Nothing is tried again unless `modelSettings.retry` has both a policy and `maxRetries`.',
    tailrace: 'Two retries unless told otherwise. Without a policy, errors of ours that may pass are tried again.',
    why: 'A rate limit or a lost connection should not end a run of an hour, and a policy that is given is meant to be asked.',
    applies: (program) => program === 'a policy without a number of retries',
    aspects: { output: () => 'At last.', calls: () => 2 },
  },
  {
    id: 'replays-that-are-approved',
    reference:
      'With `conversationId` or `previousResponseId`, `approveUnsafeReplay` has a request made again only where the model’s advice says that it is unsafe; where nobody knows, it is not.',
    tailrace: 'It is made again in both cases.',
    why: 'Who approves a replay that is known to be unsafe has approved one that may be.',
    applies: (program) => program.endsWith(', all the same'),
    aspects: { output: () => 'At last.', calls: () => 2 },
  },
  {
    id: 'protocol-is-types',
    reference: '`protocol` holds zod schemas beside the types.',
    tailrace: '`protocol` holds the types.',
    why: 'The library does not need zod; items are checked where they come in.',
    applies: (program) => program === 'schemas of items',
    aspects: { some: () => false },
  },
];
