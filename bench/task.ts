/** What is run: the same for every subject. */

export interface Task {
  /** What the model does: `text:N` streams N deltas; `turns:N` calls a tool in N turns; `calls:N` calls it N times at once; `work:N` says 20 pieces and calls it, in N turns. */
  readonly model: string;
  /** Base URL of the model server; undefined: the model lives in this process. */
  readonly url: string | undefined;
  /** How long the tool takes, in milliseconds; 0 returns at once. */
  readonly toolMs: number;
  readonly tracing: boolean;
  /** Given what the SDK returned. */
  readonly watch?: (result: object) => void;
}

/** What the one reader of the run saw. */
export interface Seen {
  deltas: number;
  /** Events of any kind. */
  events: number;
}

export interface Subject {
  /** Runs the task to its end, streamed, with one reader that takes every event. */
  run(task: Task): Promise<Seen>;
  /** Spans that the in-memory processor was told of since the last call; it keeps none of them afterwards. */
  takeSpans(): number;
}

/** `turns:50` → ['turns', 50] */
export function parseModel(model: string): [kind: string, count: number] {
  const [kind = '', count] = model.split(':');
  return [kind, Number(count)];
}

export const QUESTION = 'How far is it?';

export const TOOL = {
  name: 'measure',
  description: 'Measures the distance between two places.',
  parameters: {
    type: 'object' as const,
    properties: { from: { type: 'string' }, to: { type: 'string' } },
    required: ['from', 'to'],
    additionalProperties: false as const,
  },
};

export const ARGUMENTS = '{"from":"Oslo","to":"Bergen"}';

export function measureDistance(toolMs: number): string | Promise<string> {
  const answer = '463 km by road, about seven hours';
  return toolMs === 0 ? answer : new Promise((resolve) => setTimeout(resolve, toolMs, answer));
}

/** A run that saw something else than the script was told is a failed benchmark, not a fast one. */
export function checkSeen({ model }: Task, seen: Seen): Seen {
  const [kind, count] = parseModel(model);
  const deltas = kind === 'text' ? count : 1;
  if (seen.deltas !== deltas) throw new Error(`The reader of '${model}' saw ${seen.deltas} deltas of ${deltas}`);
  return seen;
}
