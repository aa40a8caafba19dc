// Keeps logs as this version writes them, so that later versions are shown to read them.
// `node --conditions=@tailrace/source scripts/logs.ts record v2` writes packages/tailrace/test/logs/v2, once a released version of the events or of the store;
// `… summarise` writes the summaries anew, after a change of what old logs are meant to mean.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RunEvent } from '../packages/tailrace/src/event/run-event.ts';
import { sqlite } from '../packages/tailrace/src/store/sqlite.ts';
import { fill } from '../packages/tailrace/test/durable/cut.ts';
import { catalogue, record } from '../packages/tailrace/test/logs/catalogue.ts';
import { type LogSummary, summarise } from '../packages/tailrace/test/logs/replay.ts';
import { root } from './command.ts';

const logs = join(root, 'packages', 'tailrace', 'test', 'logs');
/** Of these the store's file has a copy: a run that has ended, and one that has not. */
const STORED = ['tools', 'cut-tool'];

async function recordAll(version: string): Promise<void> {
  const folder = join(logs, version);
  if (existsSync(folder)) throw new Error(`${folder} is there: the logs of a version are written once.`);
  mkdirSync(folder);
  const stored: RunEvent[][] = [];
  for (const [name, script] of Object.entries(catalogue)) {
    const events = await record(script);
    writeFileSync(join(folder, `${name}.ndjson`), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    if (STORED.includes(name)) stored.push(events.map((event) => ({ ...event, run: `run_${name}` })));
  }
  writeFileSync(join(folder, 'store.sql'), storeText(stored));
}

/** A store's file as the SQL that makes it. */
function storeText(runs: readonly RunEvent[][]): string {
  const directory = mkdtempSync(join(tmpdir(), 'logs-'));
  const path = join(directory, 'store.db');
  const store = sqlite(path);
  for (const events of runs) fill(store, events);
  void store.close();
  const db = new DatabaseSync(path);
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  const schema = db.prepare('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid').all();
  const lines = [`PRAGMA user_version = ${version};`, 'PRAGMA journal_mode = WAL;'];
  for (const { name, sql } of schema) if (name !== 'sqlite_sequence') lines.push(`${String(sql)};`);
  for (const { type, name } of schema) {
    if (type !== 'table' || name === 'sqlite_sequence') continue;
    for (const row of db.prepare(`SELECT * FROM ${String(name)}`).all()) {
      const values = Object.values(row).map((value) =>
        typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value),
      );
      lines.push(`INSERT INTO ${String(name)} (${Object.keys(row).join(', ')}) VALUES (${values.join(', ')});`);
    }
  }
  db.close();
  rmSync(directory, { recursive: true });
  return `${lines.join('\n')}\n`;
}

async function summariseAll(): Promise<void> {
  for (const version of readdirSync(logs, { withFileTypes: true })) {
    if (!version.isDirectory()) continue;
    const folder = join(logs, version.name);
    const summaries: Record<string, LogSummary> = {};
    for (const file of readdirSync(folder)
      .filter((name) => name.endsWith('.ndjson'))
      .sort()) {
      const name = file.slice(0, -'.ndjson'.length);
      const script = catalogue[name];
      if (!script) throw new Error(`The catalogue has no '${name}'.`);
      const lines = readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean);
      summaries[name] = await summarise(
        script,
        lines.map((line) => JSON.parse(line) as RunEvent),
      );
    }
    writeFileSync(join(folder, 'summaries.json'), `${JSON.stringify(summaries, undefined, 2)}\n`);
  }
}

const [what, version] = process.argv.slice(2);
if (what === 'record' && version !== undefined && /^v\d+$/.test(version)) await recordAll(version);
else if (what !== 'summarise') throw new Error('Say `record v<n>` or `summarise`.');
await summariseAll();
