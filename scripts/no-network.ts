// Preloaded into examples: a connection that would leave this machine fails at once, whoever opens it.
import { Socket } from 'node:net';

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const connect: unknown = Reflect.get(Socket.prototype, 'connect');
if (typeof connect !== 'function') throw new TypeError('Socket.prototype.connect is gone: find another way to guard.');

function guarded(this: Socket, ...args: unknown[]): unknown {
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = typeof first === 'object' && first !== null && 'host' in first ? first.host : args[1];
  if (typeof host === 'string' && !loopback.test(host)) {
    throw new Error(`An example tried to reach ${host}. Examples run without a network; use a scripted model.`);
  }
  return Reflect.apply(connect as (...args: unknown[]) => unknown, this, args);
}
Reflect.set(Socket.prototype, 'connect', guarded);
