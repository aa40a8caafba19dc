/** The plan of a nested agent's run: what its tool says, over what the run has that it is called in. */
import { RunHooks } from '../agent/lifecycle.ts';
import { RunContext } from '../agent/run-context.ts';
import type { AgentToolSpec } from '../agent/agent-tool.ts';
import type { AgentInputItem } from '../event/item.ts';
import { NESTED, settingsOver } from './model-settings.ts';
import { checkConfig, type IndividualRunOptions, type RunConfig, type RunTimeouts } from './options.ts';
import { type PlannedTimeouts, planRun, type RunPlan } from './plan.ts';
import type { NestedSite, RunScope } from './scope.ts';

// What its caller's Runner looks at is its caller's, and where the log is kept is not the tool's to say.
const OWN = [
  'inputGuardrails',
  'outputGuardrails',
  'handoffInputFilter',
  'sessionInputCallback',
  'callModelInputFilter',
  'errorHandlers',
  'traceId',
] as const;

/** @throws UserError for config and options that cannot work */
export function nestedPlan(
  parent: RunScope,
  site: NestedSite,
  { spec, input, toolInput }: { spec: AgentToolSpec; input: string | AgentInputItem[]; toolInput: unknown },
): RunPlan {
  const given = spec.runOptions as IndividualRunOptions<unknown>;
  checkConfig(spec.runConfig);
  const { plan } = parent;
  const inherited: Partial<RunConfig> = { ...plan.config };
  for (const name of OWN) delete inherited[name];
  const config: Partial<RunConfig> = { ...inherited, ...(spec.runConfig as Partial<RunConfig>) };
  if (config.modelSettings) config.modelSettings = settingsOver(inherited.modelSettings, config.modelSettings, NESTED);
  if (plan.config.store) config.store = plan.config.store;
  else delete config.store;
  const { runId: _id, ...rest } = given;
  const stream = spec.handlers.length > 0;
  const options = { ...rest, context: contextOf(parent, given.context, toolInput), stream } as IndividualRunOptions;
  const { trace } = plan;
  const planned = planRun(spec.agent, input, options, config, {
    hooks: new RunHooks(),
    store: plan.store,
    tracingDisabled: trace.id === undefined,
    caller: {
      traceId: trace.id,
      spanId: site.spanId,
      emit: () => undefined,
      span: () => undefined,
      ...(trace.groupId !== undefined && { groupId: trace.groupId }),
      ...(trace.metadata && { metadata: trace.metadata }),
    },
  });
  return {
    ...planned,
    runId: plan.runId,
    named: plan.named,
    approvalTimeoutMs: planned.approvalTimeoutMs ?? plan.approvalTimeoutMs,
    // How long the whole may take is its caller's to say, beside what the tool says of its own part.
    timeouts: { ...plan.timeouts, runMs: undefined, ...(own(spec, given) as Partial<PlannedTimeouts>) },
  };
}

function own(spec: AgentToolSpec, { timeouts }: IndividualRunOptions<unknown>): RunTimeouts {
  return { ...(spec.runConfig as Partial<RunConfig>).timeouts, ...timeouts };
}

/** The caller's own context object and usage, in a context that can say what the tool was given. */
function contextOf(parent: RunScope, given: unknown, toolInput: unknown): RunContext {
  const own: unknown = given instanceof RunContext ? given.context : given;
  const context = new RunContext(own === undefined ? parent.context.context : own);
  context.usage = parent.context.usage;
  if (toolInput !== undefined) context.toolInput = toolInput;
  return context;
}
