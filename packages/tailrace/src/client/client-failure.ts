import { chunks } from './lines.ts';

/** What a server answered, or that it could not be reached. */
export class TailraceClientError extends Error {
  override readonly name = 'TailraceClientError';
  /**
   * The server's code, or the client's own: `UNREACHABLE`; `NOT_TAILRACE` where what answers is something else; and of mistakes in the program `REQUEST_INVALID`,
   * `HEADERS_FAILED`, `READER_IN_USE`.
   */
  readonly code: string;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** True when the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    message: string,
    facts: {
      code: string;
      status: number;
      retryable?: boolean | undefined;
      retryAfterMs?: number | undefined;
      data?: Record<string, unknown>;
      cause?: unknown;
    },
  ) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.data = facts.data ?? {};
    const { status } = facts;
    this.retryable = facts.retryable ?? ([0, 408, 425, 429].includes(status) || (status >= 500 && status !== 501));
  }
}

/** The error that an answer tells of. Where its body does not arrive, its status says enough. */
export async function failureOf(response: Response, signal?: AbortSignal): Promise<TailraceClientError> {
  let text = '';
  try {
    if (response.body) for await (const chunk of chunks(response.body, signal)) text += chunk;
  } catch {
    text = '';
  }
  const { code, message, ...data } = errorIn(text);
  return new TailraceClientError(typeof message === 'string' ? message : `The server answered ${response.status}.`, {
    code: typeof code === 'string' ? code : `HTTP_${response.status}`,
    status: response.status,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    data,
  });
}

/** Seconds, or a date. */
function retryAfterMs(text: string | null): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** What broke off, or could not be read, is a server that could not be reached. */
export function asFailure(error: unknown, message: string): TailraceClientError {
  if (error instanceof TailraceClientError) return error;
  return new TailraceClientError(message, { code: 'UNREACHABLE', status: 0, cause: error });
}

/** What is wrong in the program: the same request fails in the same way. */
export function mistake(code: string, message: string, cause?: unknown): TailraceClientError {
  return new TailraceClientError(message, { code, status: 0, retryable: false, cause });
}

/** An answer that no handler gives. Mostly a page: the address is not the handler's, or something stands before it. */
export function notTailrace(response: Response): TailraceClientError {
  const type = response.headers.get('content-type') ?? 'no content-type';
  const where = response.url === '' ? 'The server' : response.url;
  return new TailraceClientError(
    `${where} answered ${response.status} with ${type}: that is not a Tailrace handler. Look at the client's \`baseURL\`, and at what stands before the handler.`,
    { code: 'NOT_TAILRACE', status: response.status },
  );
}

function errorIn(text: string): Record<string, unknown> {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
