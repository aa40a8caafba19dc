/**
 * JSON Schema (2020-12) as far as the routes need it: what a body is checked by, and what the OpenAPI document says of it, are the same value.
 */
export interface Schema {
  /** A schema with a title is a component of the document, by that name. */
  title?: string;
  description?: string;
  type?: SchemaType | readonly SchemaType[];
  enum?: readonly (string | number | boolean | null)[];
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean;
  anyOf?: readonly Schema[];
  default?: string | number | boolean;
}

export type SchemaType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** What keeps a value from being as the schema says: `at` is its path in JavaScript's notation, '' for the value itself. */
export interface Mismatch {
  at: string;
  problem: string;
}

/** Undefined when the value is as the schema says. */
export function mismatch(schema: Schema, value: unknown, at: string = ''): Mismatch | undefined {
  const { anyOf } = schema;
  if (anyOf) return mismatchAny(anyOf, value, at);
  if (schema.type !== undefined && !isOf(schema.type, value))
    return { at, problem: `must be ${typeText(schema.type)}${schema.type === 'null' ? reason(schema) : ''}` };
  if (schema.enum && !schema.enum.some((each) => each === value))
    return {
      at,
      problem: `must be ${schema.enum.map((each) => JSON.stringify(each)).join(' or ')}${schema.enum.length === 1 ? reason(schema) : ''}`,
    };
  if (typeof value === 'string') return ofText(schema, value, at);
  if (typeof value === 'number') return ofNumber(schema, value, at);
  if (Array.isArray(value)) return ofArray(schema, value, at);
  if (typeof value === 'object' && value !== null) return ofObject(schema, value as Record<string, unknown>, at);
  return undefined;
}

/** Tells what is wrong with the one that the value comes nearest to: the last whose type it has. */
function mismatchAny(schemas: readonly Schema[], value: unknown, at: string): Mismatch | undefined {
  let nearest: Mismatch | undefined;
  const types: string[] = [];
  for (const schema of schemas) {
    const found = mismatch(schema, value, at);
    if (!found) return undefined;
    if (found.at !== at || schema.type === undefined || isOf(schema.type, value)) nearest = deeper(nearest, found);
    types.push(schema.type === undefined ? 'something else' : typeText(schema.type));
  }
  return nearest ?? { at, problem: `must be ${[...new Set(types)].join(' or ')}` };
}

function deeper(known: Mismatch | undefined, found: Mismatch): Mismatch {
  return known === undefined || found.at.length > known.at.length ? found : known;
}

function isOf(types: SchemaType | readonly SchemaType[], value: unknown): boolean {
  return typeof types === 'string' ? isOne(types, value) : types.some((type) => isOne(type, value));
}

function isOne(type: SchemaType, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
  }
}

const TEXTS: Readonly<Record<SchemaType, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
  null: 'null',
};

/** Where only one thing will do, its description says why. */
function reason({ description }: Schema): string {
  return description === undefined ? '' : `: ${description.replace(/\.$/, '')}`;
}

function typeText(types: SchemaType | readonly SchemaType[]): string {
  return (typeof types === 'string' ? [types] : types).map((type) => TEXTS[type]).join(' or ');
}

function ofText(
  { minLength = 0, maxLength = Infinity, pattern }: Schema,
  value: string,
  at: string,
): Mismatch | undefined {
  // Code points, as JSON Schema counts; only where UTF-16 units could mislead.
  const sure = value.length <= maxLength && value.length >= minLength * 2;
  const length = sure ? value.length : Array.from(value.slice(0, 2 * maxLength + 2)).length;
  if (length < minLength || length > maxLength) {
    const range = maxLength === Infinity ? `${minLength} or more` : `${minLength} to ${maxLength}`;
    return { at, problem: `must be a text of ${range} characters` };
  }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return { at, problem: `must match ${pattern}` };
  return undefined;
}

function ofNumber(
  { minimum = -Infinity, maximum = Infinity }: Schema,
  value: number,
  at: string,
): Mismatch | undefined {
  if (value >= minimum && value <= maximum) return undefined;
  return { at, problem: `must be a number of ${minimum} to ${maximum}` };
}

function ofArray(schema: Schema, value: unknown[], at: string): Mismatch | undefined {
  const { items, minItems = 0, maxItems = Infinity } = schema;
  if (maxItems === 0 && value.length > 0) return { at, problem: `must be empty${reason(schema)}` };
  if (value.length < minItems || value.length > maxItems)
    return { at, problem: `must have ${minItems} to ${maxItems} elements` };
  if (!items) return undefined;
  for (const [index, each] of value.entries()) {
    const found = mismatch(items, each, `${at}[${index}]`);
    if (found) return found;
  }
  return undefined;
}

function ofObject(schema: Schema, value: Record<string, unknown>, at: string): Mismatch | undefined {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const inside = (name: string): string => (at === '' ? name : `${at}.${name}`);
  for (const name of required) if (!Object.hasOwn(value, name)) return { at: inside(name), problem: 'must be there' };
  for (const name of Object.keys(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const found = known && mismatch(known, value[name], inside(name));
    if (found) return found;
    if (!known && !additionalProperties)
      return {
        at: inside(name.slice(0, 40)),
        problem: `is no field. Known are: ${Object.keys(properties).join(', ')}`,
      };
  }
  return undefined;
}
