import OpenAI from 'openai';
import { toJson } from '../json.ts';
import type { Json, Program } from '../program.ts';

interface Wire {
  readonly client: OpenAI;
  readonly requests: Json[];
}

/** A client of the `openai` package over a `fetch` that answers by itself. */
function wire(): Wire {
  const requests: Json[] = [];
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
  const said = { type: 'output_text', text: 'Hi.', annotations: [] };
  const response = {
    ...{ id: 'resp_1', object: 'response', status: 'completed', created_at: 1, model: 'm', usage },
    output: [{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [said] }],
  };
  const completion = {
    ...{ id: 'chatcmpl_1', object: 'chat.completion', created: 1, model: 'm' },
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi.', refusal: null } }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  };
  const answer = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    const body = JSON.parse(init?.body as string) as Record<string, unknown>;
    const { model, input, messages, instructions } = body;
    requests.push({ pathname, ...(toJson({ model, input, messages, instructions }) as object) });
    return Response.json(pathname.endsWith('/responses') ? response : completion);
  };
  return { client: new OpenAI({ apiKey: 'key', baseURL: 'http://models.example/v1', fetch: answer }), requests };
}

/** The models of OpenAI's APIs over a client that the program brings. */
export const openAIModelPrograms: Record<string, Program> = {
  'a client and its models': async (sdk) => {
    const { client, requests } = wire();
    const outputs: Json[] = [];
    const theirs = client as never;
    for (const model of [
      new sdk.OpenAIResponsesModel(theirs, 'gpt-test'),
      new sdk.OpenAIChatCompletionsModel(theirs, 'gpt-test'),
    ]) {
      const agent = new sdk.Agent({ name: 'A', instructions: 'Be brief.', model });
      const { finalOutput, rawResponses } = await new sdk.Runner({ tracingDisabled: true }).run(agent, 'Hello');
      outputs.push([finalOutput ?? null, rawResponses.map(({ usage }) => usage.totalTokens)]);
    }
    return { outputs, sent: requests };
  },

  'a provider, and the API that it uses': async (sdk) => {
    const { client, requests } = wire();
    const outputs: Json[] = [];
    for (const useResponses of [true, false]) {
      const modelProvider = new sdk.OpenAIProvider({ openAIClient: client as never, useResponses });
      const runner = new sdk.Runner({ tracingDisabled: true, modelProvider });
      const agent = new sdk.Agent({ name: 'A', model: 'gpt-test' });
      outputs.push((await runner.run(agent, 'Hello')).finalOutput ?? null);
    }
    return { outputs, sent: requests };
  },

  'the default client and the default API': async (sdk) => {
    const { client, requests } = wire();
    sdk.setDefaultOpenAIKey('key');
    sdk.setDefaultOpenAIClient(client);
    const outputs: Json[] = [];
    try {
      for (const api of ['chat_completions', 'responses'] as const) {
        sdk.setOpenAIAPI(api);
        const runner = new sdk.Runner({ tracingDisabled: true, modelProvider: new sdk.OpenAIProvider() });
        const agent = new sdk.Agent({ name: 'A', model: 'gpt-test' });
        outputs.push((await runner.run(agent, 'Hello')).finalOutput ?? null);
      }
    } finally {
      sdk.setDefaultOpenAIClient(undefined as never);
    }
    return { outputs, sent: requests };
  },

  'the exporter to OpenAI as the default': async (sdk) => {
    sdk.setDefaultOpenAITracingExporter();
    const provider = sdk.getGlobalTraceProvider();
    sdk.setTraceProcessors([]);
    return { provider: provider instanceof sdk.TraceProvider };
  },
};
