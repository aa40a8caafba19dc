import { openAIEndpoint, type OpenAIClientOptions } from './openai-endpoint.ts';
import type { OpenAIClient } from './endpoint-client.ts';
import { OpenAIModel, type Wire } from './openai-model.ts';
import { ResponsesFold, wholeResponseEvent } from './responses-fold.ts';
import { responsesBody } from './responses-request.ts';

const RESPONSES: Wire = {
  path: 'responses',
  body: responsesBody,
  fold: (context, { modelSettings }) =>
    new ResponsesFold(context, { keepRawUsage: modelSettings.preserveRawUsage === true }),
  wholeEvent: wholeResponseEvent,
};

/**
 * A model behind the OpenAI Responses API, or a server that speaks it.
 *
 * `client` is a client of the `openai` package, which is then called, or `{ baseURL, apiKey }`, for which our own
 * transport is used. Both methods make one attempt and throw errors with a MODEL_* code.
 */
export class OpenAIResponsesModel extends OpenAIModel {
  readonly supportsPromptModelSelection: boolean = true;

  constructor(client: OpenAIClient | OpenAIClientOptions, model: string) {
    super(openAIEndpoint(client, 'responses'), model, RESPONSES);
  }
}
