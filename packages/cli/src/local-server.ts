/** A model server on this machine, if one answers. */
export interface LocalServer {
  readonly name: string;
  readonly baseURL: string;
  readonly models: readonly string[];
}

export interface Candidate {
  readonly name: string;
  readonly port: number;
}

/** Where the usual servers listen, the first that answers wins. */
export const CANDIDATES: readonly Candidate[] = [
  { name: 'Ollama', port: 11434 },
  { name: 'LM Studio', port: 1234 },
  { name: 'llama.cpp', port: 8080 },
  { name: 'vLLM', port: 8000 },
];

/** Where else to look: `Ollama=11434,mine=9000`. What is not set is where the usual servers listen; nothing is nowhere. */
export function candidatesFrom(text: string | undefined): readonly Candidate[] {
  if (text === undefined) return CANDIDATES;
  return text.split(',').flatMap((part) => {
    const [, name, port] = /^\s*([^=]+)=(\d{1,5})\s*$/.exec(part) ?? [];
    return name === undefined ? [] : [{ name, port: Number(port) }];
  });
}

const LIMIT_MS = 250;
const MAX_BYTES = 1024 * 1024;

/** Asks all of them at once; none may take longer than the limit, 250 ms. */
export async function findLocalServer(
  candidates: readonly Candidate[] = CANDIDATES,
  limitMs: number = LIMIT_MS,
): Promise<LocalServer | undefined> {
  const answers = await Promise.all(
    candidates.map(async ({ name, port }) => {
      const baseURL = `http://127.0.0.1:${port}/v1`;
      const models = await listModels(baseURL, undefined, limitMs);
      return models && { name, baseURL, models };
    }),
  );
  return answers.find((answer) => answer !== undefined);
}

/**
 * The ids of the models of a server, if it is one: 8080 and 8000 are common ports of other programs, so only a list of models counts. What
 * cannot write text is left out.
 */
export async function listModels(
  baseURL: string,
  apiKey: string | undefined,
  limitMs: number,
): Promise<string[] | undefined> {
  try {
    const response = await fetch(`${baseURL.replace(/\/$/, '')}/models`, {
      headers: { accept: 'application/json', ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) },
      redirect: 'error',
      signal: AbortSignal.timeout(limitMs),
    });
    const text = response.ok ? await textUpTo(response, MAX_BYTES) : undefined;
    if (text === undefined) {
      await response.body?.cancel().catch(() => undefined);
      return undefined;
    }
    return modelIds(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function textUpTo(response: Response, bytes: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let read = 0;
  const chunks: AsyncIterable<Uint8Array> | Uint8Array[] = response.body ?? [];
  for await (const chunk of chunks) {
    read += chunk.byteLength;
    if (read > bytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function modelIds(answer: unknown): string[] | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { object, data } = answer as { object?: unknown; data?: unknown };
  if (object !== 'list' || !Array.isArray(data)) return undefined;
  const ids = data.map((model: unknown) =>
    typeof model === 'object' && model !== null ? (model as { id?: unknown }).id : undefined,
  );
  if (!ids.every((id) => typeof id === 'string' && id !== '')) return undefined;
  const writers = (ids as string[]).filter((id) => !/embed|rerank|whisper|tts|clip/i.test(id));
  return writers.length > 0 ? writers : undefined;
}
