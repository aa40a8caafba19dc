/**
 * The base of the errors of a run. Each carries a `code` from ERROR_CODES, says what happened and what to do, and holds ids and data,
 * never an agent, a tool or a run.
 */
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

export interface AgentsErrorOptions {
  code?: ErrorCode;
  cause?: unknown;
  runId?: string;
  /** What is stored and sent instead of `message`, where that quotes what user code or a model said. */
  publicMessage?: string;
  /** Small, JSON-only facts that may leave the process: no prompt, argument, key or credential. */
  data?: Record<string, unknown>;
}

/** What is stored and sent of an error (I9). */
export interface SerializedError {
  name: string;
  code: ErrorCode;
  message: string;
  retryable: boolean;
  runId?: string;
  data?: Record<string, unknown>;
}

const BRAND = 'tailrace.error';

/**
 * The base of every error that Tailrace throws. `instanceof` also holds across two copies of the package, by a brand.
 */
export class AgentsError extends Error {
  readonly code: ErrorCode;
  declare readonly runId?: string;
  declare readonly data?: Record<string, unknown>;
  declare readonly publicMessage?: string;
  /** The run as it was when it failed. Present on errors of a run, not enumerable, never serialised. */
  declare readonly state?: unknown;

  constructor(message: string, options: AgentsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? 'UNEXPECTED';
    hide(this, 'brand', BRAND);
    if (options.runId !== undefined) hide(this, 'runId', options.runId);
    if (options.data !== undefined) hide(this, 'data', options.data);
    if (options.publicMessage !== undefined) hide(this, 'publicMessage', options.publicMessage);
    this.name = new.target.name;
    hide(this, 'name', this.name);
  }

  /** True when the same attempt, made again, may succeed. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  /** Code, message, run id and whether retrying helps. Nothing else. */
  toJSON(): SerializedError {
    return serializeError(this, this.runId);
  }

  static override [Symbol.hasInstance](this: { prototype: unknown }, value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    if (this.prototype === AgentsError.prototype) return isAgentsError(value);
    return Object.prototype.isPrototypeOf.call(this.prototype as object, value);
  }
}

/** True for an error of Tailrace, also one made by another copy of the package. */
export function isAgentsError(value: unknown): value is AgentsError {
  try {
    return value instanceof Error && (value as { brand?: unknown }).brand === BRAND;
  } catch {
    // A foreign object may throw at every look.
    return false;
  }
}

/**
 * What may be stored and sent of any thrown value. The message of a foreign error stays in the process: it may hold anything.
 */
export function serializeError(error: unknown, runId?: string): SerializedError {
  if (isAgentsError(error)) {
    const { name, code, message, publicMessage, retryable, data } = error;
    return {
      name,
      code,
      message: publicMessage ?? message,
      retryable,
      ...(runId !== undefined && { runId }),
      ...(data && { data }),
    };
  }
  const name = nameOf(error);
  const message = `${name} was thrown by code outside of Tailrace. Its message and cause are on the error in the process that ran it.`;
  return { name, code: 'UNEXPECTED', message, retryable: false, ...(runId !== undefined && { runId }) };
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name).slice(0, 100) : typeof error;
  } catch {
    return typeof error;
  }
}

/** Puts a property where JSON and loops do not see it. */
export function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: false, configurable: true, writable: true });
}
