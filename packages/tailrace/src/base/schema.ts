/**
 * Schemas from outside: Standard Schema with JSON schema (zod 4.2 and newer, valibot, arktype) or plain JSON schema. No schema library is imported.
 */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

/** A schema object that can validate and describe itself. */
export interface StandardSchemaWithJSON<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaV1.Props<Input, Output> & StandardJSONSchemaV1.Props<Input, Output>;
}

/** What `StandardSchemaWithJSON` gives after validation. */
export type SchemaOutput<T extends StandardSchemaWithJSON> = NonNullable<T['~standard']['types']>['output'];

export type JsonSchema = { [keyword: string]: unknown };

/** Why a value does not fit, one line an issue: `/city: Expected string`. Paths and expectations, never values. */
export interface SchemaIssue {
  path: string;
  message: string;
}

export type Validation<T> = { ok: true; value: T } | { ok: false; issues: SchemaIssue[] };

/** True for a schema object in the sense of Standard Schema. */
export function isStandardSchema(value: unknown): value is StandardSchemaWithJSON {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}

/** A schema library could not say a part of its schema as JSON schema. */
export class SchemaUnsupported extends Error {
  readonly path: string;

  constructor(path: string, why: string) {
    super(why);
    this.path = path;
  }
}

/** The JSON schema (draft 7) of what the schema puts out. Throws SchemaUnsupported. */
export function jsonSchemaOf(schema: StandardSchemaWithJSON): JsonSchema {
  const describe = schema['~standard'].jsonSchema;
  if (!describe)
    throw new SchemaUnsupported(
      '',
      `the schema library '${schema['~standard'].vendor}' gives no JSON schema (zod needs 4.2 or newer)`,
    );
  try {
    return describe.output({ target: 'draft-07' });
  } catch (error) {
    throw new SchemaUnsupported(unsupportedPath(schema), error instanceof Error ? error.message : String(error));
  }
}

// Libraries do not say where; an object schema with a `shape` can be asked property by property.
function unsupportedPath(schema: StandardSchemaWithJSON): string {
  const shape = (schema as { shape?: unknown }).shape;
  if (typeof shape !== 'object' || shape === null) return '';
  for (const [name, child] of Object.entries(shape)) {
    if (!isStandardSchema(child)) continue;
    try {
      child['~standard'].jsonSchema.output({ target: 'draft-07' });
    } catch {
      return `/${name}${unsupportedPath(child)}`;
    }
  }
  return '';
}

/**
 * The schema as strict mode wants it: every property required (optional ones may be null), nothing additional.
 * Throws SchemaUnsupported where a part allows anything.
 */
export function strictSchema(schema: JsonSchema): JsonSchema {
  return strictAt(schema, '');
}

function strictAt(schema: JsonSchema, path: string): JsonSchema {
  const keywords = Object.keys(schema).filter(
    (key) => key !== 'description' && key !== 'title' && key !== 'default' && key !== '$schema',
  );
  if (keywords.length === 0 && path !== '') throw new SchemaUnsupported(path, 'strict mode cannot say "anything"');
  const strict: JsonSchema = { ...schema };
  if (isRecord(schema['properties'])) Object.assign(strict, strictObject(schema, schema['properties'], path));
  if (isRecord(schema['items'])) strict['items'] = strictAt(schema['items'], `${path}/*`);
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const options = schema[key];
    if (Array.isArray(options))
      strict[key] = options.map((option: unknown) => (isRecord(option) ? strictAt(option, path) : option));
  }
  for (const key of ['$defs', 'definitions'] as const) {
    const defs = schema[key];
    if (isRecord(defs))
      strict[key] = mapValues(defs, (def, name) => (isRecord(def) ? strictAt(def, `${path}/${key}/${name}`) : def));
  }
  return strict;
}

function strictObject(schema: JsonSchema, properties: JsonSchema, path: string): JsonSchema {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const strict = mapValues(properties, (property, name) => {
    if (!isRecord(property)) return property;
    const child = strictAt(property, `${path}/${name}`);
    return required.has(name) || takesNull(child) ? child : { anyOf: [child, { type: 'null' }] };
  });
  return { properties: strict, required: Object.keys(properties), additionalProperties: false };
}

function takesNull({ type, anyOf, enum: values }: JsonSchema): boolean {
  if (type === 'null' || (Array.isArray(type) && type.includes('null')))
    return !Array.isArray(values) || values.includes(null);
  return Array.isArray(anyOf) && anyOf.some((option: unknown) => isRecord(option) && takesNull(option));
}

/** The schema of what is there, of one that takes null, too. */
function besideNull(schema: JsonSchema): JsonSchema {
  const { anyOf } = schema;
  const options = Array.isArray(anyOf) ? anyOf.filter(isRecord).filter(({ type }) => type !== 'null') : [];
  return options.length === 1 && options[0] ? options[0] : schema;
}

/**
 * Takes out the nulls that strict mode made the model write where the original schema has an optional property that takes none.
 */
export function withoutStrictNulls(value: unknown, given: JsonSchema): unknown {
  const original = besideNull(given);
  if (Array.isArray(value) && isRecord(original['items'])) {
    const items = original['items'];
    return value.map((item) => withoutStrictNulls(item, items));
  }
  const properties = original['properties'];
  if (!isRecord(value) || !isRecord(properties)) return value;
  const required = new Set(Array.isArray(original['required']) ? original['required'] : []);
  const kept = Object.entries(value).filter(
    ([name, child]) => !(child === null && isMadeNullable(properties, name) && !required.has(name)),
  );
  return Object.fromEntries(
    kept.map(([name, child]) => [
      name,
      isRecord(properties[name]) ? withoutStrictNulls(child, properties[name]) : child,
    ]),
  );
}

function isMadeNullable(properties: JsonSchema, name: string): boolean {
  if (!Object.hasOwn(properties, name)) return false;
  const property = properties[name];
  return !(isRecord(property) && takesNull(property));
}

/** Validates a value; a promise only when the schema is asynchronous. */
export function validate<T extends StandardSchemaWithJSON>(
  schema: T,
  value: unknown,
): Validation<SchemaOutput<T>> | Promise<Validation<SchemaOutput<T>>> {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then((settled) => verdict<T>(settled)) : verdict<T>(result);
}

function verdict<T extends StandardSchemaWithJSON>(
  result: StandardSchemaV1.Result<unknown>,
): Validation<SchemaOutput<T>> {
  if (!result.issues) return { ok: true, value: result.value as SchemaOutput<T> };
  return { ok: false, issues: result.issues.map((issue) => ({ path: pathOf(issue), message: issue.message })) };
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  const keys = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return keys.map((key) => `/${key}`).join('');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapValues(record: JsonSchema, map: (value: unknown, key: string) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
