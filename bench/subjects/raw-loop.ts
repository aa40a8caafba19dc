/** The floor: what a program without any SDK has to do. A request, minimal SSE, JSON.parse, and a loop over the tool calls. */
import { ARGUMENTS, checkSeen, measureDistance, QUESTION, type Seen, type Subject, type Task, TOOL } from '../task.ts';
import { modelEvents } from './in-process-model.ts';

/** Sends one request and gives the body's chunks as they come. */
export type Post = (url: string, body: string, onChunk: (chunk: Uint8Array) => void) => Promise<void>;

interface ResponseEvent {
  type: string;
  response?: { output: OutputItem[] };
}

interface OutputItem {
  type: string;
  call_id?: string;
  arguments?: string;
}

const tools = [{ type: 'function', ...TOOL, strict: true }];

export function rawSubject(post: Post): Subject {
  return {
    run: (task) => (task.url === undefined ? inProcess(task) : overHttp(post, task, task.url)),
    takeSpans: () => 0,
  };
}

async function overHttp(post: Post, task: Task, url: string): Promise<Seen> {
  const seen: Seen = { deltas: 0, events: 0 };
  const input: object[] = [{ role: 'user', content: QUESTION }];
  for (;;) {
    const body = JSON.stringify({ model: task.model, instructions: 'Be brief.', input, tools, stream: true });
    let output: OutputItem[] = [];
    await post(
      `${url}/responses`,
      body,
      eventReader((event) => {
        seen.events++;
        if (event.type === 'response.output_text.delta') seen.deltas++;
        if (event.type === 'response.completed' && event.response) output = event.response.output;
      }),
    );
    input.push(...output);
    const calls = output.filter(({ type }) => type === 'function_call');
    if (calls.length === 0) return checkSeen(task, seen);
    const outputs = await Promise.all(calls.map((call) => perform(call, task.toolMs)));
    input.push(...outputs);
  }
}

async function perform(call: OutputItem, toolMs: number): Promise<object> {
  JSON.parse(call.arguments ?? ARGUMENTS);
  return { type: 'function_call_output', call_id: call.call_id, output: await measureDistance(toolMs) };
}

function eventReader(onEvent: (event: ResponseEvent) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let text = '';
  return (chunk) => {
    text += decoder.decode(chunk, { stream: true });
    let at = 0;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n', at)) {
      const data = text.indexOf('data: ', at) + 6;
      onEvent(JSON.parse(text.slice(data, end)) as ResponseEvent);
      at = end + 2;
    }
    text = text.slice(at);
  };
}

async function inProcess(task: Task): Promise<Seen> {
  const seen: Seen = { deltas: 0, events: 0 };
  const input: object[] = [{}];
  for (;;) {
    let calls = 0;
    for await (const event of modelEvents(task.model, input)) {
      seen.events++;
      if (event.type === 'output_text_delta') seen.deltas++;
      if (event.type !== 'response_done') continue;
      input.push(...event.response.output);
      calls = event.response.output.filter((item) => 'callId' in item).length;
    }
    if (calls === 0) return checkSeen(task, seen);
    for (let call = 0; call < calls; call++) input.push({ output: await measureDistance(task.toolMs) });
  }
}
