/** The lines of an answer's body, wherever the network cut them, chunk by chunk. What ends without a line break is not given: it may not be whole. */
export async function* lines(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<string[], void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // A body that is not fetch's own may not know of the signal.
  const give = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', give);
  let rest = '';
  try {
    for (;;) {
      if (signal.aborted) throw signal.reason;
      const { value, done } = await reader.read();
      if (signal.aborted) throw signal.reason;
      if (done) return;
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      yield parts;
    }
  } finally {
    signal.removeEventListener('abort', give);
    give();
  }
}
