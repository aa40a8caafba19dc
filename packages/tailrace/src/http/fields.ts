/** Reads what a request's body or query says, field by field. */
import { readJson } from './body.ts';
import type { Contract } from './contract/contract.ts';
import { mismatch, type Schema } from './contract/schema.ts';
import { HttpError } from './http-error.ts';
import type { Call } from './route.ts';

/** A value of the query, as the route's contract has it. @throws HttpError BODY_INVALID */
export function queryText({ url, contract }: Call, name: string): string | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  checkParam(contract.query, name, text);
  return text;
}

/** A whole number of the query. @throws HttpError BODY_INVALID */
export function queryNumber({ url, contract }: Call, name: string): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : text;
  checkParam(contract.query, name, value);
  return value as number;
}

function checkParam(query: Contract['query'], name: string, value: string | number): void {
  const schema = query?.[name];
  if (!schema) throw new TypeError(`The contract of this route has no '${name}' in its query.`);
  refuseMismatch(schema, value, name);
}

/** @throws HttpError BODY_INVALID for a value that is not as the schema says */
export function refuseMismatch(schema: Schema, value: unknown, name: string = ''): void {
  const found = mismatch(schema, value, name);
  if (!found) return;
  const at = found.at === '' ? 'The body' : `'${found.at}'`;
  throw new HttpError('BODY_INVALID', `${at} ${found.problem}.`);
}

/** The body of a request, as the route's contract has it. @throws HttpError BODY_INVALID, BODY_TOO_LARGE, BODY_TIMEOUT, MEDIA_TYPE */
export async function bodyOf<T extends object>({ request, service, contract }: Call): Promise<T> {
  if (contract.bodyOptional === true && request.headers.get('content-type') === null) return {} as T;
  const body = await readJson(request, service.limits);
  refuseMismatch(contract.body ?? {}, body);
  // What the schema has let through.
  return body as T;
}

/** A variable part of the path, as the route's contract has it. @throws HttpError BODY_INVALID */
export function pathText({ params, contract }: Call, name: string): string {
  const value = params[name] ?? '';
  refuseMismatch(contract.params?.[name] ?? {}, value, name);
  return value;
}
