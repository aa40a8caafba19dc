import { UserError } from '../event/errors.ts';
import type { ModelRequest } from '../port/model.ts';
import { ChatFold, wholeChatChunk } from './chat-fold.ts';
import { chatBody } from './chat-request.ts';
import type { OpenAIClient } from './endpoint-client.ts';
import { openAIEndpoint, type OpenAIClientOptions } from './openai-endpoint.ts';
import { OpenAIModel, type Wire } from './openai-model.ts';

/** Options of `OpenAIChatCompletionsModel`. */
export interface OpenAIChatCompletionsModelOptions {
  /** Refuse what only the Responses API knows instead of ignoring it (false). */
  strictFeatureValidation?: boolean;
}

const CHAT: Wire = {
  path: 'chat/completions',
  body(request, model, stream) {
    // Without these, the model would be asked without what was said before.
    refuse(request, ['previousResponseId', 'conversationId']);
    return chatBody(request, model, stream);
  },
  fold: (context, { modelSettings }) => new ChatFold(context, modelSettings.preserveRawUsage === true),
  wholeEvent: wholeChatChunk,
};

const STRICT_CHAT: Wire = {
  ...CHAT,
  body(request, model, stream) {
    refuse(request, ['previousResponseId', 'conversationId', 'prompt']);
    return chatBody(request, model, stream);
  },
};

/**
 * A model behind OpenAI Chat Completions, or one of the many servers that speak it.
 *
 * `client` is a client of the `openai` package, which is then called, or `{ baseURL, apiKey }`, for which our own
 * transport is used. Both methods make one attempt and throw errors with a MODEL_* code. `previousResponseId`
 * and `conversationId` belong to the Responses API and are refused; `prompt` is ignored unless `strictFeatureValidation` is set.
 */
export class OpenAIChatCompletionsModel extends OpenAIModel {
  constructor(
    client: OpenAIClient | OpenAIClientOptions,
    model: string,
    options: OpenAIChatCompletionsModelOptions = {},
  ) {
    super(openAIEndpoint(client, 'chat'), model, options.strictFeatureValidation === true ? STRICT_CHAT : CHAT);
  }
}

function refuse(
  request: ModelRequest,
  features: readonly ('previousResponseId' | 'conversationId' | 'prompt')[],
): void {
  for (const feature of features) {
    if (request[feature] !== undefined) {
      throw new UserError(
        `'${feature}' needs the Responses API, and this model speaks Chat Completions. Use OpenAIResponsesModel, or leave it out.`,
      );
    }
  }
}
