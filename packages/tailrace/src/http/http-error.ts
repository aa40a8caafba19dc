/** What goes wrong with a request, as clients see it: a status, a code, a text that says what to do, and nothing of what is inside. */
import { isAgentsError } from '../event/errors.ts';
import type { ErrorCode } from '../event/error-codes.ts';
import { json, type WholeReply } from './reply.ts';

/** Codes that only this layer has. */
export type HttpCode =
  | 'NOT_FOUND'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'REQUEST_INVALID'
  | 'BODY_TOO_LARGE'
  | 'BODY_INVALID'
  | 'BODY_TIMEOUT'
  | 'MEDIA_TYPE'
  | 'HOST_REFUSED'
  | 'ORIGIN_REFUSED'
  | 'LIMIT_REACHED'
  | 'IDEMPOTENCY_MISMATCH'
  | 'RUN_ID_INVALID'
  | 'RUN_OPEN'
  | 'OFFSET_FUTURE'
  | 'OFFSET_PRUNED'
  | 'SHUTTING_DOWN'
  | 'AUTHORIZE_TIMEOUT'
  | 'INTERNAL';

export const OWN_STATUS: Readonly<Record<HttpCode, number>> = {
  NOT_FOUND: 404,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_INVALID: 400,
  BODY_TOO_LARGE: 413,
  BODY_INVALID: 400,
  BODY_TIMEOUT: 408,
  MEDIA_TYPE: 415,
  HOST_REFUSED: 421,
  ORIGIN_REFUSED: 403,
  LIMIT_REACHED: 429,
  IDEMPOTENCY_MISMATCH: 422,
  RUN_ID_INVALID: 400,
  RUN_OPEN: 409,
  OFFSET_FUTURE: 400,
  OFFSET_PRUNED: 410,
  SHUTTING_DOWN: 503,
  AUTHORIZE_TIMEOUT: 503,
  INTERNAL: 500,
};

/** Errors of a run's API that are the client's to know of. All others are 500 INTERNAL. */
export const RUN_STATUS: Partial<Record<ErrorCode, number>> = {
  INPUT_REQUIRED: 400,
  INPUT_TYPE: 400,
  INPUT_ITEM_INVALID: 400,
  INPUT_TOO_LARGE: 413,
  ORPHAN_TOOL_OUTPUT: 400,
  MISSING_TOOL_OUTPUT: 400,
  OPTION_RANGE: 400,
  OPTION_TYPE: 400,
  OPTION_UNKNOWN: 400,
  SESSION_ID_INVALID: 400,
  OFFSET_INVALID: 400,
  OFFSET_FUTURE: 400,
  RUN_ID_INVALID: 400,
  AGENT_NOT_REGISTERED: 400,
  RUN_NOT_FOUND: 404,
  RUN_EXISTS: 409,
  RUN_ENDED: 409,
  APPROVAL_UNKNOWN: 404,
  APPROVAL_DECIDED: 409,
  APPROVAL_EXPIRED: 409,
  WAIT_UNKNOWN: 404,
  WAIT_ANSWERED: 409,
  WAIT_EXPIRED: 409,
  SESSION_BUSY: 409,
  STORE_BUSY: 503,
  STORE_FULL: 507,
};

const UNAVAILABLE = 'The server cannot do this now. Ask again later.';

/** In place of what the error says, which is for the server's own people. */
const GENERIC: Partial<Record<ErrorCode, string>> = { AGENT_NOT_REGISTERED: 'There is no agent of that name.' };

/** Thrown by a route: answered as it says. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpCode;
  readonly headers: Record<string, string>;
  readonly data: Record<string, unknown> | undefined;

  constructor(
    code: HttpCode,
    message: string,
    { headers = {}, data }: { headers?: Record<string, string>; data?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.code = code;
    this.headers = headers;
    this.data = data;
  }
}

// Others are for the client to mend, or no news to the server.
const OURS: ReadonlySet<HttpCode> = new Set(['INTERNAL', 'AUTHORIZE_TIMEOUT']);

/** The answer to a request that failed; `ours` says that it was not the client's doing. */
export function errorReply(error: unknown): { reply: WholeReply; ours: boolean } {
  if (error instanceof HttpError) {
    const { code, message, headers, data } = error;
    return { reply: json(OWN_STATUS[code], { error: { code, message, ...data } }, headers), ours: OURS.has(code) };
  }
  const status = isAgentsError(error) ? RUN_STATUS[error.code] : undefined;
  if (isAgentsError(error) && status !== undefined) {
    const message = GENERIC[error.code] ?? (status >= 500 ? UNAVAILABLE : error.message);
    return { reply: json(status, { error: { code: error.code, message } }), ours: status >= 500 };
  }
  const message = 'Something went wrong here. The server knows more.';
  return { reply: json(500, { error: { code: 'INTERNAL', message } }), ours: true };
}

export function shuttingDown(): HttpError {
  return new HttpError('SHUTTING_DOWN', 'This server is stopping. Ask again.', { headers: { 'retry-after': '1' } });
}
