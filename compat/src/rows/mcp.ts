import type { Difference } from '../difference.ts';

/** Rows about MCP servers. */
export const mcpRows: readonly Difference[] = [
  {
    id: 'a-server-takes-no-name-that-is-taken',
    reference:
      "A tool of an MCP server that shares its name with a tool or handoff of the agent's is left out, with a warning.",
    tailrace:
      'It is offered as `mcp_<server>__<tool>`, and so is one whose name begins with `transfer_to_`. Names that differ in case alone count as the same.',
    why: 'A server must neither take the place of what the program has nor look like it, and its own tools stay usable.',
    applies: (program) => program === 'mcp: names that are taken',
    aspects: { offered: () => ['free', 'look', 'mcp_one__look', 'mcp_one__transfer_to_Other'] },
  },
];
