import { isObject, list } from './difference.ts';
import type { Json } from './program.ts';

type Node = { [key: string]: Json };

/** Changes every span of a `trace` aspect; a span for which `change` gives undefined goes away with all below it. */
export function mapSpans(traces: Json, change: (span: Node, parent: Node | undefined) => Node | undefined): Json {
  return mapTraces(traces, (trace) => ({ ...trace, spans: mapNodes(list(trace['spans']), undefined, change) }));
}

/** Changes every trace of a `trace` or `endings` aspect. */
export function mapTraces(traces: Json, change: (trace: Node) => Node): Json {
  return list(traces).map((trace) => (isObject(trace) ? change(trace) : trace));
}

function mapNodes(nodes: Json[], parent: Node | undefined, change: Parameters<typeof mapSpans>[1]): Json[] {
  return nodes.flatMap((node) => {
    const changed = isObject(node) ? change(node, parent) : undefined;
    if (changed === undefined) return [];
    const { children, ...rest } = changed;
    const below = mapNodes(list(children), changed, change);
    return [below.length > 0 ? { ...rest, children: below } : rest];
  });
}

/** Whether a span is of this type, as its label begins with it. */
export function isSpan(span: Node, type: string): boolean {
  return typeof span['span'] === 'string' && span['span'].split(' ')[0] === type;
}

/** A copy of a span without one of its members. */
export function without(span: Node, member: string): Node {
  const { [member]: _gone, ...rest } = span;
  return rest;
}
