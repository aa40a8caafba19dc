// A model that takes its time.
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamEvent } from 'tailrace';
import type { ScriptedModelInput, textStream } from 'tailrace/testing';

/** The stream of a step, with a pause before each of its events. */
export function slowly({ events }: ReturnType<typeof textStream>, pauseMs: number): ScriptedModelInput {
  async function* paused(): AsyncGenerator<StreamEvent> {
    for (const event of events) {
      await sleep(pauseMs);
      yield event;
    }
  }
  return { type: 'stream_responder', respond: () => paused() };
}
