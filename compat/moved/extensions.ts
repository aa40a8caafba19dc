// Programs with the imports of `@openai/agents-extensions`: compiled against Tailrace's types by `tsconfig.moved.json`, never run. That package is no dependency
// here, so nothing of it can be compared at run time.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { Agent, run } from '@openai/agents';
import {
  aisdk,
  AiSdkModel,
  type AiSdkModelOptions,
  type AiSdkOutputTextTransform,
  type AiSdkOutputTextTransformContext,
  type AiSdkProviderTool,
  aiSdkToolSearchTool,
  parseArguments,
  toolChoiceToLanguageV2Format,
} from '@openai/agents-extensions/ai-sdk';
import {
  createAiSdkTextStreamResponse,
  createAiSdkUiMessageStream,
  createAiSdkUiMessageStreamResponse,
  type AiSdkTextStreamHeaders,
  type AiSdkTextStreamResponseOptions,
  type AiSdkTextStreamSource,
  type AiSdkUiMessageStreamHeaders,
  type AiSdkUiMessageStreamResponseOptions,
  type AiSdkUiMessageStreamSource,
} from '@openai/agents-extensions/ai-sdk-ui';
import type { UIMessageChunk } from 'ai';
import { MockLanguageModelV3, MockLanguageModelV4 } from 'ai/test';

const transformOutputText: AiSdkOutputTextTransform = (text, context: AiSdkOutputTextTransformContext) =>
  context.stream ? text.trim() : Promise.resolve(text);
const options: AiSdkModelOptions = { transformOutputText };

/** Models of each version that is still made. */
export const models: readonly AiSdkModel[] = [
  aisdk(createOpenAI()('gpt-test')),
  aisdk(createAnthropic()('claude-test'), options),
  aisdk(new MockLanguageModelV3()),
  new AiSdkModel(new MockLanguageModelV4(), options),
];

const search: AiSdkProviderTool = createOpenAI().tools.webSearch();

export async function answer(model: AiSdkModel): Promise<Response[]> {
  const agent = new Agent({ name: 'A', model, tools: [aiSdkToolSearchTool(search)] });
  const result = await run(agent, 'Hi', { stream: true });
  const source: AiSdkUiMessageStreamSource = result;
  const headers: AiSdkUiMessageStreamHeaders = [['x-own', '1']];
  const ui: AiSdkUiMessageStreamResponseOptions = { headers, status: 201, statusText: 'Made' };
  const textSource: AiSdkTextStreamSource = result;
  const textHeaders: AiSdkTextStreamHeaders = new Headers({ 'x-own': '1' });
  const text: AiSdkTextStreamResponseOptions = { headers: textHeaders };
  return [createAiSdkUiMessageStreamResponse(source, ui), createAiSdkTextStreamResponse(textSource, text)];
}

export async function chunks(source: AiSdkUiMessageStreamSource): Promise<UIMessageChunk[]> {
  const stream: ReadableStream<UIMessageChunk> = createAiSdkUiMessageStream(source);
  const seen: UIMessageChunk[] = [];
  for await (const chunk of stream) seen.push(chunk);
  return seen;
}

export const values: unknown[] = [parseArguments('{}'), toolChoiceToLanguageV2Format('auto')];
