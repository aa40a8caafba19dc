/** Streams of the platform, at the edge and nowhere else. */
import type { Readable } from 'node:stream';

export type NodeReadable = Readable;

/** A web stream that pulls from the reader. Cancelling it leaves the reader. */
export function webStreamOf<T>(reader: AsyncIterableIterator<T, undefined>): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const result = await reader.next();
        if (result.done) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await reader.return?.();
      },
    },
    // Nothing is read ahead: a stream that nobody reads has read nothing.
    { highWaterMark: 0 },
  );
}

/** A Node stream of the same. Node only. */
export function nodeReadableOf(reader: AsyncIterableIterator<string, undefined>): NodeReadable {
  const { Readable: NodeStream } = process.getBuiltinModule('node:stream');
  return NodeStream.from(reader);
}
