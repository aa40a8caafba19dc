/** What a tool takes: the schema that models are told, and how their arguments become what `execute` gets. */
import { isStandardSchema, jsonSchemaOf, type JsonSchema, SchemaUnsupported, validate } from '../base/schema.ts';
import { strictSchema, withoutStrictNulls } from '../base/strict-schema.ts';
import { InvalidToolInputError, UserError } from '../event/errors.ts';
import type { JsonObjectSchema } from '../port/model.ts';
import type { ToolInputParameters, ToolOutputSchema } from './tool.ts';

export interface ToolInput {
  schema: JsonObjectSchema;
  parse: (text: string) => unknown;
}

const NO_INPUT: JsonObjectSchema = { type: 'object', properties: {}, required: [], additionalProperties: false };

/** @throws UserError TOOL_SCHEMA_UNSUPPORTED */
export function toolInput(name: string, parameters: ToolInputParameters, strict: boolean): ToolInput {
  if (parameters === undefined) return { schema: NO_INPUT, parse: (text) => text };
  if (!isStandardSchema(parameters))
    return { schema: ofObject(name, parameters), parse: (text) => parseJson(name, text) };
  const original = ofObject(
    name,
    convert(name, 'its parameters', () => jsonSchemaOf(parameters)),
  );
  const schema = (
    strict ? convert(name, 'its parameters', () => strictSchema(original)) : original
  ) as JsonObjectSchema;
  return {
    schema,
    parse: (text) =>
      parseWith(name, parameters, strict ? withoutStrictNulls(parseJson(name, text), original) : parseJson(name, text)),
  };
}

/** What models are told of a tool's output. @throws UserError TOOL_SCHEMA_UNSUPPORTED */
export function toolOutputSchema(name: string, schema: ToolOutputSchema): JsonObjectSchema {
  const described = isStandardSchema(schema) ? convert(name, 'its outputSchema', () => jsonSchemaOf(schema)) : schema;
  return ofObject(name, described, 'outputSchema') as JsonObjectSchema;
}

// Models call tools with an object. What has no type at all may still be one: a union of objects.
function ofObject<T extends JsonSchema | JsonObjectSchema>(name: string, schema: T, option = 'parameters'): T {
  const { type, anyOf, oneOf, allOf, $ref }: JsonSchema = schema;
  if (type === 'object' || (type === undefined && (anyOf ?? oneOf ?? allOf ?? $ref) !== undefined)) return schema;
  const got =
    typeof type === 'string'
      ? `one of type '${type}'`
      : 'something that is no JSON schema of one (zod needs 4.2 or newer; zod/mini has none)';
  throw new UserError(`Tool '${name}': ${option} must be a schema of an object, such as z.object({ … }), got ${got}.`, {
    code: 'TOOL_SCHEMA_UNSUPPORTED',
  });
}

function convert(name: string, what: string, make: () => JsonSchema): JsonSchema {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof SchemaUnsupported)) throw error;
    const where = error.path === '' ? what : `${what} at ${error.path}`;
    throw new UserError(
      `Tool '${name}': ${where} cannot be told to a model: ${error.message}. Use a narrower schema there, a JSON schema, or strict: false.`,
      {
        code: 'TOOL_SCHEMA_UNSUPPORTED',
        cause: error,
        data: { path: error.path },
      },
    );
  }
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch (cause) {
    throw new InvalidToolInputError(
      `The arguments of tool '${name}' are not valid JSON. Call it again with a JSON object.`,
      { cause },
    );
  }
}

async function parseWith(name: string, schema: Parameters<typeof validate>[0], value: unknown): Promise<unknown> {
  const verdict = await validate(schema, value);
  if (verdict.ok) return verdict.value;
  const issues = verdict.issues.map((issue) => `${issue.path || '/'}: ${issue.message}`).join('; ');
  throw new InvalidToolInputError(
    `The arguments of tool '${name}' do not match its schema. ${issues}. Call it again with these corrected.`,
    {
      data: { issues: verdict.issues.length },
      // An issue may quote an argument, and a path name a key of one.
      publicMessage: `The arguments of tool '${name}' do not match its schema.`,
    },
  );
}
