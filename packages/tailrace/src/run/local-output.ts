import type { ToolResultItem } from '../agent/run-item.ts';

/** What a call that is no function's came to. */
export class LocalOutput {
  readonly item: ToolResultItem;
  /** What the run item has as its output. */
  readonly value: unknown;
  /** What the trace shows. */
  readonly text: string;
  /** What listeners are told. */
  readonly said: string;
  /** What the implementation threw. */
  readonly failure: { error: unknown } | undefined;

  constructor(
    item: ToolResultItem,
    value: unknown,
    text: string,
    extra: { said?: string; failure?: { error: unknown } } = {},
  ) {
    this.item = item;
    this.value = value;
    this.text = text;
    this.said = extra.said ?? text;
    this.failure = extra.failure;
  }
}

/** The text of what an implementation threw, as the model is told it. */
export function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Keeps to the limit of what one call tells the model, and says so. */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength)}\n[cut: the output had ${text.length} characters, the limit is ${maxLength}]`;
}
