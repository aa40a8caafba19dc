import type {
  AgentSpanData,
  CustomSpanData,
  FunctionSpanData,
  GenerationSpanData,
  GuardrailSpanData,
  HandoffSpanData,
  MCPListToolsSpanData,
  ResponseSpanData,
  SpanData,
  SpanError,
  TaskSpanData,
  TurnSpanData,
} from '../../event/span-data.ts';
import { traceCarrier, type TraceScope } from '../../port/trace-scope.ts';
import { Latch } from './latch.ts';
import { getGlobalTraceProvider, type CreateSpanOptions } from './provider.ts';
import { reasonOf } from './reason.ts';
import { silentScope, spanScope, traceScope } from './scope.ts';
import { NoopSpan, type Span } from './span.ts';
import { Trace } from './trace.ts';

/** Options of one kind of span; what `data` leaves out has the default of the kind. */
export type SpanKindOptions<TData extends SpanData> = Omit<Partial<CreateSpanOptions<TData>>, 'data'> & {
  data?: Partial<TData>;
};

type Named<TData extends SpanData> = SpanKindOptions<TData> & { data: { name: string } };
type Turn = SpanKindOptions<TurnSpanData> & { data: { turn: number; agent_name: string } };
type Parent = Span | Trace;
type Callback<TData extends SpanData, T> = (span: Span<TData>) => Promise<T> | T;

function create<TData extends SpanData>(
  defaults: TData,
  options: SpanKindOptions<TData> | undefined,
  parent?: Parent,
): Span<TData> {
  const data = { ...defaults, ...options?.data, type: defaults.type };
  return getGlobalTraceProvider().createSpan<TData>({ ...options, data }, parent);
}

/** Calls `fn` inside `span`, which ends when `fn` has settled and the last run started in it has ended. */
async function within<TData extends SpanData, T>(
  span: Span<TData>,
  fn: Callback<TData, T>,
  parent?: Parent,
): Promise<T> {
  const outer = traceCarrier.current;
  if (span instanceof NoopSpan) {
    // Without a trace around it nothing is switched off: a run inside opens its own.
    return await (outer === undefined ? fn(span) : traceCarrier.run(silentScope(outer, span), () => fn(span)));
  }
  const around = outer?.traceId === span.traceId ? outer : foreignScope(span.traceId, parent);
  const traceHold = around.hold?.();
  const latch = new Latch(() => {
    span.end();
    traceHold?.[Symbol.dispose]();
  });
  const scope = spanScope(around, span, () => latch.hold());
  span.start();
  try {
    return await traceCarrier.run(scope, () => fn(span));
  } catch (error) {
    if (span.error === null) span.setError(spanError(error));
    throw error;
  } finally {
    latch.close();
  }
}

/** For a span of another trace than the one the caller stands in. */
function foreignScope(traceId: string, parent: Parent | undefined): TraceScope {
  return parent instanceof Trace ? traceScope(parent) : { traceId, spanId: undefined };
}

function spanError(error: unknown): SpanError {
  const message = reasonOf(error);
  const data = error instanceof Error && 'data' in error ? error.data : undefined;
  return typeof data === 'object' && data !== null ? { message, data: { ...data } } : { message };
}

const AGENT: AgentSpanData = { type: 'agent', name: 'Agent' };

/** A span of an agent at work; its creator starts and ends it. */
export function createAgentSpan(options?: SpanKindOptions<AgentSpanData>, parent?: Parent): Span<AgentSpanData> {
  return create(AGENT, options, parent);
}

/** Calls `fn` inside a span of an agent at work. */
export async function withAgentSpan<T>(
  fn: Callback<AgentSpanData, T>,
  options?: SpanKindOptions<AgentSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createAgentSpan(options, parent), fn, parent);
}

const FUNCTION: FunctionSpanData = { type: 'function', name: '', input: '', output: '' };

/** A span of a function call; its creator starts and ends it. */
export function createFunctionSpan(options: Named<FunctionSpanData>, parent?: Parent): Span<FunctionSpanData> {
  return create(FUNCTION, options, parent);
}

/** Calls `fn` inside a span of a function call. */
export async function withFunctionSpan<T>(
  fn: Callback<FunctionSpanData, T>,
  options: Named<FunctionSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createFunctionSpan(options, parent), fn, parent);
}

const GENERATION: GenerationSpanData = { type: 'generation' };

/** A span of a call of a model, with its input, output and usage; its creator starts and ends it. */
export function createGenerationSpan(
  options?: SpanKindOptions<GenerationSpanData>,
  parent?: Parent,
): Span<GenerationSpanData> {
  return create(GENERATION, options, parent);
}

