/** What is wrong in the program is said at once, and not tried again. */
import { mistake } from './client-failure.ts';

/** Pages of servers are rendered where a path leads nowhere: that is said when something is asked. */
export function checkBase(baseURL: unknown): void {
  const found = typeof baseURL === 'string' ? parsed(baseURL, 'http://page.invalid') : undefined;
  if (found && /^https?:$/.test(found.protocol)) return;
  const got = typeof baseURL === 'string' ? `'${baseURL}'` : String(baseURL);
  throw mistake(
    'REQUEST_INVALID',
    `\`baseURL\` says where the handler is, such as 'https://example.com/api', or in a page '/api': got ${got}.`,
  );
}

function parsed(url: string, base: string): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}

/** `fetch` says of a request that cannot be made the same as of a server that cannot be reached. */
export function checkRequest(url: string, init: RequestInit): void {
  try {
    new Request(url, { ...init, signal: null });
  } catch (cause) {
    // The cause can quote a header, and with it a token: it is not for the message, which pages show.
    const message =
      "The request cannot be made. Look at the client's `baseURL` (outside of pages it must be whole, such as 'https://example.com/api') and at the values of `headers`; the cause says more.";
    throw mistake('REQUEST_INVALID', message, cause);
  }
}

export function encoded(body: object): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw mistake('REQUEST_INVALID', `What is sent must be JSON: ${(cause as Error).message}`, cause);
  }
}
