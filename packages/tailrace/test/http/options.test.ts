// What a handler is given is looked at when it is made: a mistake that nobody notices would be met by clients, or by nobody.
import { Agent, createRuntime, isAgentsError } from 'tailrace';
import { createHandler, createNodeListener, type HandlerOptions } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { ScriptedModel } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';

const parts = (): { agents: Record<string, Agent>; store: ReturnType<typeof sqlite> } => ({
  agents: { a: new Agent({ name: 'A', model: new ScriptedModel([]) }) },
  store: sqlite(':memory:'),
});

type Wrong = [what: string, options: object, code: string, says: string];

const ORIGIN = "must be an origin as browsers send it, such as 'https://app.example', got";

const WRONG: readonly Wrong[] = [
  ['authorize', { authorize: 'x' }, 'OPTION_TYPE', 'authorize must be a function, got "x".'],
  ['authorize', { authorize: null }, 'OPTION_TYPE', 'authorize must be a function, got null.'],
  ['context', { context: {} }, 'OPTION_TYPE', 'context must be a function, got an object.'],
  ['onError', { onError: true }, 'OPTION_TYPE', 'onError must be a function, got true.'],
  ['exposeReasoning', { exposeReasoning: 'no' }, 'OPTION_TYPE', 'exposeReasoning must be true or false, got "no".'],
  ['runConfig', { runConfig: 5 }, 'OPTION_TYPE', 'runConfig must be an object, got 5.'],
  ['runConfig', { runConfig: [] }, 'OPTION_TYPE', 'runConfig must be an object, got a list.'],
  ['basePath', { basePath: 'api' }, 'OPTION_TYPE', "basePath must be '' or a path"],
  ['basePath', { basePath: 7 }, 'OPTION_TYPE', "basePath must be '' or a path"],
  ['onDisconnect', { onDisconnect: 'cancle' }, 'OPTION_TYPE', 'or { cancelAfterMs: 30_000 }, got "cancle".'],
  ['onDisconnect', { onDisconnect: null }, 'OPTION_TYPE', 'or { cancelAfterMs: 30_000 }, got null.'],
  ['onDisconnect', { onDisconnect: {} }, 'OPTION_TYPE', 'got an object without such a number.'],
  ['onDisconnect', { onDisconnect: { cancelAfterMs: '5' } }, 'OPTION_TYPE', 'got an object without such a number.'],
  ['onDisconnect', { onDisconnect: { cancelAfter: 5 } }, 'OPTION_UNKNOWN', "Did you mean 'cancelAfterMs'?"],
  ['onDisconnect', { onDisconnect: { cancelAfterMs: -1 } }, 'OPTION_RANGE', '0 or more, got -1.'],
  ['onDisconnect', { onDisconnect: { cancelAfterMs: Infinity } }, 'OPTION_RANGE', "For never, say 'continue'."],
  [
    'cors',
    { cors: ['https://a.example'] },
    'OPTION_TYPE',
    "cors must be { origins: ['https://app.example'] }, got a list.",
  ],
  ['cors', { cors: true }, 'OPTION_TYPE', 'got true.'],
  ['cors', { cors: {} }, 'OPTION_TYPE', 'cors.origins must be a list'],
  ['cors', { cors: { origin: 'https://a.example' } }, 'OPTION_UNKNOWN', "Did you mean 'origins'?"],
  ['cors', { cors: { origins: 'https://a.example' } }, 'OPTION_TYPE', 'got "https://a.example".'],
  [
    'cors',
    { cors: { origins: ['https://a', 'https://b/'] } },
    'OPTION_TYPE',
    `cors.origins[1] ${ORIGIN} "https://b/". Write 'https://b'.`,
  ],
  ['cors', { cors: { origins: ['https://B.example:443'] } }, 'OPTION_TYPE', "Write 'https://b.example'."],
  ['cors', { cors: { origins: ['a.example'] } }, 'OPTION_TYPE', `${ORIGIN} "a.example".`],
  ['cors', { cors: { origins: ['*'] } }, 'OPTION_TYPE', 'Each origin is listed by itself.'],
  ['cors', { cors: { origins: ['https://*.example'] } }, 'OPTION_TYPE', 'Each origin is listed by itself.'],
  ['cors', { cors: { origins: ['null'] } }, 'OPTION_TYPE', `${ORIGIN} "null".`],
  ['cors', { cors: { origins: [/x/] } }, 'OPTION_TYPE', `${ORIGIN} an object.`],
  [
    'hosts',
    { hosts: 'runs.example' },
    'OPTION_TYPE',
    'hosts must be a list such as [\'runs.example\'], got "runs.example".',
  ],
  ['hosts', { hosts: ['https://runs.example'] }, 'OPTION_TYPE', 'hosts[0] must be a host'],
  ['hosts', { hosts: ['a.example', '*.example'] }, 'OPTION_TYPE', 'hosts[1] must be a host'],
  ['hosts', { hosts: [''] }, 'OPTION_TYPE', 'hosts[0] must be a host'],
  ['hosts', { hosts: ['bücher.example'] }, 'OPTION_TYPE', "Write 'xn--bcher-kva.example'."],
  ['limits', { limits: null }, 'OPTION_TYPE', 'createHandler() limits takes its options as an object, got null.'],
  ['limits', { limits: { bodyByte: 1 } }, 'OPTION_UNKNOWN', "Did you mean 'bodyBytes'?"],
  [
    'limits',
    { limits: { bodyBytes: 0 } },
    'OPTION_RANGE',
    'limits.bodyBytes must be a whole number of 1 or more, got 0. Leave it out for 1048576.',
  ],
  [
    'limits',
    { limits: { bodyMs: '5' } },
    'OPTION_RANGE',
    'limits.bodyMs must be a whole number of 1 or more, got "5".',
  ],
  ['limits', { limits: { authorizeMs: null } }, 'OPTION_RANGE', 'got null.'],
  ['limits', { limits: { stallMs: Infinity } }, 'OPTION_RANGE', 'got Infinity.'],
  ['heartbeatMs', { heartbeatMs: NaN }, 'OPTION_RANGE', 'heartbeatMs must be a whole number of 1 or more, got NaN.'],
  ['recheckMs', { recheckMs: -1 }, 'OPTION_RANGE', 'recheckMs must be a whole number of 1 or more, got -1.'],
  ['a name', { authorise: () => null }, 'OPTION_UNKNOWN', "Did you mean 'authorize'?"],
  [
    'runtime',
    { runtime: {}, agents: undefined, store: undefined },
    'OPTION_TYPE',
    'runtime must be what createRuntime() gives',
  ],
  ['store', { store: undefined }, 'OPTION_TYPE', 'needs a runtime, or agents and a store.'],
];

