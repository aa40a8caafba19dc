/** The offline-demo model: rules, not a language model. For trying an agent out where there is no model, and for programs that must not need one. */
import { UserError } from '../event/errors.ts';
import { isAssistantMessage, textOfMessage } from '../event/item.ts';
import type { AgentOutputItem } from '../event/item.ts';
import type { StreamEvent } from '../event/stream-event.ts';
import { Usage } from '../event/usage.ts';
import type { Model, ModelRequest, ModelResponse } from '../port/model.ts';
import { bounded } from './offline-bounds.ts';
import { LABEL } from './offline-answer.ts';
import { nextOutput } from './offline-plan.ts';

export interface OfflineModelOptions {
  /** The pause before each word of a streamed answer, in milliseconds. 0 by default. */
  wordDelayMs?: number;
  /** What `today` and `tomorrow` mean. The system's clock by default. */
  now?: () => Date;
}

/**
 * A deterministic stand-in for a model. It compares the words of the question with the names, descriptions and schemas of the agent's
 * tools and handoffs, fills arguments from the text, asks for those it does not find, and puts the results together. It does not read the
 * agent's instructions. It uses no tokens and says what it is in every answer. Throws `UserError` where NODE_ENV is `production`.
 */
export function offlineModel(options: OfflineModelOptions = {}): Model {
  return new OfflineModel(options);
}

class OfflineModel implements Model {
  readonly name: string = LABEL;
  readonly #wordDelayMs: number;
  readonly #now: () => Date;

  constructor({ wordDelayMs = 0, now = () => new Date() }: OfflineModelOptions) {
    if (globalThis.process?.env['NODE_ENV'] === 'production') {
      throw new UserError(
        'The offline-demo model is refused with NODE_ENV=production: it is not a language model. Set OPENAI_API_KEY, or give the agent a model.',
      );
    }
    this.#wordDelayMs = wordDelayMs;
    this.#now = now;
  }

  async getResponse(request: ModelRequest): Promise<ModelResponse> {
    request.signal?.throwIfAborted();
    return { output: this.#output(request), usage: new Usage({ requests: 1 }), responseId: responseId(request) };
  }

  async *getStreamedResponse(request: ModelRequest): AsyncGenerator<StreamEvent, void> {
    const { signal } = request;
    signal?.throwIfAborted();
    yield { type: 'response_started' };
    const output = this.#output(request);
    for (const item of output) {
      if (!('role' in item) || !isAssistantMessage(item)) continue;
      for (const delta of textOfMessage(item).match(/\S+\s*|\s+/g) ?? []) {
        if (this.#wordDelayMs > 0) await pause(this.#wordDelayMs, signal);
        signal?.throwIfAborted();
        yield { type: 'output_text_delta', delta };
      }
    }
    const usage = { requests: 1, inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    yield { type: 'response_done', response: { id: responseId(request), output, usage } };
  }

  #output(request: ModelRequest): AgentOutputItem[] {
    const output = nextOutput({ ...request, input: bounded(request.input) }, this.#now());
    const { outputType } = request;
    if (outputType === 'text' || output.some((item) => item.type === 'function_call')) return output;
    const refusal = `The offline-demo model cannot write the output '${outputType.name}': that takes a language model.`;
    return [{ type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'refusal', refusal }] }];
  }
}

function responseId({ input }: ModelRequest): string {
  return `offline_${typeof input === 'string' ? 1 : input.length}`;
}

/** Resolves after `delayMs`, rejects as soon as `signal` aborts. Leaves neither a timer nor a listener. */
function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(
        signal?.reason instanceof Error ? signal.reason : new DOMException('The request was aborted.', 'AbortError'),
      );
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
