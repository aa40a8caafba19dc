/** What a span says, by kind. Field names are those of the OpenAI traces API. */
export interface AgentSpanData {
  type: 'agent';
  name: string;
  handoffs?: string[];
  tools?: string[];
  output_type?: string;
}

export interface TurnUsageData {
  input_tokens: number;
  output_tokens: number;
  cached_input_tokens: number;
  cache_write_input_tokens: number;
}

export interface TaskUsageData extends TurnUsageData {
  requests: number;
  total_tokens: number;
}

export interface TaskSpanData {
  type: 'task';
  name: string;
  usage?: TaskUsageData;
}

export interface TurnSpanData {
  type: 'turn';
  turn: number;
  agent_name: string;
  usage?: TurnUsageData;
}

export interface FunctionSpanData {
  type: 'function';
  name: string;
  input: string;
  output: string;
  /** Of a tool that an MCP server gave. */
  mcp_data?: string | { server: string };
}

export interface GenerationUsageData {
  input_tokens?: number;
  output_tokens?: number;
  details?: Record<string, unknown> | null;
  [key: string]: unknown;
}

export interface GenerationSpanData {
  type: 'generation';
  input?: Record<string, unknown>[];
  output?: Record<string, unknown>[];
  model?: string;
  model_config?: Record<string, unknown>;
  usage?: GenerationUsageData;
}

export interface ResponseSpanData {
  type: 'response';
  response_id?: string;
}

export interface HandoffSpanData {
  type: 'handoff';
  from_agent?: string;
  to_agent?: string;
}

export interface CustomSpanData {
  type: 'custom';
  name: string;
  data: Record<string, unknown>;
}

export interface GuardrailSpanData {
  type: 'guardrail';
  name: string;
  triggered: boolean;
}

export interface MCPListToolsSpanData {
  type: 'mcp_tools';
  server?: string;
  result?: string[];
}

export type SpanData =
  | AgentSpanData
  | TaskSpanData
  | TurnSpanData
  | FunctionSpanData
  | GenerationSpanData
  | ResponseSpanData
  | HandoffSpanData
  | CustomSpanData
  | GuardrailSpanData
  | MCPListToolsSpanData;

export interface SpanError {
  message: string;
  data?: Record<string, unknown>;
}
