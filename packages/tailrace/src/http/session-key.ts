/** Sessions of clients are their principal's own: the same id, sent by somebody else, is another session. */
import { sha256 } from '../base/hash.ts';
import type { Principal } from './options.ts';

/** With what a client may call its session, together at most as long as a store takes. */
const MAX_PREFIX = 120;

/** The store's id of a principal's session. */
export function sessionKey({ id, allRuns }: Principal, sessionId: string): string {
  return allRuns === true ? sessionId : `${prefix(id)}${sessionId}`;
}

/** The id that the client knows. */
export function clientSessionId({ id, allRuns }: Principal, key: string): string {
  const own = prefix(id);
  return allRuns !== true && key.startsWith(own) ? key.slice(own.length) : key;
}

// Escaped, so that no id can run into the next one's; what is too long for that, or no text that can be, by its hash.
function prefix(id: string): string {
  const escaped = id.isWellFormed() ? encodeURIComponent(id) : undefined;
  return escaped !== undefined && escaped.length < MAX_PREFIX ? `${escaped}:` : `#${sha256(id)}:`;
}
