import { Agent } from 'tailrace';
import { expect, it } from 'vitest';
import { UsageError } from '../src/options.ts';
import { servedModule } from '../src/served-module.ts';

const agent = (name: string): Agent => new Agent({ name });

it('agents go by the name of their export, the default one by its own, those of an object by their keys', () => {
  const [one, other, third, fourth] = ['One', 'Other', 'Third', 'Fourth'].map(agent);
  expect(servedModule({ one, default: other, agents: { third }, rest: { fourth } }, 'a.ts')).toEqual({
    agents: { one, Other: other, third },
  });
  expect(Object.keys(servedModule({ default: { third, fourth } }, 'a.ts').agents)).toEqual(['third', 'fourth']);
});

it('an agent is served once', () => {
  const [one, other] = ['One', 'Other'].map(agent);
  expect(servedModule({ one, default: one }, 'a.ts').agents).toEqual({ one });
  expect(servedModule({ one, agents: { one } }, 'a.ts').agents).toEqual({ one });
  expect(servedModule({ one, default: { one, other, rest: 7 } }, 'a.ts').agents).toEqual({ one, other });
  for (const exported of [
    { one, alias: one },
    { one, agents: { alias: one } },
  ])
    expect(() => servedModule(exported, 'a.ts')).toThrow("'one' and 'alias' are one agent. Export it once.");
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
  [{ agents: [agent('One')] }, "the export 'agents' must be an object of agents"],
  [{ agents: { one: agent('One'), two: { name: 'Two' } } }, "'two' of the export 'agents' is no Agent"],
  [{ one: agent('One'), autorize: () => null }, "'autorize' is no agent and no option. Did you mean 'authorize'?"],
  [{ one: agent('One'), RunConfig: {} }, "Did you mean 'runConfig'?"],
  [{ one: agent('One'), agents: { one: agent('Other') } }, "two agents go by the name 'one'"],
  [{ one: agent('One'), default: agent('one') }, "two agents go by the name 'one'"],
  [{ one: agent('One'), authorize: true }, "the export 'authorize' must be a function"],
  [{ one: agent('One'), context: {} }, "the export 'context' must be a function"],
])('refuses %j', (exported, message) => {
  expect(() => servedModule(exported, 'a.ts')).toThrow(UsageError);
  expect(() => servedModule(exported, 'a.ts')).toThrow(message);
});
