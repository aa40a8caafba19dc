/** Which arguments and outputs clients may see: what the tools of the registered agents, and of those they hand over to, say of themselves. */
import type { AnyAgent } from '../agent/agent.ts';
import { qualifiedName } from '../agent/tool-namespace.ts';
import type { Exposed, ExposureOf } from './client-view.ts';

const HIDDEN: Exposed = { arguments: false, output: false };

/** A name that several tools share is as open as the most closed of them; an unknown one is closed. */
export function exposuresOf(agents: Iterable<AnyAgent>): ExposureOf {
  const byName = new Map<string, Exposed>();
  const seen = new Set<AnyAgent>();
  const waiting = [...agents];
  for (let agent = waiting.pop(); agent !== undefined; agent = waiting.pop()) {
    if (seen.has(agent)) continue;
    seen.add(agent);
    for (const tool of agent.tools) {
      const given = 'exposeToClient' in tool ? tool.exposeToClient : undefined;
      // A call of a tool in a namespace goes by its own name, and is asked about by the whole one.
      const names = tool.type === 'function' ? [tool.name, qualifiedName(tool)] : [tool.name];
      for (const name of names) {
        const known = byName.get(name) ?? { arguments: true, output: true };
        byName.set(name, {
          arguments: known.arguments && (given === true || given === 'arguments'),
          output: known.output && (given === true || given === 'output'),
        });
      }
    }
    for (const handoff of agent.handoffs) waiting.push('agent' in handoff ? handoff.agent : handoff);
  }
  return (tool) => byName.get(tool) ?? HIDDEN;
}
