import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { serializeError, type StreamedRunResult } from 'tailrace';

/** Streams a run's text as server-sent events, until the run ends or the client leaves. */
export async function sendText(result: StreamedRunResult, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  try {
    // Leaving is this signal. What it means for the run is `onDisconnect`: by default the run is cancelled when its last reader leaves.
    for await (const event of result.streamEvents({ signal: left.signal })) {
      if (event.type !== 'raw_model_stream_event' || event.data.type !== 'output_text_delta') continue;
      const sent = response.write(`data: ${JSON.stringify(event.data.delta)}\n\n`);
      if (!sent) await once(response, 'drain', { signal: left.signal });
    }
    response.end(`event: ${result.status}\ndata: {}\n\n`);
  } catch (error) {
    if (!left.signal.aborted) response.end(`event: failed\ndata: ${JSON.stringify(serializeError(error))}\n\n`);
  }
}
