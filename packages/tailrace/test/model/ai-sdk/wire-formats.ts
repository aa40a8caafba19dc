// Servers on 127.0.0.1 that speak what two providers speak, from a script; their streams are torn into pieces of any size.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface WireAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** A whole answer. */
  json?: unknown;
  /** Server-sent events. */
  events?: readonly { event?: string; data: unknown }[];
  /** Bytes in each write, repeated to the end; all in one by default. */
  pieces?: readonly number[];
  /** The connection breaks after so many writes. */
  cutAfter?: number;
  /** Nothing more comes, and the connection stays. */
  stall?: boolean;
}

export interface FormatServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
  /** Connections that clients have closed before their answer had ended. */
  readonly left: () => number;
}

export async function serve(script: readonly WireAnswer[]): Promise<FormatServer> {
  const asked: Asked[] = [];
  let left = 0;
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const {
        status = 200,
        headers = {},
        json,
        events,
        pieces,
        cutAfter,
        stall,
      }: WireAnswer = script[asked.length] ?? {
        status: 500,
        json: { error: { message: 'the script is over' } },
      };
      asked.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text || '{}') as never });
      response.on('close', () => {
        if (!response.writableFinished) left += 1;
      });
      if (events === undefined) {
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
        return;
      }
      response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
      const bytes = Buffer.from(
        events
          .map(
            ({ event, data }) => `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`,
          )
          .join(''),
      );
      for (let at = 0, write = 0; at < bytes.length; write += 1) {
        if (write === cutAfter) return void response.destroy();
        const size = pieces?.[write % pieces.length] ?? bytes.length;
        response.write(bytes.subarray(at, at + size));
        at += size;
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (stall !== true) response.end();
    };
    void answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    left: () => left,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A thought with its signature, a text in pieces, and a call, as the Messages API of Anthropic streams them. */
export function anthropicEvents(
  text: readonly string[],
  call?: { id: string; name: string; input: unknown },
): WireAnswer {
  const events: { event: string; data: unknown }[] = [];
  const add = (type: string, fields: object): void => void events.push({ event: type, data: { type, ...fields } });
  add('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-test',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 11, output_tokens: 1, cache_read_input_tokens: 4, cache_creation_input_tokens: 0 },
    },
  });
  add('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } });
  add('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'Hm, ünïcode.' } });
  add('content_block_delta', { index: 0, delta: { type: 'signature_delta', signature: 'signed' } });
  add('content_block_stop', { index: 0 });
  add('content_block_start', { index: 1, content_block: { type: 'text', text: '' } });
  add('ping', {});
  for (const piece of text) add('content_block_delta', { index: 1, delta: { type: 'text_delta', text: piece } });
  add('content_block_stop', { index: 1 });
  if (call) {
    add('content_block_start', {
      index: 2,
      content_block: { type: 'tool_use', id: call.id, name: call.name, input: {} },
    });
    const json = JSON.stringify(call.input);
    for (const part of [json.slice(0, 4), json.slice(4)])
      add('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: part } });
    add('content_block_stop', { index: 2 });
  }
  add('message_delta', {
    delta: { stop_reason: call ? 'tool_use' : 'end_turn', stop_sequence: null },
    usage: { output_tokens: 7 },
  });
  add('message_stop', {});
  return { events };
}

export function anthropicJson(text: string, call?: { id: string; name: string; input: unknown }): WireAnswer {
  return {
    json: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-test',
      content: [
        { type: 'thinking', thinking: 'Hm, ünïcode.', signature: 'signed' },
        { type: 'text', text },
        ...(call ? [{ type: 'tool_use', ...call }] : []),
      ],
      stop_reason: call ? 'tool_use' : 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 11, output_tokens: 7, cache_read_input_tokens: 4, cache_creation_input_tokens: 0 },
    },
  };
}

/** The same as `streamGenerateContent` of Google streams it, or with `whole` as `generateContent` gives it. */
export function googleAnswer(
  text: readonly string[],
  call: { name: string; args: unknown } | undefined,
  whole: boolean,
): WireAnswer {
  const usageMetadata = { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 };
  const parts = [
    { text: 'Hm, ünïcode.', thought: true, thoughtSignature: 'signed' },
    ...text.map((piece) => ({ text: piece })),
    ...(call ? [{ functionCall: call, thoughtSignature: 'signed-call' }] : []),
  ];
  const candidate = (some: readonly object[], finishReason?: string): object => ({
    candidates: [{ index: 0, content: { role: 'model', parts: some }, ...(finishReason && { finishReason }) }],
    usageMetadata,
    modelVersion: 'gemini-test',
    responseId: 'resp_g',
  });
  if (whole) return { json: candidate(parts, 'STOP') };
  const events = parts.map((part, index) => ({
    data: candidate([part], index === parts.length - 1 ? 'STOP' : undefined),
  }));
  return { events };
}
