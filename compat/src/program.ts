import type * as Sdk from '@openai/agents';
import type * as Testing from '@openai/agents/testing';

/** The whole module namespace of `@openai/agents`, or of `tailrace` seen through the same types. */
export type SdkNamespace = typeof Sdk;
/** The namespace of `@openai/agents/testing`, or of `tailrace/testing`. */
export type TestingNamespace = typeof Testing;

/** Plain JSON data: what two sides are compared by. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What one program showed on one side, one entry per aspect that is compared on its own. */
export type Observation = Record<string, Json>;

/** A scripted program. It uses only names that both packages have. */
export type Program = (sdk: SdkNamespace, testing: TestingNamespace) => Promise<Observation>;

/** A program that is run once whole and once streamed; `stream` goes into the run's options. */
export type TwoWayProgram = (sdk: SdkNamespace, testing: TestingNamespace, stream: boolean) => Promise<Observation>;

/** Names two programs from one: `<name>, whole` and `<name>, streamed`. */
export function bothWays(name: string, program: TwoWayProgram): Record<string, Program> {
  return {
    [`${name}, whole`]: (sdk, testing) => program(sdk, testing, false),
    [`${name}, streamed`]: (sdk, testing) => program(sdk, testing, true),
  };
}

/** The reference has no exported name for it. */
export type JsonObjectSchemaStrict = {
  type: 'object';
  properties: Record<string, never>;
  required: never[];
  additionalProperties: false;
};
