/** The floor over node:http, with a connection that is kept. */
import { Agent, request } from 'node:http';
import type { Subject } from '../task.ts';
import { rawSubject } from './raw-loop.ts';

const agent = new Agent({ keepAlive: true });

export const subject: Subject = rawSubject(
  (url, body, onChunk) =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        authorization: 'Bearer sk-bench',
        'content-length': Buffer.byteLength(body),
      };
      const outgoing = request(url, { method: 'POST', agent, headers }, (incoming) => {
        incoming.on('data', onChunk).on('end', resolve).on('error', reject);
      });
      outgoing.on('error', reject).end(body);
    }),
);
