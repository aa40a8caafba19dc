/** What went wrong below the level of HTTP statuses. */
export type TransportFaultKind =
  /** No connection, or none that held until the head of an answer. */
  | 'connect'
  /** The body ended before its sender had finished it. */
  | 'cut'
  /** A redirect that is not followed. */
  | 'redirect'
  /** A body compressed although it was asked not to be. */
  | 'encoding'
  /** A body longer than the limit. */
  | 'too_large'
  /** The URL cannot be used. */
  | 'url';

/** Raised by transports; the models turn it into an error of the run. */
export class TransportFault extends Error {
  override readonly name = 'TransportFault';
  readonly kind: TransportFaultKind;
  constructor(kind: TransportFaultKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** The URL without credentials, query and fragment, for messages. */
export function plainUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? '(not a URL)' : `${parsed.origin}${parsed.pathname}`;
}

/** Parses a request URL or raises the fault that says what is wrong with it. */
export function httpUrl(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new TransportFault(
      'url',
      `The base URL is not an http or https URL: ${plainUrl(url)}. Give one like https://api.openai.com/v1`,
    );
  }
  return parsed;
}

/**
 * Where a redirect leads when it may be followed; a fault when it leaves the origin, since the key would go with it.
 */
export function redirectTarget(from: URL, location: string | undefined, status: number): URL {
  const target = location === undefined ? null : URL.parse(location, from.href);
  const here = `${from.origin}${from.pathname}`;
  if (target === null)
    throw new TransportFault('redirect', `${here} answered ${status} without a usable Location header`);
  if (status === 303) {
    throw new TransportFault(
      'redirect',
      `${here} answered 303, which asks for a GET: this is not a model endpoint. Check the base URL`,
    );
  }
  if (target.origin !== from.origin) {
    throw new TransportFault(
      'redirect',
      `${here} redirects (${status}) to ${target.origin}, another origin. It was not followed, because the API key would go with it. If ${target.origin} is right, set the base URL to it`,
    );
  }
  return target;
}

/** Statuses that carry a Location. */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** What an aborted signal gives to whoever waits: the caller's reason unchanged, which by convention is an Error. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason as Error;
}

/** The most telling part of a network error: its code and text, or the cause's. */
export function describeNetworkError(error: unknown): string {
  const seen = new Set<unknown>();
  let text = '';
  for (let at: unknown = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    const inner = at instanceof AggregateError ? (at.errors[0] as unknown) : undefined;
    const code = codeOf(at) ?? codeOf(inner);
    if (code !== undefined) return code;
    text ||= at.message;
  }
  return text === '' ? String(error) : text;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}
