/** Reads a request's body: capped, timed, and JSON of bounded depth. */
import { systemClock } from '../base/clock.ts';
import { HttpError } from './http-error.ts';

export interface BodyLimits {
  bodyBytes: number;
  bodyDepth: number;
  bodyMs: number;
}

/** @throws HttpError MEDIA_TYPE, BODY_TOO_LARGE, BODY_TIMEOUT, BODY_INVALID */
export async function readJson(request: Request, limits: BodyLimits): Promise<Record<string, unknown>> {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  // Also what keeps other sites' forms out: a browser asks first before it sends this type.
  if (type !== 'application/json')
    throw new HttpError('MEDIA_TYPE', 'The body must be sent as content-type: application/json.');
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    throw new HttpError('MEDIA_TYPE', 'Send the body without content-encoding.');
  const text = decoded(await bytesOf(request, limits));
  if (depthOf(text) > limits.bodyDepth)
    throw new HttpError('BODY_INVALID', `The body's JSON is more than ${limits.bodyDepth} levels deep.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpError('BODY_INVALID', 'The body is not JSON.');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new HttpError('BODY_INVALID', 'The body must be a JSON object.');
}

async function bytesOf(request: Request, { bodyBytes, bodyMs }: BodyLimits): Promise<Uint8Array> {
  const tooLarge = (): HttpError =>
    new HttpError('BODY_TOO_LARGE', `The body may have ${bodyBytes} bytes at most.`, {
      headers: CLOSE,
    });
  if (Number(request.headers.get('content-length') ?? 0) > bodyBytes) throw tooLarge();
  if (!request.body) return new Uint8Array();
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  let late = false;
  using _timer = systemClock.timer(bodyMs, () => {
    late = true;
    void reader.cancel().catch(() => undefined);
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { value, done } = await reader.read().catch(torn);
    if (late) throw new HttpError('BODY_TIMEOUT', `The body did not arrive within ${bodyMs} ms.`, { headers: CLOSE });
    if (done === 'torn') throw new HttpError('BODY_INVALID', 'The body did not arrive whole.');
    if (done || value === undefined) break;
    size += value.byteLength;
    if (size > bodyBytes) {
      void reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

// The rest of the body is not read.
const CLOSE = { connection: 'close' };

// Whoever sent it is gone. What came could be a whole of its own, and is not what they meant to say.
const torn = (): { value: undefined; done: 'torn' } => ({ value: undefined, done: 'torn' });

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HttpError('BODY_INVALID', 'The body is not UTF-8.');
  }
}

/** How deep the brackets outside of strings go. Looked at before parsing, which would build it all. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return deepest;
}
