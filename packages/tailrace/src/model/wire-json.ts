/**
 * JSON text of the things that are sent again every turn, made once each. A history of n items would otherwise be
 * converted and serialised anew in each of n turns.
 */

interface Written {
  readonly values: readonly unknown[];
  readonly json: string;
}

/** Remembers the JSON of objects for as long as they live. */
export class WireJson<T extends object> {
  #written = new WeakMap<T, Written>();
  #write: (value: T) => unknown;

  constructor(write: (value: T) => unknown) {
    this.#write = write;
  }

  /** The JSON text of what `value` is on the wire; empty when it is left out there. */
  of(value: T): string {
    const known = this.#written.get(value);
    if (known !== undefined && isUnchanged(value, known.values)) return known.json;
    const json = JSON.stringify(this.#write(value)) ?? '';
    const values: unknown[] = [];
    collect(value, values);
    this.#written.set(value, { values, json });
    return json;
  }
}

/**
 * A caller may change an item between two runs, so the values it was written from are compared by identity: those
 * of the item, and of the parts of its content. Only a change deep inside one value goes unseen.
 */
function isUnchanged(value: object, values: readonly unknown[]): boolean {
  let at = 0;
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    if (field !== values[at++]) return false;
    if (!Array.isArray(field)) continue;
    for (const part of field) {
      if (part !== values[at++]) return false;
      if (typeof part !== 'object' || part === null) continue;
      for (const inner in part) if ((part as Record<string, unknown>)[inner] !== values[at++]) return false;
    }
  }
  return at === values.length;
}

function collect(value: object, values: unknown[]): void {
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    values.push(field);
    if (!Array.isArray(field)) continue;
    for (const part of field) {
      values.push(part);
      if (typeof part !== 'object' || part === null) continue;
      for (const inner in part) values.push((part as Record<string, unknown>)[inner]);
    }
  }
}

/** A JSON object from fields that are JSON text already; `undefined` ones are left out. */
export function jsonObject(fields: Readonly<Record<string, string | undefined>>): string {
  let text = '';
  for (const key in fields) {
    const json = fields[key];
    if (json !== undefined) text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${json}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** A JSON list of texts that are JSON already; empty ones are left out. */
export function jsonList(items: readonly string[]): string {
  const written = items.includes('') ? items.filter((item) => item !== '') : items;
  return `[${written.join(',')}]`;
}
