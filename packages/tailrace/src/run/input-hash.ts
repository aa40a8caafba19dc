/**
 * What a model is called with, as a hash that rolls: each item is hashed with what came before it. Over items only. Instructions and settings come from the code
 * that runs, and may say today's date; an item of the conversation that is another one than before means that the log and this process disagree on what was said.
 */
import { sha256 } from '../base/hash.ts';
import { canonical } from '../base/json.ts';
import type { AgentInputItem } from '../event/item.ts';

export class InputHash {
  #count = 0;
  #hash = '';

  /** Of all items. They are those of the last time, and new ones. */
  over(items: readonly AgentInputItem[]): string {
    for (; this.#count < items.length; this.#count++) this.#hash = sha256(this.#hash + canonical(items[this.#count]));
    return this.#hash;
  }
}
