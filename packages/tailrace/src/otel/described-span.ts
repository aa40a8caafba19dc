import { type Attributes, SpanKind } from '@opentelemetry/api';
import { tryStringify } from '../base/json.ts';
import type { SpanData, SpanError } from '../event/span-data.ts';
import * as name from './attributes.ts';

/** A span as OpenTelemetry is told of it. */
export interface DescribedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

export interface Description {
  /** Inputs, outputs and error texts, too. */
  readonly content: boolean;
  readonly provider: string | undefined;
}

/** A union of attributes, those without a value left out. */
function attributes(values: Record<string, string | number | boolean | undefined>): Attributes {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}

/** What a span is in the GenAI conventions; what they have no word for keeps its own. */
export function describeSpan(data: SpanData, { content, provider }: Description): DescribedSpan {
  const described = (
    label: string,
    values: Record<string, string | number | boolean | undefined>,
    kind: SpanKind = SpanKind.INTERNAL,
  ): DescribedSpan => ({ name: label, kind, attributes: attributes({ [name.SPAN_KIND]: data.type, ...values }) });
  const text = (value: unknown): string | undefined => (content ? asText(value) : undefined);

  switch (data.type) {
    case 'task':
      return described(`run ${data.name}`, {});
    case 'turn':
      return described(`turn ${data.turn}`, { [name.TURN]: data.turn, [name.AGENT_NAME]: data.agent_name });
    case 'agent':
      return described(`${name.INVOKE_AGENT} ${data.name}`, {
        [name.OPERATION]: name.INVOKE_AGENT,
        [name.AGENT_NAME]: data.name,
        [name.PROVIDER]: provider,
      });
    case 'generation':
      return described(
        withName(name.CHAT, data.model),
        {
          [name.OPERATION]: name.CHAT,
          [name.PROVIDER]: provider,
          [name.REQUEST_MODEL]: data.model,
          [name.INPUT_TOKENS]: data.usage?.input_tokens,
          [name.OUTPUT_TOKENS]: data.usage?.output_tokens,
          [name.INPUT_MESSAGES]: text(data.input),
          [name.OUTPUT_MESSAGES]: text(data.output),
        },
        SpanKind.CLIENT,
      );
    case 'response':
      return described(
        name.CHAT,
        { [name.OPERATION]: name.CHAT, [name.PROVIDER]: provider, [name.RESPONSE_ID]: data.response_id },
        SpanKind.CLIENT,
      );
    case 'function':
      return described(`${name.EXECUTE_TOOL} ${data.name}`, {
        [name.OPERATION]: name.EXECUTE_TOOL,
        [name.TOOL_NAME]: data.name,
        [name.TOOL_TYPE]: 'function',
        [name.TOOL_ARGUMENTS]: text(data.input),
        [name.TOOL_RESULT]: text(data.output),
      });
    case 'handoff':
      return described(withName('handoff', data.to_agent), {
        [name.HANDOFF_FROM]: data.from_agent,
        [name.HANDOFF_TO]: data.to_agent,
      });
    case 'guardrail':
      return described(`guardrail ${data.name}`, {
        [name.GUARDRAIL_NAME]: data.name,
        [name.GUARDRAIL_TRIGGERED]: data.triggered,
      });
    case 'mcp_tools':
      return described(
        'tools/list',
        { [name.MCP_METHOD]: 'tools/list', [name.MCP_SERVER]: data.server },
        SpanKind.CLIENT,
      );
    case 'custom':
      return described(data.name, { [name.CUSTOM_DATA]: text(data.data) });
    default:
      return described(unknownKind(data), {});
  }
}

function unknownKind(data: never): string {
  return String((data as SpanData).type);
}

function withName(operation: string, what: string | undefined): string {
  return what === undefined || what === '' ? operation : `${operation} ${what}`;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : value === undefined ? undefined : tryStringify(value);
}

/** A low-cardinality name for an error: its code where it has one. */
export function errorType({ data }: SpanError): string {
  const code = data?.['code'];
  return typeof code === 'string' ? code : '_OTHER';
}
