/** The rows about the AI SDK's UI: what Tailrace makes of each run, and that it is not what was written down of `@openai/agents-extensions`. */
import { createAiSdkUiMessageStream } from 'tailrace/ai-sdk-ui';
import { assertCleanRun, startCleanRunProbe } from 'tailrace/testing';
import { expect, it } from 'vitest';
import { uiRows } from '../src/ui-chunks.ts';

it.each(uiRows.map((row) => [row.id, row] as const))('%s', async (_id, row) => {
  using probe = startCleanRunProbe();
  const result = await row.run();
  const words: string[] = [];
  for await (const chunk of createAiSdkUiMessageStream(result)) {
    const more =
      'finishReason' in chunk ? ` ${chunk.finishReason}` : 'providerExecuted' in chunk ? ' providerExecuted' : '';
    words.push(`${chunk.type}${more}`);
  }
  expect(words).toEqual(row.ours);
  expect(row.ours).not.toEqual(row.theirs);
  await assertCleanRun(result, probe);
});
