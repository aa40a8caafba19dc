/** What a route answers with, before it is a web Response or is written to a socket. */
import type { RunBody } from './run-body.ts';

export interface WholeReply {
  status: number;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface StreamReply {
  status: number;
  headers: Record<string, string>;
  stream: RunBody;
}

export type Reply = WholeReply | StreamReply;

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' } as const;

export function json(status: number, value: unknown, headers: Record<string, string> = {}): WholeReply {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(value) };
}

export function empty(status: number, headers: Record<string, string> = {}): WholeReply {
  return { status, headers: { 'cache-control': 'no-store', ...headers }, body: undefined };
}