function refusalOf(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('options of a handler', () => {
  it.each(WRONG)('%s: %j is refused', (_what, options, code, says) => {
    for (const make of [createHandler, createNodeListener]) {
      const error = refusalOf(() => make({ ...parts(), ...options }));
      expect(isAgentsError(error)).toBe(true);
      expect(error).toMatchObject({ name: 'UserError', code });
      expect((error as Error).message).toContain(says);
      expect((error as Error).message).toMatch(/^createHandler\(\)/);
    }
  });

  it.each([undefined, null, 'x'])('%s in their place is refused', (options) => {
    expect(refusalOf(() => createHandler(options as never))).toMatchObject({ name: 'UserError', code: 'OPTION_TYPE' });
  });

  it('a runtime and what a runtime is made of are one too many', async () => {
    await using runtime = createRuntime(parts());
    const error = refusalOf(() => createHandler({ runtime, ...parts() } as never));
    expect(error).toMatchObject({ name: 'UserError', code: 'OPTION_CONFLICT' });
  });

  it.each([
    { onDisconnect: 'continue' },
    { onDisconnect: { cancelAfterMs: 0 } },
    { cors: { origins: [] } },
    { cors: { origins: ['https://a.example', 'http://localhost:5173', 'capacitor://localhost', 'http://[::1]:8080'] } },
    { hosts: ['runs.example', 'Runs.example:8443', '[fd00::1]', '10.0.0.7'] },
    { limits: {}, heartbeatMs: undefined, basePath: '' },
    { limits: { bodyBytes: 1, bodyMs: undefined } },
  ] as Partial<HandlerOptions>[])('%j is taken', async (options) => {
    const handler = createHandler({ ...parts(), ...options } as HandlerOptions);
    await handler.stop({ graceMs: 0 });
  });
});
