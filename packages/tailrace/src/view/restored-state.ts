/** A state that was a text, as a run that can be gone on with: its log is a copy in memory. */
import type { AnyAgent } from '../agent/agent.ts';
import { UserError } from '../event/errors.ts';
import type { FoldedRun } from '../event/fold.ts';
import { MemoryLogStore } from '../log/memory-store.ts';
import { AgentRegistry } from '../run/agent-registry.ts';
import type { RunHome } from './state-home.ts';
import type { StateText } from './state-text.ts';

/** @throws UserError STATE_AGENT_UNKNOWN */
export function homeFor(agent: AnyAgent, { runId, events, folded }: StateText): RunHome {
  const agents = new AgentRegistry();
  agents.enter(agent);
  refuseStrangers(agents, folded);
  const store = new MemoryLogStore();
  store.restore(runId, events, folded.mail);
  return { store, runId, agents, session: undefined };
}

function refuseStrangers(agents: AgentRegistry, { started, agent, lastTurn, nested }: FoldedRun): void {
  const open = [...nested.values()].map((one) => one.agent);
  const strange = [started.agent, agent, lastTurn?.to, ...open].find((key) => key !== undefined && !agents.get(key));
  if (strange === undefined) return;
  const name = JSON.stringify(strange.slice(0, 80));
  throw new UserError(
    `The state needs agent ${name}, which cannot be reached from the agent that was given. Give the agent that the run began with.`,
    { code: 'STATE_AGENT_UNKNOWN' },
  );
}
