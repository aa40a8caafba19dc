import { Agent } from 'tailrace';
import { expect, it } from 'vitest';
import { UsageError } from '../src/options.ts';
import { servedModule } from '../src/served-module.ts';

const agent = (name: string): Agent => new Agent({ name });

it('agents go by the name of their export, the default one by its own, those of an object by their keys', () => {
  const [one, other, third, fourth] = ['One', 'Other', 'Third', 'Fourth'].map(agent);
  expect(servedModule({ one, default: other, agents: { third, notes: 'none' }, rest: { fourth } }, 'a.ts')).toEqual({
    agents: { one, Other: other, third },
  });
  expect(Object.keys(servedModule({ default: { third, fourth } }, 'a.ts').agents)).toEqual(['third', 'fourth']);
});

it('passes on the options of the handler', () => {
  const given = {
    authorize: () => null,
    context: () => ({}),
    cors: { origins: [] },
    hosts: ['agents.example.com'],
    onDisconnect: 'cancel',
    limits: { bodyBytes: 1_000 },
    exposeReasoning: true,
    runConfig: { tracing: { propagate: true } },
  };
  const { agents: _, ...options } = servedModule({ one: agent('One'), ...given, other: 7 }, 'a.ts');
  expect(options).toEqual(given);
});

it.each([
  [{}, 'a.ts exports no agents'],
  [{ agents: [] }, 'a.ts exports no agents'],
  [{ default: null }, 'a.ts exports no agents'],
  [{ one: agent('One'), authorize: true }, "the export 'authorize' must be a function"],
  [{ one: agent('One'), context: {} }, "the export 'context' must be a function"],
])('refuses %j', (exported, message) => {
  expect(() => servedModule(exported, 'a.ts')).toThrow(UsageError);
  expect(() => servedModule(exported, 'a.ts')).toThrow(message);
});
