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
    whole: RunResult<TContext, TAgent>;
    result: (RunResult<TContext, TAgent> | StreamedRunResult<TContext, TAgent>) & {
      agentToolInvocation: AgentToolInvocation;
      finalOutput: OutputOf<TAgent>;
    };
  }
}

/** Undefined when no nested run has completed there. */
export async function nestedResult(
  started: StartedRun,
  path: readonly string[],
  call: AgentToolInvocation,
): Promise<(RunResult & { agentToolInvocation: AgentToolInvocation }) | undefined> {
  await started.log.flush();
  const step = path.at(-1);
  const events = (await readRun((from, limit) => started.log.read(from, limit))).filter(
    ({ scope }) => scope?.at(-1) === step,
  );
  const end = events.findLast((event) => event.type === 'agent.ended');
  if (end?.outcome !== 'completed') return undefined;
  const agents = agentsOf(started.agents);
  const [first] = events.flatMap((event) => (event.type === 'agent.started' ? [event] : []));
  const agent = agents(first?.agent ?? '');
  const state = new RunState(started.context, first?.input ?? '', agent, agents, { step });
  state.take(events);
  const finalOutput = await agents(end.agent).processFinalOutput(end.output ?? '');
  const result = new RunResult({ ...started, ending: { event: undefined, finalOutput } }, state);
  return Object.assign(result, { agentToolInvocation: Object.freeze({ ...call }) });
}
