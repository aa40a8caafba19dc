/** The result of a nested agent's run, as a view of the log that it is part of. */
import type { AgentToolInvocation } from '../agent/agent-tool-types.ts';
import { agentsOf } from '../agent/item-of.ts';
import type { RunConfig, StreamRunOptions } from '../run/options.ts';
import type { StartedRun } from '../run/start.ts';
import { readRun } from '../log/read-run.ts';
import { type OutputOf, RunResult } from './result.ts';
import { RunState } from './run-state.ts';
import type { RunStreamEvent } from './stream-event.ts';
import type { StreamedRunResult } from './streamed-result.ts';

declare module '../agent/agent-tool-types.ts' {
  interface AgentToolParts<TContext, TAgent> {
    runConfig: Partial<RunConfig>;
    runOptions: Omit<StreamRunOptions<TContext>, 'stream'>;
    event: RunStreamEvent;
    result: (RunResult<TContext, TAgent> | StreamedRunResult<TContext, TAgent>) & {
      agentToolInvocation: AgentToolInvocation;
      finalOutput: OutputOf<TAgent>;
    };
  }
}

export async function nestedResult(
  started: StartedRun,
  path: readonly string[],
  finalOutput: unknown,
  call: AgentToolInvocation,
): Promise<RunResult & { agentToolInvocation: AgentToolInvocation }> {
  await started.log.flush();
  const step = path.at(-1);
  const events = (await readRun((from, limit) => started.log.read(from, limit))).filter(
    ({ scope }) => scope?.at(-1) === step,
  );
  const agents = agentsOf(started.agents);
  const [first] = events.flatMap((event) => (event.type === 'agent.started' ? [event] : []));
  const agent = agents(first?.agent ?? '');
  const state = new RunState(started.context, first?.input ?? '', agent, agents, { step });
  state.take(events);
  const result = new RunResult({ ...started, ending: { event: undefined, finalOutput } }, state);
  return Object.assign(result, { agentToolInvocation: Object.freeze({ ...call }) });
}
