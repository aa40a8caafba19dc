// Exits that readers bring about: by leaving, by not coming, by being slow, by being two.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { RunStreamEvent, StreamedRunResult } from '../../src/index.ts';
import { type FlowFacts, paced, stalling, upTo } from './course.ts';
import type { Exit } from './exits.ts';
import { type End, readAll } from './watched-run.ts';

const EITHER: readonly End[] = ['cancelled', 'completed'];
const foreign = new AsyncLocalStorage<string>();

/** Until the last response is complete, whoever leaves is the reason that the run ends. */
function leftAt({ lastDone }: FlowFacts, index: number): readonly End[] {
  return index < lastDone ? ['cancelled'] : EITHER;
}

const breaks: Exit = {
  name: 'break at every event',
  *cells(facts) {
    for (const index of upTo(facts.shown)) {
      const read = leaveAfter(index);
      const steps = (): NonNullable<ReturnType<typeof paced>> => paced(facts.flow.steps());
      const name = `at stream event ${index}`;
      yield { name, streamed: true, parts: { steps: steps() }, read, ends: leftAt(facts, index) };
      const onDisconnect = 'continue' as const;
      yield {
        name: `${name}, policy continue`,
        streamed: true,
        parts: { steps: steps() },
        read,
        onDisconnect,
        ends: ['completed'],
      };
      if (index >= facts.lastDone) continue;
      yield {
        name: `${name}, policy cancel after 3 ms`,
        streamed: true,
        parts: { steps: stalling(facts.flow, facts.modelEvents.length - 1, (facts.modelEvents.at(-1) ?? 0) - 1) },
        read,
        onDisconnect: { cancelAfterMs: 3 },
        ends: ['cancelled'],
      };
    }
    // A reader of the log itself is a reader like the others.
    const lastReturned = facts.streamed.findLastIndex(({ type }) => type === 'model.returned');
    for (const seq of upTo(facts.streamed.length)) {
      yield {
        name: `of the log at seq ${seq}`,
        streamed: true,
        parts: { steps: paced(facts.flow.steps()) },
        read: async (result) => {
          for await (const event of result.events()) if (event.seq === seq) break;
        },
        ends: seq < lastReturned ? ['cancelled'] : EITHER,
      };
    }
  },
};

function leaveAfter(index: number): (result: StreamedRunResult) => Promise<void> {
  return async (result) => {
    let seen = 0;
    for await (const _event of result) if (seen++ === index) break;
  };
}

const returnElsewhere: Exit = {
  name: 'iterator return in another context',
  *cells(facts) {
    for (const index of upTo(facts.shown)) {
      for (const [where, go] of Object.entries(ELSEWHERE)) {
        yield {
          name: `after ${index} events, ${where}`,
          streamed: true,
          parts: { steps: paced(facts.flow.steps()) },
          read: async (result) => {
            const events = result[Symbol.asyncIterator]();
            for (const _ of upTo(index)) await events.next();
            const pending = events.next();
            await go(async () => events.return?.());
            await pending;
          },
          // A timer comes when it comes: the run goes on meanwhile.
          ends: where === 'a timer' ? EITHER : leftAt(facts, index),
        };
      }
    }
  },
};

const ELSEWHERE: Record<string, (act: () => Promise<unknown>) => Promise<unknown>> = {
  'AsyncLocalStorage.run': (act) => foreign.run('elsewhere', act),
  'AsyncLocalStorage.exit': (act) => foreign.exit(act),
  AsyncResource: (act) => new AsyncResource('elsewhere').runInAsyncScope(act),
  'a timer': (act) => new Promise((resolve) => setTimeout(() => resolve(act()), 0)),
};

const bodyCancelled: Exit = {
  name: 'body cancelled',
  *cells(facts) {
    for (const index of upTo(facts.shown)) {
      yield {
        name: `of a response, after ${index} chunks`,
        streamed: true,
        parts: { steps: paced(facts.flow.steps()) },
        read: async (result) => {
          const body = new Response(result.toStream().pipeThrough(bytes())).body?.getReader();
          for (const _ of upTo(index)) await body?.read();
          await body?.cancel('the client left');
        },
        // The stream reads one event ahead of its reader; before anything was read there may have been no reader.
        ends: index > 0 ? leftAt(facts, index + 1) : EITHER,
      };
      yield {
        name: `of the event stream, after ${index} events`,
        streamed: true,
        parts: { steps: paced(facts.flow.steps()) },
        read: async (result) => {
          const body = result.toStream().getReader();
          for (const _ of upTo(index)) await body.read();
          await body.cancel();
        },
        ends: index === 0 ? ['completed'] : leftAt(facts, index - 1),
      };
    }
  },
};

