/** Strict mode: the schema that a model is held to, and the way back from what it then has to write. */
import { isRecord, type JsonSchema, SchemaUnsupported } from './schema.ts';

/**
 * The schema as strict mode wants it: every property required (optional ones may be null), nothing additional, `anyOf` in place of `oneOf`.
 * Throws SchemaUnsupported where a part allows anything.
 */
export function strictSchema(schema: JsonSchema): JsonSchema {
  return strictAt(schema, '', schema);
}

function strictAt(schema: JsonSchema, path: string, root: JsonSchema): JsonSchema {
  const keywords = Object.keys(schema).filter(
    (key) => key !== 'description' && key !== 'title' && key !== 'default' && key !== '$schema',
  );
  if (keywords.length === 0 && path !== '') throw new SchemaUnsupported(path, 'strict mode cannot say "anything"');
  const strict: JsonSchema = { ...schema };
  if (isRecord(schema['properties'])) Object.assign(strict, strictObject(schema, schema['properties'], path, root));
  if (isRecord(schema['items'])) strict['items'] = strictAt(schema['items'], `${path}/*`, root);
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const options = schema[key];
    if (Array.isArray(options))
      strict[key] = options.map((option: unknown) => (isRecord(option) ? strictAt(option, path, root) : option));
  }
  if (strict['oneOf'] !== undefined && strict['anyOf'] === undefined) {
    strict['anyOf'] = strict['oneOf'];
    delete strict['oneOf'];
  }
  for (const key of ['$defs', 'definitions'] as const) {
    const defs = schema[key];
    if (isRecord(defs))
      strict[key] = mapValues(defs, (def, name) =>
        isRecord(def) ? strictAt(def, `${path}/${key}/${name}`, root) : def,
      );
  }
  return strict;
}

function strictObject(schema: JsonSchema, properties: JsonSchema, path: string, root: JsonSchema): JsonSchema {
  const required = requiredOf(schema);
  const strict = mapValues(properties, (property, name) => {
    if (!isRecord(property)) return property;
    const child = strictAt(property, `${path}/${name}`, root);
    return required.has(name) || takesNull(property, root) ? child : { anyOf: [child, { type: 'null' }] };
  });
  return { properties: strict, required: Object.keys(properties), additionalProperties: false };
}

function takesNull(schema: JsonSchema, root: JsonSchema, through: readonly JsonSchema[] = []): boolean {
  const { type, anyOf, oneOf, enum: values, $ref } = schema;
  if (type === 'null' || (Array.isArray(type) && type.includes('null')))
    return !Array.isArray(values) || values.includes(null);
  const target = through.includes(schema) ? undefined : resolve($ref, root);
  if (target && takesNull(target, root, [...through, schema])) return true;
  return [anyOf, oneOf].some(
    (options) => Array.isArray(options) && options.filter(isRecord).some((one) => takesNull(one, root, through)),
  );
}

