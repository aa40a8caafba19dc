// What the compiler infers where @openai/agents has nothing to compare with. compat/types has the rest.
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import {
  Agent,
  type DeepPartial,
  run,
  type RunEvent,
  type RunResult,
  type RunStreamEvent,
  runStreamed,
  type StandardSchemaWithJSON,
  type StreamedRunResult,
  tool,
} from '../../src/index.ts';

// A schema of any library, by Standard Schema: the argument is what it puts out.
declare const anyLibrary: StandardSchemaWithJSON<{ at: string }, { at: Date }>;

export const bySchema = tool({
  name: 'remind',
  description: 'Reminds.',
  parameters: anyLibrary,
  effects: 'idempotent',
  execute: (input, _context, details) => {
    expectTypeOf(input).toEqualTypeOf<{ at: Date }>();
    expectTypeOf(details?.idempotencyKey).toEqualTypeOf<string | undefined>();
    return input.at.toISOString();
  },
});

const recipe = z.object({
  name: z.string(),
  steps: z.array(z.object({ text: z.string() })),
  minutes: z.number().optional(),
});

export async function partial(): Promise<void> {
  const cook = new Agent({ name: 'Cook', outputType: recipe });
  const result = await runStreamed(cook, 'Tea');
  expectTypeOf(result).toEqualTypeOf<StreamedRunResult<unknown, typeof cook>>();
  for await (const part of result.partialOutputStream()) {
    expectTypeOf(part).toEqualTypeOf<{
      name?: string;
      steps?: { text?: string }[];
      minutes?: number | undefined;
    }>();
    // @ts-expect-error it may not be there yet
    expectTypeOf(part.name.length).toBeNumber();
  }
  const plain = await run(new Agent({ name: 'A' }), 'Hi', { stream: true });
  for await (const part of plain.partialOutputStream()) expectTypeOf(part).toBeString();
  const whole = await run(cook, 'Tea');
  expectTypeOf(whole).toEqualTypeOf<RunResult<unknown, typeof cook>>();
  expectTypeOf(whole).not.toHaveProperty('partialOutputStream');
}

export type Deep = [
  DeepPartial<{ a: Date; b: [number, string]; c: Map<string, number>; d: unknown }>,
  DeepPartial<string | { a: 1 } | null>,
];
expectTypeOf<Deep[1]>().toEqualTypeOf<string | { a?: 1 } | null>();
expectTypeOf<Deep[0]['d']>().toBeUnknown();
expectTypeOf<Deep[0]['a']>().toEqualTypeOf<Date | undefined>();

// The union of the log is closed: what it does not know does not compile.
export function kind(event: RunEvent): string | undefined {
  if (event.type === 'run.completed') expectTypeOf(event.output).toBeString();
  if (event.type === 'tool.called') expectTypeOf(event.callId).toBeString();
  // @ts-expect-error no such event
  return event.type === 'run.napped' ? 'no' : undefined;
}

export async function readers(): Promise<void> {
  const result = await run(new Agent({ name: 'A' }), 'Hi', { stream: true, onDisconnect: { cancelAfterMs: 5 } });
  expectTypeOf(result.streamEvents({ from: 3 })).toEqualTypeOf<AsyncIterableIterator<RunStreamEvent, undefined>>();
  for await (const event of result.events()) expectTypeOf(event).toEqualTypeOf<RunEvent>();
  expectTypeOf(result.cancelled).toBeBoolean();
  expectTypeOf(result.error).toBeUnknown();
  // @ts-expect-error a run that is not streamed has nobody to leave it
  await run(new Agent({ name: 'A' }), 'Hi', { onDisconnect: 'continue' });
}
