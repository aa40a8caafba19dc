/** An answer's text as it comes, wherever the network cut it. A chunk can be empty. */
export async function* chunks(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // A body that is not fetch's own may not know of the signal.
  const give = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener('abort', give);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { value, done } = await reader.read();
      signal?.throwIfAborted();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    signal?.removeEventListener('abort', give);
    give();
  }
}

/** The whole lines of each chunk. What ends without a line break is not given: it may not be whole. */
export async function* lines(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<string[], void> {
  // A line can come in thousands of pieces: joined once, when it is whole.
  let pieces: string[] = [];
  for await (const chunk of chunks(body, signal)) {
    const [first = '', ...others] = chunk.split('\n');
    pieces.push(first);
    const next = others.pop();
    if (next === undefined) {
      yield [];
      continue;
    }
    const line = pieces.join('');
    pieces = [next];
    yield [line, ...others];
  }
}
