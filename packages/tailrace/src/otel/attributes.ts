/**
 * Names of OpenTelemetry's GenAI conventions, copied: the constants package moves and deprecates them between its versions.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 */
export const OPERATION = 'gen_ai.operation.name';
export const PROVIDER = 'gen_ai.provider.name';
export const WORKFLOW_NAME = 'gen_ai.workflow.name';
export const CONVERSATION = 'gen_ai.conversation.id';
export const AGENT_NAME = 'gen_ai.agent.name';
export const REQUEST_MODEL = 'gen_ai.request.model';
export const RESPONSE_ID = 'gen_ai.response.id';
export const INPUT_TOKENS = 'gen_ai.usage.input_tokens';
export const OUTPUT_TOKENS = 'gen_ai.usage.output_tokens';
export const INPUT_MESSAGES = 'gen_ai.input.messages';
export const OUTPUT_MESSAGES = 'gen_ai.output.messages';
export const TOOL_NAME = 'gen_ai.tool.name';
export const TOOL_TYPE = 'gen_ai.tool.type';
export const TOOL_ARGUMENTS = 'gen_ai.tool.call.arguments';
export const TOOL_RESULT = 'gen_ai.tool.call.result';
export const MCP_METHOD = 'mcp.method.name';
export const ERROR_TYPE = 'error.type';

/** Values of `gen_ai.operation.name`. */
export const INVOKE_WORKFLOW = 'invoke_workflow';
export const INVOKE_AGENT = 'invoke_agent';
export const EXECUTE_TOOL = 'execute_tool';
export const CHAT = 'chat';

// What the conventions have no name for.
export const TRACE_ID = 'tailrace.trace.id';
export const SPAN_ID = 'tailrace.span.id';
export const SPAN_KIND = 'tailrace.span.kind';
export const METADATA = 'tailrace.metadata.';
export const TURN = 'tailrace.turn';
export const HANDOFF_FROM = 'tailrace.handoff.from';
export const HANDOFF_TO = 'tailrace.handoff.to';
export const GUARDRAIL_NAME = 'tailrace.guardrail.name';
export const GUARDRAIL_TRIGGERED = 'tailrace.guardrail.triggered';
export const MCP_SERVER = 'tailrace.mcp.server';
export const CUSTOM_DATA = 'tailrace.data';
