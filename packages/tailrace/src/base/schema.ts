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
  if (!describe) throw new SchemaUnsupported('', noJsonSchema(schema));
  try {
    return describe.output({ target: 'draft-07' });
  } catch (error) {
    throw new SchemaUnsupported(unsupportedPath(schema), error instanceof Error ? error.message : String(error));
  }
}

function noJsonSchema(schema: StandardSchemaWithJSON): string {
  const { vendor } = schema['~standard'];
  const why = `the schema library '${vendor}' gives no JSON schema with this schema`;
  if (vendor !== 'zod') return why;
  const core = (schema as { _zod?: { version?: { major?: number; minor?: number } } })._zod;
  const { major = 0, minor = 0 } = core?.version ?? {};
  return major > 4 || (major === 4 && minor >= 2)
    ? `${why}: zod/mini has none; make it with 'zod'`
    : `${why} (zod needs 4.2 or newer)`;
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
