/** The JSON lines of an answer's body, wherever the network cut them. Blank lines are signs of life. */
export async function* lines(
  body: ReadableStream<Uint8Array>,
  { idleMs, signal }: { idleMs: number; signal: AbortSignal },
): AsyncGenerator<string[], void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const give = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', give);
  let rest = '';
  try {
    for (;;) {
      // A connection that died without a word is left, so that another one can be made.
      timer = setTimeout(give, idleMs);
      const { value, done } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      const whole = parts.filter((line) => line !== '');
      if (whole.length > 0) yield whole;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', give);
    give();
  }
}
