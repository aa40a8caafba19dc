/** A stream of text, or what has one: a streamed run. */
export type AiSdkTextStreamSource = ReadableStream<string> | { toTextStream: () => ReadableStream<string> };

export type AiSdkTextStreamHeaders = Headers | Record<string, string> | [string, string][];

export interface AiSdkTextStreamResponseOptions {
  /** Beside ours; where both name one, these win. */
  headers?: AiSdkTextStreamHeaders;
  /** 200 by default. */
  status?: number;
  statusText?: string;
}

/** The text of a run's answers as they are written, as a `Response` in UTF-8. A run that fails breaks its body off; a client that leaves is a reader that leaves. */
export function createAiSdkTextStreamResponse(
  source: AiSdkTextStreamSource,
  options: AiSdkTextStreamResponseOptions = {},
): Response {
  const text = 'toTextStream' in source ? source.toTextStream() : source;
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' };
  return responseOf(text.pipeThrough(new TextEncoderStream()), headers, options);
}

/** A response whose headers are the defaults beside those of the options. */
export function responseOf(
  body: ReadableStream<Uint8Array>,
  defaults: Readonly<Record<string, string>>,
  { headers: own, status = 200, statusText }: AiSdkTextStreamResponseOptions,
): Response {
  const headers = new Headers(own);
  for (const [name, value] of Object.entries(defaults)) if (!headers.has(name)) headers.set(name, value);
  return new Response(body, { status, headers, ...(statusText !== undefined && { statusText }) });
}
