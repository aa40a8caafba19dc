import { z } from 'zod';
import type { JsonObjectSchemaStrict, SdkNamespace } from './program.ts';

/** The JSON schema of a tool without parameters. */
export const noParameters: JsonObjectSchemaStrict = {
  type: 'object',
  properties: {},
  required: [],
  additionalProperties: false,
};

const cityOnly = z.object({ city: z.string() });

/** A tool that says that it is sunny. */
export function weatherTool(sdk: SdkNamespace): ReturnType<typeof sdk.tool<typeof cityOnly>> {
  return sdk.tool({
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: cityOnly,
    execute: async ({ city }) => `${city}: sunny`,
  });
}
