/**
 * JSON that is still being written, read piece by piece: each character once.
 *
 * P1 A snapshot holds what is certain: strings as far as they have come; numbers, true, false and null when they are whole. P2 Snapshots do not change: of what was
 * given out, only the containers that are still open are copied before they grow. P3 What is no JSON ends it: there are no snapshots from there on.
 */
import { isRecord, type JsonSchema } from './schema.ts';

interface ArrayFrame {
  kind: 'array';
  value: unknown[];
  schema: JsonSchema | undefined;
  /** True when a snapshot holds the container as it is now. */
  shared: boolean;
  /** Where the value goes that is under way. */
  at: number;
}

interface ObjectFrame {
  kind: 'object';
  value: Record<string, unknown>;
  schema: JsonSchema | undefined;
  shared: boolean;
  /** Where the value goes that is under way. */
  at: string;
}

type Frame = ArrayFrame | ObjectFrame;
type State = 'value' | 'first item' | 'first key' | 'key' | 'colon' | 'comma' | 'string' | 'scalar' | 'over' | 'broken';

const SPACE = /\s/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

export class PartialJson {
  readonly #schema: JsonSchema | undefined;
  readonly #frames: Frame[] = [];
  #state: State = 'value';
  #root: unknown;
  /** The string or scalar under way. */
  #text = '';
  /** What came of an escape, with its backslash. */
  #escape = '';
  /** True while the string is the key of an object. */
  #naming = false;
  #fresh = false;

  /** With a schema, `null` for what the schema does not require counts as left out: strict schemas have no other word for it. */
  constructor(schema?: JsonSchema) {
    this.#schema = schema;
  }

  /** True when the value is whole. */
  get over(): boolean {
    return this.#state === 'over';
  }

  /** True when the next snapshot says more than the last one. */
  get fresh(): boolean {
    return this.#fresh;
  }

  get broken(): boolean {
    return this.#state === 'broken';
  }

  push(text: string): void {
    for (let at = 0; at < text.length && this.#state !== 'broken';) {
      at = this.#state === 'string' ? this.#readString(text, at) : this.#readOutside(text, at);
    }
  }

  /** What there is so far; undefined for nothing. */
  snapshot(): unknown {
    if (this.#state === 'string' && !this.#naming) this.#put(shown(this.#text));
    for (const frame of this.#frames) frame.shared = true;
    this.#fresh = false;
    return this.#root;
  }

  /** Gives where to go on. */
  #readString(text: string, start: number): number {
    let at = start;
    while (at < text.length) {
      if (this.#escape !== '') {
        this.#escape += text[at++];
        this.#endEscape();
        if (this.#state === 'broken') return at;
        continue;
      }
      const from = at;
      while (at < text.length && text[at] !== '"' && text[at] !== '\\') at++;
      if (at > from) this.#grow(text.slice(from, at));
      if (at === text.length) return at;
      if (text[at++] === '"') {
        this.#endString();
        return at;
      }
      this.#escape = '\\';
    }
    return at;
  }

  #endEscape(): void {
    const escape = this.#escape;
    const kind = escape[1] as string;
    if (kind !== 'u') {
      const meant = ESCAPES[kind];
      if (meant === undefined) this.#state = 'broken';
      else this.#grow(meant);
      this.#escape = '';
    } else if (escape.length === 6) {
      if (!/^[0-9a-f]{4}$/i.test(escape.slice(2))) this.#state = 'broken';
      else this.#grow(String.fromCharCode(Number.parseInt(escape.slice(2), 16)));
      this.#escape = '';
    }
  }

  #grow(text: string): void {
    this.#text += text;
    this.#fresh ||= !this.#naming;
  }

  #endString(): void {
    if (!this.#naming) return this.#endValue(this.#text);
    const frame = this.#frames.at(-1) as ObjectFrame;
    frame.at = this.#text;
    this.#naming = false;
    this.#state = 'colon';
  }

