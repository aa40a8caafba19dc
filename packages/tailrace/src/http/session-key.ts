/** Sessions of clients are their principal's own: the same id, sent by somebody else, is another session. */
import type { Principal } from './options.ts';

/** The store's id of a principal's session. */
export function sessionKey({ id, allRuns }: Principal, sessionId: string): string {
  return allRuns === true ? sessionId : `${prefix(id)}${sessionId}`;
}

/** The id that the client knows. */
export function clientSessionId({ id, allRuns }: Principal, key: string): string {
  const own = prefix(id);
  return allRuns !== true && key.startsWith(own) ? key.slice(own.length) : key;
}

// Escaped, so that no id can run into the next one's.
function prefix(id: string): string {
  return `${encodeURIComponent(id)}:`;
}
