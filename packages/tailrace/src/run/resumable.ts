/** Whether this process's agents can go on with a run: what its open turn needs is still there, and still the same. */
import { UserError } from '../event/errors.ts';
import { type AgentGraph, type GraphDifference, graphDifferences, type GraphNeeds } from '../event/agent-graph.ts';
import type { AgentOutputItem } from '../event/item.ts';
import { type FoldedRun, foldRun } from '../event/fold.ts';
import { readRun } from '../log/read-run.ts';
import { graphOf } from './agent-graph.ts';
import type { RunPlan } from './plan.ts';

/**
 * Looks before the run is claimed, so that whoever drives it goes on where this process cannot.
 * @throws {UserError} `RESUME_INCOMPATIBLE`
 */
export async function refuseIncompatible(plan: RunPlan): Promise<void> {
  const { store, runId } = plan;
  const current = graphOf(plan.agent);
  const [first] = await store.read(runId, 0, 1);
  if (first?.type !== 'run.started' || !first.graph || first.graph.hash === current.hash) return;
  const folded = foldRun(await readRun((from, limit) => store.read(runId, from, limit)));
  if (folded && !folded.ended) checkResumable(plan, folded);
}

/** @throws {UserError} `RESUME_INCOMPATIBLE`, naming what differs */
export function checkResumable(plan: RunPlan, folded: FoldedRun): void {
  const { graph: recorded, codeVersion } = folded;
  // Of the run itself, and of each nested agent that is under way.
  const needs = [folded, ...folded.nested.values()].flatMap((one) => (one.end ? [] : (needsOf(one) ?? [])));
  if (!recorded) return;
  const current = graphOf(plan.agent);
  const differences = needs.flatMap((one) => graphDifferences(recorded, current, one));
  if (differences.length === 0) return;
  const made = codeVersion === undefined ? 'the code that it was made by' : `code version ${codeVersion}`;
  throw incompatible(plan, differences, `Take it up with ${made}, or cancel it. It is as it was.`, codeVersion);
}

/** For a call of the open turn whose tool this process only now knows that it has not. It ends the run. */
export function toolGone(plan: RunPlan, agent: string, tool: string): UserError {
  const advice = 'It was there when the model asked for it: look at the MCP server, or the isEnabled, that it came by.';
  return incompatible(plan, [{ what: 'tool_missing', agent, tool }], advice);
}

function incompatible(
  { runId, config }: RunPlan,
  differences: readonly GraphDifference[],
  advice: string,
  recorded?: string,
): UserError {
  const words = differences.map(inWords).join('; ');
  return new UserError(`Run ${runId} cannot be taken up by these agents: ${words}. ${advice}`, {
    code: 'RESUME_INCOMPATIBLE',
    runId,
    data: {
      differences,
      ...(recorded !== undefined && { recorded }),
      ...(config.codeVersion !== undefined && { current: config.codeVersion }),
    },
  });
}

/** What `run.resumed` says of the code, where it is other code than before. */
export function codeOf(plan: RunPlan, folded?: FoldedRun): { codeVersion?: string; graph?: AgentGraph } {
  if (!plan.config.store) return {};
  const { codeVersion } = plan.config;
  const graph = graphOf(plan.agent);
  return {
    ...(codeVersion !== undefined && codeVersion !== folded?.codeVersion && { codeVersion }),
    ...(graph.hash !== folded?.graph?.hash && { graph }),
  };
}

function needsOf({ agent, lastTurn, open }: FoldedRun): GraphNeeds | undefined {
  const key = open.number === undefined ? (lastTurn?.to ?? agent) : agent;
  if (key === undefined) return undefined;
  const { response } = open;
  const calls = response?.output.flatMap(neededBy) ?? [];
  const answered = response !== undefined && calls.length === 0;
  const final = open.number === undefined && lastTurn?.outcome === 'final';
  return { agent: key, calls: [...new Set(calls)], output: answered || final };
}

function neededBy(item: AgentOutputItem): string[] {
  switch (item.type) {
    case 'function_call':
      return [item.name];
    case 'computer_call':
      return ['computer()'];
    case 'shell_call':
      return ['shell()'];
    case 'apply_patch_call':
      return ['apply_patch()'];
    default:
      return [];
  }
}

function inWords(difference: GraphDifference): string {
  const { what, agent } = difference;
  switch (what) {
    case 'agent_missing':
      return `there is no agent '${agent}'`;
    case 'tool_missing':
      return `agent '${agent}' has no tool '${difference.tool}'`;
    case 'tool_schema_changed':
      return `tool '${difference.tool}' of agent '${agent}' takes other arguments`;
    case 'tool_effects_changed':
      return `tool '${difference.tool}' of agent '${agent}' declares other effects`;
    case 'handoff_missing':
      return `agent '${agent}' has no handoff '${difference.tool}'`;
    case 'handoff_leads_elsewhere':
      return `handoff '${difference.tool}' of agent '${agent}' leads to another agent`;
    case 'output_type_changed':
      return `agent '${agent}' has another output type`;
  }
}