  #readOutside(text: string, at: number): number {
    const character = text[at] as string;
    if (this.#state === 'scalar') {
      if (/[\w.+-]/.test(character)) this.#text += character;
      else return this.#endScalar(at);
    } else if (!SPACE.test(character)) this.#read(character);
    return at + 1;
  }

  // The character that ends a scalar is read again.
  #endScalar(at: number): number {
    try {
      this.#endValue(JSON.parse(this.#text));
    } catch {
      this.#state = 'broken';
    }
    return at;
  }

  #read(character: string): void {
    const frame = this.#frames.at(-1);
    switch (this.#state) {
      case 'value':
        return this.#begin(character);
      case 'first item':
        return character === ']' ? this.#close() : this.#begin(character);
      case 'first key':
        return character === '}' ? this.#close() : this.#beginKey(character);
      case 'key':
        return this.#beginKey(character);
      case 'colon':
        this.#state = character === ':' ? 'value' : 'broken';
        return;
      case 'comma':
        if (character === ',') this.#state = frame?.kind === 'object' ? 'key' : 'value';
        else if (character === (frame?.kind === 'object' ? '}' : ']')) this.#close();
        else this.#state = 'broken';
        return;
      default:
        this.#state = 'broken';
    }
  }

  #beginKey(character: string): void {
    this.#naming = true;
    this.#text = '';
    this.#state = character === '"' ? 'string' : 'broken';
  }

  #begin(character: string): void {
    const schema = this.#schemaOfNext();
    if (character === '"') {
      this.#text = '';
      this.#state = 'string';
      this.#fresh = true;
    } else if (character === '{') {
      this.#open({ kind: 'object', value: {}, schema, shared: false, at: '' }, 'first key');
    } else if (character === '[') this.#open({ kind: 'array', value: [], schema, shared: false, at: 0 }, 'first item');
    else if (/[-\dtfn]/.test(character)) {
      this.#text = character;
      this.#state = 'scalar';
    } else this.#state = 'broken';
  }

  #open(frame: Frame, state: State): void {
    this.#put(frame.value);
    this.#frames.push(frame);
    this.#state = state;
  }

  #close(): void {
    this.#frames.pop();
    this.#settle();
  }

  #endValue(value: unknown): void {
    if (value !== null || !this.#mayBeAbsent()) this.#put(value);
    this.#settle();
  }

  #settle(): void {
    const frame = this.#frames.at(-1);
    if (frame?.kind === 'array') frame.at += 1;
    this.#state = frame ? 'comma' : 'over';
  }

  #mayBeAbsent(): boolean {
    const frame = this.#frames.at(-1);
    if (frame?.kind !== 'object') return false;
    const properties = frame.schema?.['properties'];
    const required = frame.schema?.['required'];
    return (
      isRecord(properties) &&
      Object.hasOwn(properties, frame.at) &&
      !(Array.isArray(required) && required.includes(frame.at))
    );
  }

  #schemaOfNext(): JsonSchema | undefined {
    const frame = this.#frames.at(-1);
    if (!frame) return this.#schema;
    const properties = frame.schema?.['properties'];
    const next =
      frame.kind === 'array' ? frame.schema?.['items'] : isRecord(properties) ? properties[frame.at] : undefined;
    return isRecord(next) ? next : undefined;
  }

  /** Puts the value that is under way into its place. */
  #put(value: unknown): void {
    const frame = this.#frames.at(-1);
    this.#fresh = true;
    if (!frame) this.#root = value;
    else {
      this.#own(this.#frames.length - 1);
      putInto(frame, value);
    }
  }

  // Copies what a snapshot holds, from the innermost container out to the first that none holds.
  #own(innermost: number): void {
    for (let index = innermost; index >= 0; index--) {
      const frame = this.#frames[index] as Frame;
      if (!frame.shared) return;
      frame.shared = false;
      if (frame.kind === 'array') frame.value = frame.value.slice();
      else frame.value = { ...frame.value };
      const outer = this.#frames[index - 1];
      if (!outer) this.#root = frame.value;
      else if (!outer.shared) putInto(outer, frame.value);
      else {
        this.#own(index - 1);
        putInto(outer, frame.value);
        return;
      }
    }
  }
}

function putInto(frame: Frame, value: unknown): void {
  if (frame.kind === 'array') frame.value[frame.at] = value;
  // Not a plain assignment: `__proto__` is a key like any other.
  else if (frame.at === '__proto__') {
    Object.defineProperty(frame.value, frame.at, { value, enumerable: true, configurable: true, writable: true });
  } else frame.value[frame.at] = value;
}

/** The first half of a character waits for the second. */
function shown(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
}
