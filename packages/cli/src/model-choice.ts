import { OpenAIProvider } from 'tailrace/models';
import { offlineModel } from 'tailrace/offline';
import type { Model } from 'tailrace';
import { candidatesFrom, findLocalServer, listModels, type LocalServer } from './local-server.ts';

/** A model, and why it is this one, in one line. */
export interface ChosenModel {
  readonly model: Model;
  readonly why: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const OFFLINE = 'offline-demo';
const OPENAI = 'https://api.openai.com/v1';
const WORD_DELAY_MS = 15;
const OWN_SERVER_LIMIT_MS = 2000;

/** No model fits what was asked for. */
export class NoModelError extends Error {}

/**
 * The model of `--model`; else the one of the environment's key or server; else of a local server; else offline-demo.
 * @throws {NoModelError} when `--model` names one and there is no server to ask for it, or OPENAI_BASE_URL is no URL.
 * @throws {UserError} when only offline-demo is left and NODE_ENV is production.
 */
export async function chooseModel(
  name: string | undefined,
  env: Environment = process.env,
  find: () => Promise<LocalServer | undefined> = () => findLocalServer(candidatesFrom(env['TAILRACE_LOCAL_SERVERS'])),
): Promise<ChosenModel> {
  if (name === OFFLINE) return offline('chosen with --model');
  const apiKey = env['OPENAI_API_KEY']?.trim() || undefined;
  const baseURL = env['OPENAI_BASE_URL']?.trim() || undefined;
  if (apiKey !== undefined || baseURL !== undefined) return fromEnvironment(name, apiKey, baseURL, env);
  const server = await find();
  if (server) return fromServer(name, server);
  if (name !== undefined) {
    throw new NoModelError(
      `There is no server to ask for '${name}': OPENAI_API_KEY and OPENAI_BASE_URL are not set, and no local server answers. Set one of them, start a local server, or use --model ${OFFLINE}.`,
    );
  }
  return offline('OPENAI_API_KEY is not set and no local model server answers');
}

async function fromEnvironment(
  name: string | undefined,
  apiKey: string | undefined,
  baseURL: string | undefined,
  env: Environment,
): Promise<ChosenModel> {
  if (baseURL !== undefined && !/^https?:\/\/[^/]/.test(baseURL)) {
    throw new NoModelError(
      'OPENAI_BASE_URL is not the URL of a server: it begins with http:// or https://, as in http://127.0.0.1:8080/v1.',
    );
  }
  const isOpenAI = baseURL === undefined || baseURL.startsWith(OPENAI);
  const named = name ?? (env['OPENAI_DEFAULT_MODEL']?.trim() || undefined);
  // Other servers do not have OpenAI's default model; they say which they have.
  const own =
    named === undefined && !isOpenAI ? (await listModels(baseURL, apiKey, OWN_SERVER_LIMIT_MS))?.[0] : undefined;
  const provider = new OpenAIProvider({
    ...(apiKey !== undefined && { apiKey }),
    ...(baseURL !== undefined && { baseURL }),
    // Few servers but OpenAI's speak the Responses API.
    useResponses: isOpenAI,
  });
  const model = await provider.getModel(named ?? own);
  const variables = [
    apiKey === undefined ? '' : 'OPENAI_API_KEY',
    baseURL === undefined ? '' : 'OPENAI_BASE_URL',
  ].filter(Boolean);
  return {
    model,
    why: `${model.name ?? named ?? own ?? 'default model'} at ${plainUrl(baseURL ?? OPENAI)} (${variables.join(', ')})`,
  };
}

async function fromServer(
  name: string | undefined,
  { name: server, baseURL, models }: LocalServer,
): Promise<ChosenModel> {
  const id = name ?? models[0] ?? '';
  const model = await new OpenAIProvider({ baseURL, apiKey: 'none', useResponses: false }).getModel(id);
  return { model, why: `${id} at ${baseURL} (${server}, found on this machine)` };
}

function offline(why: string): ChosenModel {
  const model = offlineModel({ wordDelayMs: WORD_DELAY_MS });
  return { model, why: `${model.name ?? OFFLINE}; ${why}` };
}

/** A URL without what may be secret in it. */
function plainUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.protocol}//${parsed.host}${parsed.pathname}` : 'an invalid URL';
}