function bytes(): TransformStream<RunStreamEvent, Uint8Array> {
  const encoder = new TextEncoder();
  return new TransformStream({
    transform: (event, controller) => controller.enqueue(encoder.encode(`data: ${event.type}\n\n`)),
  });
}

const neverConsumed: Exit = {
  name: 'never consumed',
  *cells() {
    for (const [how, hold] of Object.entries(UNREAD))
      yield { name: how, streamed: true, read: async (result) => hold(result), ends: ['completed'] };
  },
};

const UNREAD: Record<string, (result: StreamedRunResult) => unknown> = {
  'nobody reads': () => undefined,
  'an iterator is held': (result) => result[Symbol.asyncIterator](),
  'an iterator is left before it read': (result) => result.streamEvents().return?.(),
  'a stream is held': (result) => result.toStream(),
  'a stream is cancelled before it was read': (result) => result.toStream().cancel(),
  'a text stream is held': (result) => result.toTextStream(),
  'a Node stream is held': (result) => result.toTextStream({ compatibleWithNodeStreams: true }),
  'a Node stream is destroyed before it was read': (result) =>
    result.toTextStream({ compatibleWithNodeStreams: true }).destroy(),
};

const textLeft: Exit = {
  name: 'text stream read and left',
  *cells(facts) {
    for (const count of upTo(facts.texts)) {
      yield {
        name: `after ${count + 1} texts`,
        streamed: true,
        parts: { steps: paced(facts.flow.steps()) },
        read: async (result) => {
          const text = result.toTextStream().getReader();
          for (const _ of upTo(count + 1)) await text.read();
          await text.cancel();
        },
        ends: count + 1 < facts.texts ? ['cancelled'] : EITHER,
      };
      yield {
        name: `a Node stream after ${count + 1} texts`,
        streamed: true,
        parts: { steps: paced(facts.flow.steps()) },
        read: async (result) => {
          let seen = 0;
          for await (const _text of result.toTextStream({ compatibleWithNodeStreams: true }))
            if (seen++ === count) break;
        },
        ends: EITHER,
      };
    }
  },
};

const twoReaders: Exit = {
  name: 'two readers',
  *cells(facts) {
    yield {
      name: 'both read all',
      streamed: true,
      parts: { steps: paced(facts.flow.steps()) },
      read: async (result) => {
        const [one, two] = await Promise.all([listed(result), listed(result)]);
        if (one.length !== facts.shown) throw new Error(`one saw ${one.length} of ${facts.shown} events`);
        if (JSON.stringify(one) !== JSON.stringify(two)) throw new Error('they saw different events');
      },
      ends: ['completed'],
    };
    for (const index of upTo(facts.shown)) {
      yield {
        name: `one leaves at stream event ${index}`,
        streamed: true,
        parts: { steps: paced(facts.flow.steps()) },
        read: async (result) => {
          const [seen] = await Promise.all([readAll(result), leaveAfter(index)(result)]);
          if (seen !== facts.shown) throw new Error(`the other one saw ${seen} of ${facts.shown} events`);
        },
        ends: ['completed'],
      };
      yield {
        name: `both leave at stream event ${index}`,
        streamed: true,
        parts: { steps: paced(facts.flow.steps()) },
        read: async (result) => {
          await Promise.all([leaveAfter(index)(result), leaveAfter(index)(result)]);
        },
        ends: leftAt(facts, index),
      };
    }
  },
};

async function listed(result: StreamedRunResult): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const event of result) seen.push(event.type === 'raw_model_stream_event' ? event.data : event.type);
  return seen;
}

const slowReader: Exit = {
  name: 'reader slower than the run',
  *cells(facts) {
    for (const [pace, wait] of Object.entries(PACES)) {
      yield {
        name: pace,
        streamed: true,
        read: async (result) => {
          let seen = 0;
          for await (const _event of result) {
            seen++;
            await wait();
          }
          if (seen !== facts.shown) throw new Error(`saw ${seen} of ${facts.shown} events`);
        },
        ends: ['completed'],
      };
    }
    yield {
      name: 'comes when the run has ended',
      streamed: true,
      read: async (result) => {
        await result.completed;
        const seen = await readAll(result);
        if (seen !== facts.shown) throw new Error(`saw ${seen} of ${facts.shown} events`);
      },
      ends: ['completed'],
    };
  },
};

const PACES: Record<string, () => Promise<unknown>> = {
  'a turn of the event loop for each event': () => turn(),
  'a millisecond for each event': () => new Promise((resolve) => setTimeout(resolve, 1)),
};

export const LEAVING: readonly Exit[] = [
  breaks,
  returnElsewhere,
  bodyCancelled,
  neverConsumed,
  textLeft,
  twoReaders,
  slowReader,
];
