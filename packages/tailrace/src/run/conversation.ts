import type { RunItem } from '../agent/run-item.ts';
import { copyOf } from '../base/copy.ts';
import type { AgentInputItem, AgentItem } from '../event/item.ts';
import { InputHash } from './input-hash.ts';
import { sinceCompaction } from './since-compaction.ts';

/**
 * What has been said in a run, as the next model call sees it. Grows by what is new; only a handoff filter replaces it.
 */
export class Conversation {
  /** What the run was given, or what its session or the last handoff filter made of it. */
  input: string | AgentInputItem[];
  /** The run's own items so far. */
  items: RunItem[] = [];
  /** Where the items of the current turn begin in `items`. */
  turnStart = 0;
  /** How many of `items` the session has. */
  committed = 0;
  #said: AgentInputItem[];
  /** Copies of the first of what was said, made once each: a model may change what it is given, and the log stays as it is. */
  #shown: AgentInputItem[] = [];
  #compacted: boolean;
  #hashed: InputHash | undefined;
  readonly #reasoningIds: 'preserve' | 'omit';

  constructor(input: string | AgentInputItem[], reasoningIds: 'preserve' | 'omit' = 'preserve') {
    this.#reasoningIds = reasoningIds;
    this.input = input;
    this.#said = asItems(input);
    this.#compacted = this.#said.some(isCompaction);
  }

  /** The input of the next model call: a new array of items that are the models' own, from the provider's last compaction on. */
  get modelInput(): AgentInputItem[] {
    const shown = this.shown;
    return this.#compacted ? sinceCompaction(shown) : shown.slice();
  }

  /** All that was said, also what a compaction stands for. */
  get said(): readonly AgentInputItem[] {
    return this.#said;
  }

  /** The same, as models are given it: for a provider that keeps the conversation. Costs what is new since it was last asked for. */
  get shown(): readonly AgentInputItem[] {
    const shown = this.#shown;
    for (let at = shown.length; at < this.#said.length; at++) shown.push(copyOf(this.#said[at] as AgentInputItem));
    return shown;
  }

  /** A hash of all that was said. Costs what is new since it was last asked for. */
  get inputHash(): string {
    this.#hashed ??= new InputHash();
    return this.#hashed.over(this.#said);
  }

  /** Puts a session's history before (or in any other way around) the input. */
  begin(modelInput: AgentInputItem[]): void {
    this.input = modelInput;
    this.#said = modelInput.slice();
    this.#shown = [];
    this.#compacted = this.#said.some(isCompaction);
    this.#hashed = undefined;
  }

  /** Takes what a log says was said before. */
  restore(input: string | AgentInputItem[], items: RunItem[]): void {
    this.replace(input, items, []);
  }

  add(item: RunItem): void {
    this.items.push(item);
    this.#said.push(toldAs(item, this.#reasoningIds));
    this.#compacted ||= isCompaction(item.rawItem);
  }

  /** Takes what a handoff filter gave as all that was said so far. */
  replace(input: string | AgentInputItem[], before: RunItem[], turn: RunItem[]): void {
    this.input = input;
    this.items = [...before, ...turn];
    this.turnStart = before.length;
    this.committed = this.items.length;
    this.#shown = [];
    this.#said = [...asItems(input), ...this.items.map((item) => toldAs(item, this.#reasoningIds))];
    this.#compacted = this.#said.some(isCompaction);
    this.#hashed = undefined;
  }
}

function isCompaction({ type }: AgentInputItem): boolean {
  return type === 'compaction';
}

/** The item as models are told of it. */
export function toldAs({ rawItem }: RunItem, reasoningIds: 'preserve' | 'omit'): AgentItem {
  if (reasoningIds === 'preserve' || rawItem.type !== 'reasoning') return rawItem;
  const { id: _id, ...rest } = rawItem;
  return rest;
}

/** Input as items: a text is a message of the user. */
export function asItems(input: string | AgentInputItem[]): AgentInputItem[] {
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input.slice();
}
