/**
 * Sends traces to OpenAI's dashboard. Nothing is sent unless a program asks for it: `setDefaultOpenAITracingExporter()`, or a processor with this exporter.
 *
 * 1. A 4xx is not tried again, but for 408, 409 and 429; 5xx and broken connections are, with a growing delay. The server's `x-should-retry` and `retry-after` win.
 * 2. An abort ends a request and a delay at once.
 * 3. What could not be sent makes `export` reject: `BatchTraceProcessor` counts it and says so once.
 */
import type { SpanRecord, TraceRecord, TracingExporter } from '../port/tracing.ts';
import { environment } from './environment.ts';
import { defaultOpenAIKey, tracingExportKey } from './defaults.ts';
import { payloadItem } from './openai-traces-payload.ts';
import { excerpt } from './redact.ts';
import { retryAfterMs } from './retry-after.ts';
import { readBody, type Transport } from './transport.ts';
import { createTransport } from './transport-choice.ts';
import { plainUrl } from './transport-fault.ts';

export interface OpenAITracingExporterOptions {
  /** Default: that of `setTracingExportApiKey`, of `setDefaultOpenAIKey`, or OPENAI_API_KEY, as they are at the export. */
  apiKey?: string;
  /** Default: OPENAI_ORG_ID. */
  organization?: string;
  /** Default: OPENAI_PROJECT_ID. */
  project?: string;
  /** Default: https://api.openai.com/v1/traces/ingest. */
  endpoint?: string;
  /** Attempts at one request, the first included. Default 3. */
  maxRetries?: number;
  /** Before the second attempt, in milliseconds; it doubles. Default 1000. */
  baseDelay?: number;
  /** The longest delay, in milliseconds, also of what the server asks for. Default 30000. */
  maxDelay?: number;
}

const ENDPOINT = 'https://api.openai.com/v1/traces/ingest';
const ANSWER_BYTES = 16 * 1024;

type Item = TraceRecord | SpanRecord;
type Sent =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: Error; readonly retryInMs?: number | undefined };

export class OpenAITracingExporter implements TracingExporter {
  readonly #options: OpenAITracingExporterOptions;
  readonly #endpoint: string;
  readonly #attempts: number;
  readonly #baseDelay: number;
  readonly #maxDelay: number;
  #transport: Transport | undefined;

  constructor(options: OpenAITracingExporterOptions = {}) {
    this.#options = options;
    this.#endpoint = options.endpoint ?? ENDPOINT;
    this.#attempts = Math.max(1, options.maxRetries ?? 3);
    this.#baseDelay = options.baseDelay ?? 1000;
    this.#maxDelay = options.maxDelay ?? 30_000;
  }

  /** One request for each key that the items name. Rejects with what was not sent, and with the signal's reason. */
  async export(items: Item[], signal?: AbortSignal): Promise<void> {
    const byKey = Map.groupBy(items, ({ tracingApiKey }) => tracingApiKey ?? this.#apiKey());
    const errors: unknown[] = [];
    for (const [apiKey, group] of byKey) {
      try {
        if (apiKey === undefined) throw keyMissing();
        await this.#send(group, apiKey, signal);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  #apiKey(): string | undefined {
    return this.#options.apiKey ?? tracingExportKey() ?? defaultOpenAIKey() ?? environment()['OPENAI_API_KEY'];
  }

  async #send(items: Item[], apiKey: string, signal: AbortSignal | undefined): Promise<void> {
    const data = items.map(payloadItem).filter((item) => item !== undefined);
    if (data.length === 0) return;
    const body = `{"data":[${data.join(',')}]}`;
    let delay = this.#baseDelay;
    for (let attempt = 1; ; attempt++) {
      const sent = await this.#attempt(body, apiKey, signal);
      if (sent.ok) return;
      if (sent.retryInMs === undefined || attempt >= this.#attempts) throw sent.error;
      // Many processes fail at once; they should not come back at once.
      const jittered = delay * (1 + Math.random() * 0.1);
      await pause(Math.min(Math.max(jittered, sent.retryInMs), this.#maxDelay), signal);
      delay = Math.min(delay * 2, this.#maxDelay);
    }
  }

  async #attempt(body: string, apiKey: string, signal: AbortSignal | undefined): Promise<Sent> {
    this.#transport ??= createTransport();
    try {
      const answer = await this.#transport({ url: this.#endpoint, headers: this.#headers(apiKey), body, signal });
      const text = await readBody(answer, ANSWER_BYTES, 'cut').catch(() => '');
      const { status, header } = answer;
      if (status >= 200 && status < 300) return { ok: true };
      const error = failed(`${plainUrl(this.#endpoint)} answered ${status}: ${excerpt(text, apiKey)}`);
      const again = shouldRetry(status, header('x-should-retry')?.trim().toLowerCase());
      return { ok: false, error, retryInMs: again ? (retryAfterMs(header) ?? 0) : undefined };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      return { ok: false, error: failed(`${plainUrl(this.#endpoint)}: ${reason}`, error), retryInMs: 0 };
    }
  }

  #headers(apiKey: string): Record<string, string> {
    const env = environment();
    const organization = this.#options.organization ?? env['OPENAI_ORG_ID'];
    const project = this.#options.project ?? env['OPENAI_PROJECT_ID'];
    return {
      'content-type': 'application/json',
      authorization: `Bearer ${apiKey}`,
      'openai-beta': 'traces=v1',
      ...(organization && { 'openai-organization': organization }),
      ...(project && { 'openai-project': project }),
    };
  }
}

function shouldRetry(status: number, told: string | undefined): boolean {
  if (told === 'true' || told === 'false') return told === 'true';
  return status >= 500 || status === 408 || status === 409 || status === 429;
}

// Never an error of a run: whoever exports catches it.
function failed(reason: string, cause?: unknown): Error {
  return new Error(`Traces were not sent. ${reason}.`, { cause });
}

function keyMissing(): Error {
  return new Error(
    'Traces were not sent: no API key. Set OPENAI_API_KEY, call setTracingExportApiKey(key), or give the exporter an apiKey.',
  );
}

/** Rejects with the signal's reason as soon as it aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', settle);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(settle, ms);
    timer.unref?.();
    if (signal?.aborted) settle();
    else signal?.addEventListener('abort', settle, { once: true });
  });
}