/** Calls `fn` inside a span of a call of a model, with its input, output and usage. */
export async function withGenerationSpan<T>(
  fn: Callback<GenerationSpanData, T>,
  options?: SpanKindOptions<GenerationSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createGenerationSpan(options, parent), fn, parent);
}

const RESPONSE: ResponseSpanData = { type: 'response' };

/** A span of a response of the Responses API, by its id; its creator starts and ends it. */
export function createResponseSpan(
  options?: SpanKindOptions<ResponseSpanData>,
  parent?: Parent,
): Span<ResponseSpanData> {
  return create(RESPONSE, options, parent);
}

/** Calls `fn` inside a span of a response of the Responses API, by its id. */
export async function withResponseSpan<T>(
  fn: Callback<ResponseSpanData, T>,
  options?: SpanKindOptions<ResponseSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createResponseSpan(options, parent), fn, parent);
}

const HANDOFF: HandoffSpanData = { type: 'handoff' };

/** A span of a handoff from one agent to another; its creator starts and ends it. */
export function createHandoffSpan(options?: SpanKindOptions<HandoffSpanData>, parent?: Parent): Span<HandoffSpanData> {
  return create(HANDOFF, options, parent);
}

/** Calls `fn` inside a span of a handoff from one agent to another. */
export async function withHandoffSpan<T>(
  fn: Callback<HandoffSpanData, T>,
  options?: SpanKindOptions<HandoffSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createHandoffSpan(options, parent), fn, parent);
}

const GUARDRAIL: GuardrailSpanData = { type: 'guardrail', name: '', triggered: false };

/** A span of a guardrail; its creator starts and ends it. */
export function createGuardrailSpan(options: Named<GuardrailSpanData>, parent?: Parent): Span<GuardrailSpanData> {
  return create(GUARDRAIL, options, parent);
}

/** Calls `fn` inside a span of a guardrail. */
export async function withGuardrailSpan<T>(
  fn: Callback<GuardrailSpanData, T>,
  options: Named<GuardrailSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createGuardrailSpan(options, parent), fn, parent);
}

const CUSTOM: CustomSpanData = { type: 'custom', name: '', data: {} };

/** A span of an operation of your own; its creator starts and ends it. */
export function createCustomSpan(options: Named<CustomSpanData>, parent?: Parent): Span<CustomSpanData> {
  return create(CUSTOM, options, parent);
}

/** Calls `fn` inside a span of an operation of your own. */
export async function withCustomSpan<T>(
  fn: Callback<CustomSpanData, T>,
  options: Named<CustomSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createCustomSpan(options, parent), fn, parent);
}

const MCP_LIST_TOOLS: MCPListToolsSpanData = { type: 'mcp_tools' };

/** A span of a listing of the tools of an MCP server; its creator starts and ends it. */
export function createMCPListToolsSpan(
  options?: SpanKindOptions<MCPListToolsSpanData>,
  parent?: Parent,
): Span<MCPListToolsSpanData> {
  return create(MCP_LIST_TOOLS, options, parent);
}

/** Calls `fn` inside a span of a listing of the tools of an MCP server. */
export async function withMCPListToolsSpan<T>(
  fn: Callback<MCPListToolsSpanData, T>,
  options?: SpanKindOptions<MCPListToolsSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createMCPListToolsSpan(options, parent), fn, parent);
}

const TASK: TaskSpanData = { type: 'task', name: 'task' };

/** A span of one run from its start to its end; its creator starts and ends it. */
export function createTaskSpan(options?: SpanKindOptions<TaskSpanData>, parent?: Parent): Span<TaskSpanData> {
  return create(TASK, options, parent);
}

/** Calls `fn` inside a span of one run from its start to its end. */
export async function withTaskSpan<T>(
  fn: Callback<TaskSpanData, T>,
  options?: SpanKindOptions<TaskSpanData>,
  parent?: Parent,
): Promise<T> {
  return await within(createTaskSpan(options, parent), fn, parent);
}

const TURN: TurnSpanData = { type: 'turn', turn: 0, agent_name: '' };

/** A span of one turn of a run; its creator starts and ends it. */
export function createTurnSpan(options: Turn, parent?: Parent): Span<TurnSpanData> {
  return create(TURN, options, parent);
}

/** Calls `fn` inside a span of one turn of a run. */
export async function withTurnSpan<T>(fn: Callback<TurnSpanData, T>, options: Turn, parent?: Parent): Promise<T> {
  return await within(createTurnSpan(options, parent), fn, parent);
}
