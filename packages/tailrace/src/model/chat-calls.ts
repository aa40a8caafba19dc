import { newItemId } from '../base/id.ts';
import type { FunctionCallItem } from '../event/item.ts';
import { isObject, objectOr, textOr } from './provider-object.ts';
import { argumentsText } from './responses-output.ts';

interface Call {
  id: string;
  /** The id is the provider's, not ours. */
  named: boolean;
  name: string;
  args: string;
}

/**
 * Puts tool calls together from their fragments.
 *
 * T1 The key is the index; a new id on a used index, or a new id without index, opens a new call.
 * T2 A name is set once; arguments are appended.
 * T3 A call that never gets an id has one of ours, the same from its first fragment on.
 */
export class ChatCalls {
  #calls: Call[] = [];
  // Keys come from outside: a Map, never an object.
  #byIndex = new Map<unknown, Call>();

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  take(fragment: unknown): void {
    if (!isObject(fragment)) return;
    const fn = objectOr(fragment['function']);
    const id = textOr(fragment['id'], undefined);
    const name = textOr(fn['name'], undefined);
    const call = this.#callFor(fragment['index'], id, name);
    if (id !== undefined && !call.named) {
      call.id = id;
      call.named = true;
    }
    if (call.name === '' && name !== undefined) call.name = name;
    const args = fn['arguments'];
    if (typeof args === 'string') call.args += args;
    else if (args != null) call.args = JSON.stringify(args);
  }

  /** The calls in the order in which they were opened. */
  items(responseId: string): FunctionCallItem[] {
    return this.#calls.map(({ id, name, args }) => ({
      ...(responseId === '' ? {} : { id: responseId }),
      type: 'function_call',
      callId: id,
      name,
      arguments: argumentsText(args),
      status: 'completed',
    }));
  }

  #callFor(index: unknown, id: string | undefined, name: string | undefined): Call {
    if (index !== undefined && index !== null) {
      const known = this.#byIndex.get(index);
      if (known !== undefined && (id === undefined || !known.named || known.id === id)) return known;
      const opened = this.#open();
      this.#byIndex.set(index, opened);
      return opened;
    }
    if (id !== undefined) return this.#calls.find((call) => call.named && call.id === id) ?? this.#openOrLast(id);
    const last = this.#calls.at(-1);
    // Neither index nor id: a name begins a call unless the last one still waits for its own or for arguments.
    if (last === undefined || (name !== undefined && last.name !== '' && isWhole(last.args))) return this.#open();
    return last;
  }

  #openOrLast(id: string): Call {
    const last = this.#calls.at(-1);
    return last !== undefined && !last.named && last.name === '' && id !== '' ? last : this.#open();
  }

  #open(): Call {
    const call: Call = { id: newItemId('call'), named: false, name: '', args: '' };
    this.#calls.push(call);
    return call;
  }
}

function isWhole(text: string): boolean {
  if (text === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
