import { UserError } from '../event/errors.ts';
import type { Model, ModelProvider } from '../port/model.ts';
import { OpenAIChatCompletionsModel } from './chat-completions.ts';
import { getDefaultModel } from './default-model.ts';
import { defaultOpenAIKey, getDefaultOpenAIClient, usesResponses } from './defaults.ts';
import type { OpenAIClient } from './endpoint-client.ts';
import { addressOf, type OpenAIClientOptions } from './openai-endpoint.ts';
import { OpenAIResponsesModel } from './openai-responses.ts';

/** Options of `OpenAIProvider`. What is not given comes from the process-wide defaults, then from the environment. */
export interface OpenAIProviderOptions {
  apiKey?: string;
  baseURL?: string;
  organization?: string;
  project?: string;
  /** The Responses API (true) or Chat Completions. */
  useResponses?: boolean;
  /** Chat Completions models refuse what only the Responses API knows instead of ignoring it (false). */
  strictFeatureValidation?: boolean;
  /** A client of the `openai` package, or an object like it; excludes `apiKey` and `baseURL`. */
  openAIClient?: OpenAIClient;
  /** Sent with every request. */
  defaultHeaders?: Readonly<Record<string, string>>;
  /** Used instead of node:http. */
  fetch?: OpenAIClientOptions['fetch'];
}

/**
 * Gives the models of OpenAI, or of a server that speaks one of its wire formats, by name. Keys and environment are
 * read when the first model is asked for; without a key that throws MODEL_KEY_MISSING.
 */
export class OpenAIProvider implements ModelProvider {
  #options: OpenAIProviderOptions;
  #models = new Map<string, Model>();

  constructor(options: OpenAIProviderOptions = {}) {
    if (options.openAIClient !== undefined && (options.apiKey !== undefined || options.baseURL !== undefined)) {
      throw new UserError(
        'OpenAIProvider was given openAIClient and also apiKey or baseURL. The client brings its own: leave the others out.',
      );
    }
    this.#options = options;
  }

  /** The model of that name; without one, or with '', that of OPENAI_DEFAULT_MODEL. */
  getModel(modelName?: string): Promise<Model> {
    return new Promise((resolve) => {
      resolve(this.#model(modelName || getDefaultModel()));
    });
  }

  /** Forgets its models. Idle connections belong to the process and keep nothing alive. */
  close(): Promise<void> {
    this.#models.clear();
    return Promise.resolve();
  }

  #model(name: string): Model {
    const responses = this.#options.useResponses ?? usesResponses();
    // A model that was made from the environment keeps its key: the environment is read once.
    const key = `${responses ? 'responses' : 'chat'}:${name}`;
    let model = this.#models.get(key);
    if (model === undefined) {
      const { strictFeatureValidation = false } = this.#options;
      const client = this.#client();
      model = responses
        ? new OpenAIResponsesModel(client, name)
        : new OpenAIChatCompletionsModel(client, name, { strictFeatureValidation });
      this.#models.set(key, model);
    }
    return model;
  }

  #client(): OpenAIClient {
    const { openAIClient, apiKey, baseURL, organization, project, defaultHeaders, fetch: fetchLike } = this.#options;
    const shared = apiKey === undefined && baseURL === undefined ? getDefaultOpenAIClient() : undefined;
    const client = openAIClient ?? shared;
    if (client !== undefined) return client;
    const key = apiKey ?? defaultOpenAIKey();
    const options: OpenAIClientOptions = {
      ...(key === undefined ? {} : { apiKey: key }),
      ...(baseURL === undefined ? {} : { baseURL }),
      ...(organization === undefined ? {} : { organization }),
      ...(project === undefined ? {} : { project }),
      ...(defaultHeaders === undefined ? {} : { defaultHeaders }),
      ...(fetchLike === undefined ? {} : { fetch: fetchLike }),
    };
    addressOf(options);
    return options;
  }
}
