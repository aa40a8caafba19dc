import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { prune, type RunEvent, Runner, snapshot } from '../../src/index.ts';
import { aboutRun } from '../../src/port/run-summary.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { logViolations, ScriptedModel } from '../../src/testing/index.ts';
import { eventsOf, storeWith } from '../durable/cut.ts';
import { catalogue, RUN } from './catalogue.ts';
import { type LogSummary, summarise } from './replay.ts';

const directory = mkdtempSync(join(tmpdir(), 'old-logs-'));
afterAll(() => rmSync(directory, { recursive: true }));

const versions = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

const events = join(import.meta.dirname, '../../src/event');
const eventFiles = readdirSync(events)
  .filter((file) => /^run-event|-events\.ts$/.test(file))
  .map((file) => readFileSync(join(events, file), 'utf8'));

const logsOf = (folder: string): [name: string, events: RunEvent[]][] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ndjson'))
    .map((file) => {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean);
      return [file.slice(0, -'.ndjson'.length), lines.map((line) => JSON.parse(line) as RunEvent)];
    });

test('there are logs to read, and each has a script in the catalogue', () => {
  expect(versions.length).toBeGreaterThan(0);
  for (const { name } of versions)
    for (const [log] of logsOf(join(import.meta.dirname, name))) expect(catalogue).toHaveProperty(log);
});

test('the newest of them hold every kind of event, and of those of a nested run', () => {
  const newest = versions.map(({ name }) => name).sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  const kept = logsOf(join(import.meta.dirname, newest.at(-1) ?? '')).flatMap(([, log]) => log);
  const written = new Set(kept.map(({ type }) => type));
  // The test of each log prunes it.
  const types = eventFiles.flatMap((file) =>
    [...file.matchAll(/^ {2}type: '([a-z_]+\.[a-z_]+)';/gm)].map(([, type]) => type),
  );
  expect(types.length).toBeGreaterThan(35);
  expect(types.filter((type) => !written.has(type as RunEvent['type']))).toEqual(['log.pruned']);
  expect(new Set(kept.filter(({ scope }) => scope).map(({ type }) => type)).size).toBeGreaterThan(10);
});

for (const { name: version } of versions) {
  const folder = join(import.meta.dirname, version);
  const summaries = JSON.parse(readFileSync(join(folder, 'summaries.json'), 'utf8')) as Record<string, LogSummary>;

  describe(`logs written by ${version}`, () => {
    test('all are summarised', () => {
      expect(Object.keys(summaries).sort()).toEqual(
        logsOf(folder)
          .map(([name]) => name)
          .sort(),
      );
    });

    test.each(logsOf(folder))(
      '%s means what it meant: fold, stream, trace, and what taking it up comes to',
      async (name, events) => {
        const script = catalogue[name];
        if (!script) throw new Error('no script');
        const summary = await summarise(script, events);
        expect(JSON.parse(JSON.stringify(summary))).toEqual(summaries[name]);
        const { takenUp } = summary as { takenUp?: { violations: unknown } };
        expect(takenUp ? takenUp.violations : logViolations(events)).toEqual([]);
      },
    );

    test.each(logsOf(folder))('%s can be pruned, and means the same', async (name, events) => {
      const script = catalogue[name];
      if (!script) throw new Error('no script');
      const store = storeWith(events);
      const before = await snapshot(store, RUN);
      await prune(store, RUN);
      expect(await snapshot(store, RUN)).toEqual(before);
      const { fold, takenUp } = await summarise(script, await eventsOf(store, RUN), store);
      expect({ fold, takenUp }).toEqual({ fold: summaries[name]?.fold, takenUp: summaries[name]?.takenUp });
    });

    test('the file of its store is brought to this version, read, and gone on with', async () => {
      const path = join(directory, `${version}.db`);
      const old = new DatabaseSync(path);
      old.exec(readFileSync(join(folder, 'store.sql'), 'utf8'));
      const { user_version: before } = old.prepare('PRAGMA user_version').get() as { user_version: number };
      old.close();
      const store = sqlite(path);
      const logs = new Map(logsOf(folder));
      for (const name of ['tools', 'cut-tool']) {
        const events = logs.get(name)?.map((event) => ({ ...event, run: `run_${name}` }));
        expect(await eventsOf(store, `run_${name}`)).toEqual(events);
      }
      const listed = new Map((await store.list()).map((each) => [each.run, each]));
      for (const run of ['run_tools', 'run_cut-tool']) {
        const events = await eventsOf(store, run);
        const { status, about, updatedAt } = listed.get(run) ?? {};
        expect(status).toBe(run === 'run_tools' ? 'completed' : 'running');
        expect(about).toEqual(aboutRun(events[0]));
        expect(updatedAt).toBe(events.at(-1)?.at);
      }
      const script = catalogue['cut-tool'];
      const model = new ScriptedModel(script?.steps.slice(1) ?? []);
      const result = await new Runner({ store }).resume(script?.agent(model) as never, 'run_cut-tool');
      expect(result.finalOutput).toBe('It is done.');
      await prune(store, 'run_tools');
      await store.close();
      const migrated = new DatabaseSync(path);
      const { user_version: after } = migrated.prepare('PRAGMA user_version').get() as { user_version: number };
      expect(after).toBeGreaterThanOrEqual(before);
      expect(migrated.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      migrated.close();
    });
  });
}
