import type { JsonObjectSchemaStrict } from './program.ts';

/** The JSON schema of a tool without parameters. */
export const noParameters: JsonObjectSchemaStrict = {
  type: 'object',
  properties: {},
  required: [],
  additionalProperties: false,
};
