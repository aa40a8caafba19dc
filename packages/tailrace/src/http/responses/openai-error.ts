/** An error as clients of the OpenAI API expect it. */
import type { WholeReply } from '../reply.ts';

/** True for paths whose clients are those of the OpenAI API. */
export function isOpenAiPath(path: string): boolean {
  return path === '/v1' || path.startsWith('/v1/');
}

export function openAiError(reply: WholeReply): WholeReply {
  if (reply.body === undefined) return reply;
  const { error } = JSON.parse(reply.body) as { error: object };
  const type = reply.status >= 500 ? 'server_error' : 'invalid_request_error';
  return { ...reply, body: JSON.stringify({ error: { type, param: null, ...error } }) };
}
