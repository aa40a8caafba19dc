// A client of the examples that serve runs: it begins one, loses its connection in the middle, and comes back where it was.
import assert from 'node:assert/strict';

interface Listening {
  address(): { port: number } | string | null;
}

export function urlOf(server: Listening): string {
  const address = server.address();
  assert(typeof address === 'object' && address);
  return `http://127.0.0.1:${address.port}`;
}

export async function visit(url: string): Promise<void> {
  const gone = new AbortController();
  const begun = await fetch(`${url}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'What is the weather in Oslo?', stream: true }),
    signal: gone.signal,
  });
  assert.equal(begun.status, 200);
  const run = new URL(begun.headers.get('location') ?? '', url);
  assert(begun.body);
  let seen = '';
  for await (const chunk of begun.body.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (seen.includes('model.delta')) break;
  }
  gone.abort();

  // What came after the last whole frame is lost; the id of that frame is where to go on.
  const kept = seen.slice(0, seen.lastIndexOf('\n\n') + 2);
  const lastId =
    kept
      .match(/^id: .*$/gm)
      ?.at(-1)
      ?.slice(4) ?? '';
  const rest = await fetch(`${run.href}/events`, { headers: { accept: 'text/event-stream', 'last-event-id': lastId } });
  const came = kept + (await rest.text());

  const whole = await fetch(`${run.href}/events`, { headers: { accept: 'text/event-stream' } });
  assert.equal(withoutRemarks(came), withoutRemarks(await whole.text()));
  const events = came.match(/^event: .*$/gm) ?? [];
  assert.equal(events.at(-1), 'event: run.completed');
  console.log(`${url}: ${events.length} events, left in the middle, came back, none twice and none missing`);
}

/** Comments and the times to wait before coming back belong to a connection, not to the run. */
function withoutRemarks(stream: string): string {
  return stream.replaceAll(/^(:.*|retry: .*)\n\n?/gm, '');
}
