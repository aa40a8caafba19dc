import type { SpanData } from '../../event/span-data.ts';
import { printable } from './printable.ts';

/** What a span is, for people: its kind and its name, on one line. */
export function spanLabel(data: SpanData): string {
  const name = nameOf(data);
  return printable(name ? `${KIND[data.type] ?? data.type} ${name}` : (KIND[data.type] ?? data.type));
}

// The kind of a custom span is that it has none: its name says it all.
const KIND: Readonly<Partial<Record<string, string>>> = { function: 'tool', mcp_tools: 'mcp', custom: '·' };

function nameOf(data: SpanData): string | undefined {
  switch (data.type) {
    case 'turn':
      return `${data.turn}`;
    case 'generation':
      return data.model;
    case 'response':
      return data.response_id;
    case 'handoff':
      return `${data.from_agent ?? '?'} → ${data.to_agent ?? '?'}`;
    case 'mcp_tools':
      return data.server;
    case 'guardrail':
      return data.triggered ? `${data.name} (tripped)` : data.name;
    case 'agent':
    case 'task':
    case 'function':
    case 'custom':
      return data.name;
    default:
      // A newer log: its kind is name enough.
      return undefined;
  }
}