/** What a `$ref` into its own document names. */
function resolve(ref: unknown, root: JsonSchema): JsonSchema | undefined {
  if (typeof ref !== 'string' || !ref.startsWith('#')) return undefined;
  let at: unknown = root;
  for (const step of ref.slice(1).split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return isRecord(at) ? at : undefined;
}

/**
 * Takes out the nulls that strict mode made the model write where the original schema has an optional property that takes none. Of a union, the option counts
 * that the value fits.
 */
export function withoutStrictNulls(value: unknown, original: JsonSchema): unknown {
  return new NullTaker(original).take(value, original).value;
}

/** How well a value fits: as it is, without strict mode's nulls, but for properties that nobody knows, not. */
const FIT: Readonly<Record<'asIs' | 'withoutNulls' | 'withMore' | 'not', number>> = {
  asIs: 0,
  withoutNulls: 1,
  withMore: 2,
  not: 3,
};

interface Taken {
  value: unknown;
  fit: number;
}

class NullTaker {
  readonly #root: JsonSchema;
  // Options of a union may hold the same values below each other: each is looked at once for each schema.
  readonly #known: WeakMap<JsonSchema, WeakMap<object, Taken>> = new WeakMap();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  take(value: unknown, schema: JsonSchema, through: readonly JsonSchema[] = []): Taken {
    // A schema that is made of itself says nothing of the value.
    if (through.includes(schema)) return { value, fit: FIT.not };
    if (typeof value !== 'object' || value === null) return this.#taken(value, schema, through);
    let known = this.#known.get(schema);
    if (!known) this.#known.set(schema, (known = new WeakMap()));
    let taken = known.get(value);
    if (!taken) known.set(value, (taken = this.#taken(value, schema, through)));
    return taken;
  }

  #taken(value: unknown, schema: JsonSchema, through: readonly JsonSchema[]): Taken {
    const inside = [...through, schema];
    let taken: Taken = { value, fit: fitsItself(value, schema) ? FIT.asIs : FIT.not };
    const then = ({ value: next, fit }: Taken): void => void (taken = { value: next, fit: Math.max(taken.fit, fit) });
    const target = resolve(schema['$ref'], this.#root);
    if (target) then(this.take(taken.value, target, inside));
    for (const part of listOf(schema['allOf'])) then(this.take(taken.value, part, inside));
    for (const options of [listOf(schema['anyOf']), listOf(schema['oneOf'])])
      if (options.length > 0) then(this.#fitting(taken.value, options, inside));
    const { items, properties } = schema;
    if (Array.isArray(taken.value) && isRecord(items)) then(this.#list(taken.value, items));
    else if (isRecord(taken.value) && isRecord(properties)) then(this.#object(taken.value, properties, schema));
    return taken;
  }

  #fitting(value: unknown, options: JsonSchema[], through: readonly JsonSchema[]): Taken {
    const tried = options.map((option) => this.take(value, option, through));
    const best = tried.reduce((left, right) => (right.fit < left.fit ? right : left));
    if (best.fit !== FIT.not) return best;
    // What is wrong with it is better said without the nulls, too, where it is clear what was meant.
    const meant = tried.filter((_, index) => options[index]?.['type'] !== 'null');
    return { value: meant.length === 1 ? meant[0]?.value : value, fit: FIT.not };
  }

  #list(values: readonly unknown[], items: JsonSchema): Taken {
    const taken = values.map((item) => this.take(item, items));
    return { value: taken.map((one) => one.value), fit: Math.max(FIT.asIs, ...new Set(taken.map((one) => one.fit))) };
  }

  #object(value: Record<string, unknown>, properties: JsonSchema, schema: JsonSchema): Taken {
    const required = requiredOf(schema);
    let fit = [...required].every((name) => typeof name === 'string' && Object.hasOwn(value, name))
      ? FIT.asIs
      : FIT.not;
    const kept: [string, unknown][] = [];
    for (const [name, child] of Object.entries(value)) {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (child === null && property !== undefined && !required.has(name) && !this.#takesNull(property)) {
        fit = Math.max(fit, FIT.withoutNulls);
        continue;
      }
      const taken = isRecord(property)
        ? this.take(child, property)
        : { value: child, fit: property === undefined ? FIT.withMore : FIT.asIs };
      fit = Math.max(fit, taken.fit);
      kept.push([name, taken.value]);
    }
    return { value: Object.fromEntries(kept), fit };
  }

  #takesNull(property: unknown): boolean {
    return isRecord(property) && takesNull(property, this.#root);
  }
}

/** What the schema says of the value without what is below it. */
function fitsItself(value: unknown, { type, enum: values, const: only, not }: JsonSchema): boolean {
  if (isRecord(not) && Object.keys(not).length === 0) return false;
  if (only !== undefined && typeof only !== 'object' && value !== only) return false;
  if (Array.isArray(values) && (typeof value !== 'object' || value === null) && !values.includes(value)) return false;
  const types: unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  return types.length === 0 || types.some((one) => isOfType(value, one));
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isRecord(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function requiredOf({ required }: JsonSchema): Set<unknown> {
  return new Set(Array.isArray(required) ? required : []);
}

function listOf(options: unknown): JsonSchema[] {
  return Array.isArray(options) ? options.filter(isRecord) : [];
}

function mapValues(record: JsonSchema, map: (value: unknown, key: string) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
