/** What an agent's final output is: text, or a value that a schema describes. */
import {
  isRecord,
  isStandardSchema,
  jsonSchemaOf,
  type JsonSchema,
  type SchemaOutput,
  type StandardSchemaWithJSON,
  validate,
} from '../base/schema.ts';
import { strictSchema, withoutStrictNulls } from '../base/strict-schema.ts';
import { tryParse } from '../base/json.ts';
import { ModelBehaviorError, UserError } from '../event/errors.ts';
import type { JsonObjectSchema, JsonSchemaDefinition, SerializedOutputType } from '../port/model.ts';

/** The context of a run that nobody has given a type. */
export type UnknownContext = unknown;

export type TextOutput = 'text';
export type AgentOutputType = TextOutput | StandardSchemaWithJSON | JsonSchemaDefinition;

/** The type of `finalOutput`, by an agent's `outputType`. */
export type ResolvedAgentOutput<T extends AgentOutputType> = T extends TextOutput
  ? string
  : T extends StandardSchemaWithJSON
    ? SchemaOutput<T>
    : unknown;

interface Described {
  original: JsonSchema;
  serialized: JsonSchemaDefinition;
}

// A schema is described once, not once a turn.
const described = new WeakMap<StandardSchemaWithJSON, Described>();

function describe(schema: StandardSchemaWithJSON): Described {
  const known = described.get(schema);
  if (known) return known;
  const original = jsonSchemaOf(schema);
  const fresh = {
    original,
    serialized: {
      type: 'json_schema',
      name: 'output',
      strict: true,
      schema: strictSchema(original) as JsonObjectSchema,
    } as const,
  };
  described.set(schema, fresh);
  return fresh;
}

/** @throws UserError OPTION_TYPE for what is no output type */
export function checkOutputType(type: unknown): void {
  if (type === 'text' || isStandardSchema(type)) return;
  if (isRecord(type) && type['type'] === 'json_schema' && isRecord(type['schema'])) return;
  const hint =
    isRecord(type) && (type['type'] === 'object' || 'properties' in type)
      ? "a JSON schema by itself. Wrap it: { type: 'json_schema', name: 'answer', strict: true, schema: { … } }"
      : `${type === null ? 'null' : Array.isArray(type) ? 'a list' : typeof type}`;
  throw new UserError(
    `outputType must be 'text', a schema object such as z.object({ … }), or { type: 'json_schema', … }, got ${hint}.`,
    {
      code: 'OPTION_TYPE',
    },
  );
}

/** What the model is told. @throws UserError when the schema cannot be told as JSON schema, or is none */
export function serializeOutputType(type: AgentOutputType): SerializedOutputType {
  checkOutputType(type);
  if (type === 'text' || !isStandardSchema(type)) return type;
  try {
    return describe(type).serialized;
  } catch (error) {
    throw new UserError(
      `outputType cannot be told to a model: ${error instanceof Error ? error.message : String(error)}.`,
      {
        code: 'TOOL_SCHEMA_UNSUPPORTED',
        cause: error,
      },
    );
  }
}

/** The schema as its author wrote it: what it does not require is not there. */
export function originalSchema(type: AgentOutputType): JsonSchema | undefined {
  if (type === 'text') return undefined;
  return isStandardSchema(type) ? describe(type).original : undefined;
}

/** The name that traces show. */
export function outputTypeName(type: AgentOutputType): string {
  if (type === 'text') return 'text';
  if (!isStandardSchema(type)) return type.name;
  return type['~standard'].vendor === 'zod' ? 'ZodOutput' : 'SchemaOutput';
}

/**
 * The final output as the agent declares it.
 *
 * @throws ModelBehaviorError OUTPUT_INVALID when the text is not what the schema asks for; `text` on the error holds it, the log does not
 */
export function parseOutput<T extends AgentOutputType>(
  type: T,
  text: string,
): ResolvedAgentOutput<T> | Promise<ResolvedAgentOutput<T>> {
  if (type === 'text') return text as ResolvedAgentOutput<T>;
  const value = tryParse(text);
  if (value === undefined) throw invalid(text, ['/: not JSON']);
  if (!isStandardSchema(type)) {
    if (!isRecord(value)) throw invalid(text, ['/: not an object']);
    return value as ResolvedAgentOutput<T>;
  }
  const verdict = validate(type, withoutStrictNulls(value, describe(type).original));
  return verdict instanceof Promise ? verdict.then((settled) => accept<T>(settled, text)) : accept<T>(verdict, text);
}

function accept<T extends AgentOutputType>(
  verdict: Awaited<ReturnType<typeof validate>>,
  text: string,
): ResolvedAgentOutput<T> {
  if (verdict.ok) return verdict.value as ResolvedAgentOutput<T>;
  throw invalid(
    text,
    verdict.issues.map((issue) => `${issue.path || '/'}: ${issue.message}`),
  );
}

function invalid(text: string, issues: string[]): ModelBehaviorError {
  const message = `Invalid output type: the final output does not match the agent's outputType. ${issues.join('; ')}. The model's text is on the error as 'text'.`;
  const error = new ModelBehaviorError(message, {
    code: 'OUTPUT_INVALID',
    data: { issues: issues.length },
    // An issue may quote what the model said.
    publicMessage: "The final output does not match the agent's outputType.",
  });
  Object.defineProperty(error, 'text', { value: text, enumerable: false });
  Object.defineProperty(error, 'issues', { value: issues, enumerable: false });
  return error;
}
