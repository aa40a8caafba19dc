import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { WireDelivery, WireEvent, WirePoint } from './wire-server-script.ts';

const PING = ': ping';

/** The bytes of a streamed answer, cut into the pieces that are written one by one. */
export function writesOf(events: readonly WireEvent[], delivery: WireDelivery): Buffer[] {
  const frames = framesOf(events, delivery);
  const stop = stopAt(frames, delivery.cut) ?? stopAt(frames, delivery.stall);
  const whole = Buffer.concat(frames);
  const bytes = stop === undefined ? whole : whole.subarray(0, stop);
  const sizes = delivery.chunkSizes;
  if (sizes !== undefined) return tear(bytes, typeof sizes === 'number' ? [sizes] : sizes);
  const perWrite = Math.max(1, delivery.eventsPerWrite ?? 1);
  const writes: Buffer[] = [];
  let from = 0;
  let to = 0;
  frames.forEach((frame, index) => {
    to += frame.length;
    if ((index + 1) % perWrite !== 0 && index !== frames.length - 1) return;
    const piece = bytes.subarray(from, to);
    if (piece.length > 0) writes.push(piece);
    from = to;
  });
  return writes;
}

/** Cuts bytes into pieces of the given sizes, repeated to the end. */
export function tear(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function framesOf(events: readonly WireEvent[], delivery: WireDelivery): Buffer[] {
  const ending = delivery.lineEnding ?? '\n';
  return events.map((event, index) => {
    const lines = event.name === undefined ? [] : [`event: ${event.name}`];
    for (const line of event.data.split('\n')) lines.push(`data: ${line}`);
    let text = `${lines.join(ending)}${ending}${ending}`;
    if (delivery.pingEvery !== undefined && index % delivery.pingEvery === 0) text = `${PING}${ending}${ending}${text}`;
    if (index === 0 && delivery.bom === true) text = `\uFEFF${text}`;
    return Buffer.from(text);
  });
}

function stopAt(frames: readonly Buffer[], point: WirePoint | undefined): number | undefined {
  if (point === undefined) return undefined;
  if (point.afterBytes !== undefined) return point.afterBytes;
  return frames.slice(0, point.afterEvents ?? 0).reduce((sum, frame) => sum + frame.length, 0);
}

/** Writes a streamed answer as its delivery says; resolves with how it was left. */
export async function deliver(
  response: ServerResponse,
  events: readonly WireEvent[],
  delivery: WireDelivery,
  left: AbortSignal,
): Promise<'answered' | 'left' | 'cut'> {
  response.socket?.setNoDelay(true);
  response.flushHeaders();
  for (const piece of writesOf(events, delivery)) {
    if (left.aborted) return 'left';
    const room = response.write(piece);
    if (!room) await drained(response, left);
    else if (delivery.delayMs !== undefined)
      await wait(delivery.delayMs, undefined, { signal: left }).catch(() => undefined);
    else await nextTurn();
  }
  if (left.aborted) return 'left';
  if (delivery.cut !== undefined && delivery.cut.how !== 'end') {
    // What was written must leave before the connection goes.
    await nextTurn();
    if (delivery.cut.how === 'rst') response.socket?.resetAndDestroy();
    else response.socket?.end();
    return 'cut';
  }
  if (delivery.stall !== undefined) {
    await stalled(response, delivery.pingMs, left);
    return 'left';
  }
  response.end();
  return 'answered';
}

function drained(response: ServerResponse, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    left.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function stalled(response: ServerResponse, pingMs: number | undefined, left: AbortSignal): Promise<void> {
  while (!left.aborted) {
    await wait(pingMs ?? 60_000, undefined, { signal: left, ref: false }).catch(() => undefined);
    if (!left.aborted && pingMs !== undefined) response.write(`${PING}\n\n`);
  }
}
