/** The names that models know a server's tools by. */
import { sha256 } from '../../base/hash.ts';

const LONGEST = 64;

/** The server's own name, of the letters that models are told: everything else is an underscore. */
export function plainName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, LONGEST) || 'tool';
}

/** `mcp_<server>__<tool>`; a hash tells apart what is too long or taken. */
export function prefixedName(server: string, tool: string, taken: ReadonlySet<string>): string {
  const name = `mcp_${inner(server, 'server')}__${inner(tool, 'tool')}`;
  const key = name.toLowerCase();
  if (name.length <= LONGEST && !taken.has(key)) return name;
  for (let round = 0; ; round++) {
    const hash = sha256(JSON.stringify([server, tool, round])).slice(0, 8);
    const unique = `${name.slice(0, LONGEST - 9)}_${hash}`;
    if (!taken.has(unique.toLowerCase())) return unique;
  }
}

function inner(name: string, otherwise: string): string {
  const clean = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
  const [from, to] = edges(clean);
  return clean.slice(from, to) || otherwise;
}

// Underscores at the edges would blur where the server's name ends.
function edges(text: string): [from: number, to: number] {
  let from = 0;
  let to = text.length;
  while (from < to && text[from] === '_') from++;
  while (to > from && text[to - 1] === '_') to--;
  return [from, to];
}
