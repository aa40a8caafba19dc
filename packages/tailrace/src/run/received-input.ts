import type { AnyAgent } from '../agent/agent.ts';
import { agentsOf, itemOf } from '../agent/item-of.ts';
import { RunInputItem } from '../agent/run-item.ts';
import { withLive } from '../event/live.ts';
import type { ItemAdded } from '../event/run-event.ts';
import type { RunScope, Steps } from './scope.ts';

/** Puts what came from outside behind what was said so far, before the next turn. */
export async function* joinInput(run: RunScope, agent: AnyAgent): Steps<void> {
  const { open, received, talk } = run;
  const joined = open?.added.filter(({ kind }) => kind === 'input') ?? [];
  for (const event of joined) talk.add(itemOf(event, agentsOf(run.agents)));
  // A model that has been asked was asked without it.
  if (received.length === 0 || (open && open.attempts > 0)) return;
  const agentKey = run.agents.keyOf(agent);
  const events = received.splice(0).map((rawItem) => {
    const item = new RunInputItem(rawItem, agent);
    talk.add(item);
    return withLive<ItemAdded>({ type: 'item.added', kind: 'input', agent: agentKey, item: rawItem }, item);
  });
  yield events;
}
