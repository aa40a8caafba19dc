import type {
  AgentInputItem,
  AssistantMessageItem,
  FunctionCallItem,
  FunctionCallResultItem,
  ToolCallStructuredOutput,
  UserContent,
} from '../event/item.ts';
import { cacheMark, toolOutput, wireFile } from './content-parts.ts';
import { jsonObject, WireJson } from './wire-json.ts';
import { isObject, type ProviderObject } from './provider-object.ts';

const messageJson = new WireJson<Extract<AgentInputItem, { role: 'user' | 'system' }>>((item) => ({
  ...item.providerData,
  role: item.role,
  content: typeof item.content === 'string' ? item.content : item.content.map(userPart),
}));

const resultJson = new WireJson<FunctionCallResultItem>((item) => ({
  role: 'tool',
  tool_call_id: item.callId,
  content: resultContent(item),
}));

const callJson = new WireJson<FunctionCallItem>((item) => ({
  id: item.callId,
  type: 'function',
  function: { name: item.name, arguments: item.arguments },
}));

/** The fields of an assistant's message; tool calls are added beside them. */
const spokenJson = new WireJson<AssistantMessageItem>((item) => {
  const text = item.content.map((part) => (part.type === 'output_text' ? part.text : '')).join('');
  const refusal = item.content.find((part) => part.type === 'refusal')?.refusal;
  return { ...(refusal === undefined ? {} : { refusal }), content: text === '' && refusal !== undefined ? null : text };
});

/** What the assistant said and did in one go: this wire has one message for it, the run one item for each part. */
interface AssistantTurn {
  spoken: AssistantMessageItem | undefined;
  reasoning: { field: string; text: string } | undefined;
  calls: string[];
}

/** The messages of a conversation as JSON text, one each. */
export function chatMessages(input: string | readonly AgentInputItem[]): string[] {
  if (typeof input === 'string') return [JSON.stringify({ role: 'user', content: input })];
  const messages: string[] = [];
  let turn: AssistantTurn | undefined;
  const close = (): void => {
    if (turn !== undefined && (turn.spoken !== undefined || turn.calls.length > 0)) messages.push(assistantJson(turn));
    turn = undefined;
  };
  for (const item of input) {
    switch (item.type) {
      case 'function_call':
        turn ??= newTurn();
        turn.calls.push(callJson.of(item));
        break;
      case 'reasoning': {
        if (turn !== undefined) close();
        const text = (item.rawContent ?? []).map((part) => part.text).join('');
        if (text !== '') {
          const field = item.providerData?.['field'] === 'reasoning_content' ? 'reasoning_content' : 'reasoning';
          turn = { ...newTurn(), reasoning: { field, text } };
        }
        break;
      }
      case 'function_call_result':
        close();
        messages.push(resultJson.of(item));
        break;
      // What another provider executed or sealed means nothing here.
      case 'computer_call':
      case 'computer_call_result':
      case 'shell_call':
      case 'shell_call_output':
      case 'apply_patch_call':
      case 'apply_patch_call_output':
      case 'tool_search_call':
      case 'tool_search_output':
      case 'program':
      case 'program_output':
      case 'hosted_tool_call':
      case 'compaction':
      case 'unknown':
        break;
      default:
        if (item.role !== 'assistant') {
          close();
          messages.push(messageJson.of(item));
          break;
        }
        if (turn?.spoken !== undefined || (turn !== undefined && turn.calls.length > 0)) close();
        turn ??= newTurn();
        turn.spoken = item;
    }
  }
  close();
  return messages;
}

function newTurn(): AssistantTurn {
  return { spoken: undefined, reasoning: undefined, calls: [] };
}

function assistantJson({ spoken, reasoning, calls }: AssistantTurn): string {
  const said = spoken === undefined ? '{"content":null}' : spokenJson.of(spoken);
  const rest = jsonObject({
    ...(reasoning === undefined ? {} : { [reasoning.field]: JSON.stringify(reasoning.text) }),
    tool_calls: calls.length === 0 ? undefined : `[${calls.join(',')}]`,
  });
  return `{"role":"assistant",${said.slice(1, -1)}${rest === '{}' ? '' : `,${rest.slice(1, -1)}`}}`;
}

function userPart(part: UserContent): ProviderObject {
  switch (part.type) {
    case 'input_text':
      return { ...part.providerData, type: 'text', text: part.text, ...cacheMark(part) };
    case 'input_image': {
      const url = typeof part.image === 'string' ? part.image : part.image?.id;
      return {
        type: 'image_url',
        image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) },
        ...cacheMark(part),
        ...part.providerData,
      };
    }
    case 'input_file':
      return { type: 'file', file: wireFile(part), ...cacheMark(part), ...part.providerData };
    case 'audio':
      return {
        type: 'input_audio',
        input_audio: { data: part.audio, format: part.format ?? 'wav' },
        ...cacheMark(part),
        ...part.providerData,
      };
    default:
      return part satisfies never;
  }
}

// Only text has a place in a tool's message; the bytes of an image, as text, would be paid for and not understood.
function partText(part: ToolCallStructuredOutput): string {
  if (part.type === 'input_text') return part.text;
  const [what, source]: [string, unknown] =
    part.type === 'input_image' ? ['an image', part.image] : ['a file', part.file];
  const url: unknown = isObject(source) ? source['url'] : source;
  return typeof url === 'string' && /^https?:/.test(url) ? `[${what}: ${url}]` : `[${what}, left out]`;
}

/** Tool messages carry text only. */
function resultContent(item: FunctionCallResultItem): string {
  const output = toolOutput(item.output);
  if (typeof output === 'string') return output;
  return output.map(partText).join('\n');
}
