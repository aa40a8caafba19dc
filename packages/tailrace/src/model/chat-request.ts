import { UserError } from '../event/errors.ts';
import type { ModelRequest, SerializedFunctionTool, SerializedHandoff, SerializedTool } from '../port/model.ts';
import { chatMessages } from './chat-input.ts';
import { cacheRetention, json, providerFields } from './responses-request.ts';
import { jsonList, jsonObject, WireJson } from './wire-json.ts';

const toolJson = new WireJson<SerializedTool>((tool) => {
  if (tool.type !== 'function') {
    throw new UserError(
      `Tool '${tool.name}' is no function, and Chat Completions offers nothing else. Use the Responses API: setOpenAIAPI('responses').`,
    );
  }
  const only = onlyOfResponses(tool);
  if (only !== undefined) {
    throw new UserError(
      `Tool '${tool.name}': ${only} is of the Responses API, and Chat Completions does not offer it. Leave it out, or use the Responses API: setOpenAIAPI('responses').`,
    );
  }
  return {
    type: 'function',
    function: { name: tool.name, description: tool.description, parameters: tool.parameters, strict: tool.strict },
  };
});

// Left out quietly, a tool would be told of that should wait, or called as it should not.
function onlyOfResponses(tool: SerializedFunctionTool): string | undefined {
  if (tool.namespace !== undefined) return 'its namespace';
  if (tool.deferLoading === true) return 'deferLoading';
  if (tool.outputSchema !== undefined) return 'outputSchema';
  return tool.allowedCallers?.includes('programmatic') === true ? 'calls from programs (allowedCallers)' : undefined;
}

const handoffJson = new WireJson<SerializedHandoff>((handoff) => ({
  type: 'function',
  function: { name: handoff.toolName, description: handoff.toolDescription, parameters: handoff.inputJsonSchema },
}));

/** Models that refuse `max_tokens` and want its successor. */
const NEWER_LIMIT = /^(?:o\d|gpt-[5-9])/;

/** The JSON body of POST /chat/completions. */
export function chatBody(request: ModelRequest, model: string, stream: boolean): string {
  const { modelSettings: settings, systemInstructions, outputType } = request;
  const tools = [
    ...request.tools.map((tool) => toolJson.of(tool)),
    ...request.handoffs.map((handoff) => handoffJson.of(handoff)),
  ];
  const messages = chatMessages(request.input);
  if (systemInstructions !== undefined && systemInstructions !== '') {
    messages.unshift(JSON.stringify({ role: 'system', content: systemInstructions }));
  }
  const limit = NEWER_LIMIT.test(model) ? 'max_completion_tokens' : 'max_tokens';
  return jsonObject({
    model: JSON.stringify(model),
    messages: jsonList(messages),
    tools: tools.length > 0 ? jsonList(tools) : undefined,
    tool_choice: tools.length > 0 ? json(toolChoice(settings.toolChoice)) : undefined,
    parallel_tool_calls: tools.length > 0 ? json(settings.parallelToolCalls) : undefined,
    temperature: json(settings.temperature),
    top_p: json(settings.topP),
    frequency_penalty: json(settings.frequencyPenalty),
    presence_penalty: json(settings.presencePenalty),
    [limit]: json(settings.maxTokens),
    store: json(settings.store),
    prompt_cache_retention: json(cacheRetention(settings)),
    prompt_cache_options: json(settings.promptCacheOptions),
    reasoning_effort: json(settings.reasoning?.effort ?? undefined),
    verbosity: json(settings.text?.verbosity ?? undefined),
    response_format: outputType === 'text' ? undefined : json(responseFormat(outputType)),
    stream: json(stream),
    stream_options: stream ? '{"include_usage":true}' : undefined,
    ...providerFields(settings.providerData),
  });
}

function toolChoice(choice: string | undefined): unknown {
  if (choice === undefined || choice === 'auto' || choice === 'required' || choice === 'none') return choice;
  return { type: 'function', function: { name: choice } };
}

function responseFormat({ name, strict, schema }: Exclude<ModelRequest['outputType'], 'text'>): unknown {
  return { type: 'json_schema', json_schema: { name, strict, schema } };
}
