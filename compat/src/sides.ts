import type { SdkNamespace, TestingNamespace } from './program.ts';

export interface Side {
  readonly sdk: SdkNamespace;
  readonly testing: TestingNamespace;
}

/** The published package. */
export async function reference(): Promise<Side> {
  return { sdk: await import('@openai/agents'), testing: await import('@openai/agents/testing') };
}

/** Tailrace under the reference's types: a name it lacks shows at run time, as it would to a user. */
export async function tailrace(): Promise<Side> {
  const sdk: unknown = await import('tailrace');
  const testing: unknown = await import('tailrace/testing');
  return { sdk: sdk as SdkNamespace, testing: testing as TestingNamespace };
}
