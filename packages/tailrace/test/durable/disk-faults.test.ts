import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { isAgentsError, MemorySession, type RunEvent, Runner } from '../../src/index.ts';
import { sqlite, type SqliteOptions } from '../../src/store/sqlite.ts';
import { logViolations } from '../../src/testing/index.ts';
import { eventsOf } from './cut.ts';
import { allowed, payments, type World, world } from './world.ts';

const directory = mkdtempSync(join(tmpdir(), 'disk-faults-'));
const mounts: string[] = [];
afterAll(() => {
  for (const mount of mounts) execFileSync('umount', ['-l', mount]);
  rmSync(directory, { recursive: true });
});
let files = 0;
const newPath = (): string => join(directory, `${files++}.db`);

/** A file system of its own, when this process may mount one. */
function tmpfs(size: string): string | undefined {
  const path = join(directory, `mount-${files++}`);
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  mounts.push(path);
  return path;
}

const remount = (path: string, options: string): unknown => execFileSync('mount', ['-o', `remount,${options}`, path]);

async function failedRun(path: string, it: World, options: SqliteOptions = {}): Promise<unknown> {
  const store = sqlite(path, options);
  try {
    return await new Runner({ store })
      .run(it.agent(it.model()), 'Go', { runId: 'run_1', session: it.session })
      .catch((error: unknown) => error);
  } finally {
    await store.close();
  }
}

/** What was stored is whole, and the run goes on from it to its end. */
async function goesOn(path: string, it: World): Promise<void> {
  const store = sqlite(path);
  const events = await eventsOf(store, 'run_1');
  expect(events.map(({ seq }) => seq)).toEqual([...events.keys()]);
  const permitted = allowed(events);
  for (const effect of it.effects) expect(permitted).toContain(effect);
  const session = new MemorySession({ initialItems: await it.session.getItems() });
  const result = await new Runner({ store }).resume(it.agent(it.model(events)), 'run_1', { session });
  expect(result.finalOutput).toBe('All done.');
  expect(logViolations(await eventsOf(store, 'run_1'))).toEqual([]);
  for (const [call, count] of payments(it.effects)) expect(count, call).toBe(1);
  await store.close();
  const check = new DatabaseSync(path);
  expect(check.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  check.close();
}

/** Another process that holds the write lock until it is told to let go, or for a time. */
async function holder(path: string, forMs?: number): Promise<() => Promise<void>> {
  const program = `
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const db = new DatabaseSync(${JSON.stringify(path)});
    db.exec('BEGIN IMMEDIATE');
    console.log('held');
    const release = () => { db.exec('ROLLBACK'); db.close(); process.exit(); };
    process.stdin.once('data', release);
    ${forMs === undefined ? '' : `setTimeout(release, ${forMs});`}`;
  const child = spawn(process.execPath, ['--no-warnings', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return async () => {
    child.stdin.write('go\n');
    await new Promise((resolve) => child.once('close', resolve));
  };
}

for (const call of [1, 2, 3, 4]) {
  test(`another process holds the lock for too long during model call ${call}`, async () => {
    const path = newPath();
    let release: (() => Promise<void>) | undefined;
    let done = Number.NaN;
    const it = world({
      before: async (n) => {
        if (n !== call || release) return;
        release = await holder(path);
        done = it.effects.length;
      },
    });
    const error = await failedRun(path, it, { busyTimeoutMs: 50 });
    await release?.();
    expect(error).toMatchObject({ code: 'STORE_BUSY', retryable: true, runId: 'run_1' });
    expect((error as Error).message).toMatch(/lock.*busyTimeoutMs/);
    expect(it.effects.slice(done)).toEqual([]);
    await goesOn(path, it);
  });
}

test('another process holds the lock for less than the store waits: nobody notices', async () => {
  const path = newPath();
  const it = world({ before: () => holder(path, 100) });
  expect(await failedRun(path, it)).toHaveProperty('finalOutput', 'All done.');
});

const small = tmpfs('640k');

test(`the disk is full (${small === undefined ? 'no tmpfs may be mounted here: the file may not grow instead' : 'tmpfs of 640 KiB'})`, async () => {
  const path = join(small ?? directory, 'full.db');
  const filler = 'x'.repeat(20_000);
  // How far a run gets depends on what else is on the disk: try each amount, so that it fails at many places.
  let failures = 0;
  for (let used = 0; used < 640_000; used += 40_000) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    await sqlite(path).close();
    if (small !== undefined) writeFileSync(join(small, 'other'), filler.repeat(used / 20_000).slice(0, 480_000));
    const it = world({ size: 30_000 });
    const options = small === undefined ? { maxBytes: Math.max(40_000, 400_000 - used) } : {};
    const error = await failedRun(path, it, options).catch((thrown: unknown) => thrown);
    const effects = it.effects.length;
    if (small !== undefined) remount(small, 'size=8m');
    if (error instanceof Error) {
      failures++;
      expect(error).toMatchObject({ code: 'STORE_FULL' });
      expect(error.message).toMatch(/Free some space/);
      await new Promise((resolve) => setImmediate(resolve));
      expect(it.effects.length).toBe(effects);
      const store = sqlite(path);
      const begun = await store.head('run_1');
      await store.close();
      if (begun && begun.next > 0) await goesOn(path, it);
    }
    if (small !== undefined) {
      rmSync(join(small, 'other'));
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
      remount(small, 'size=640k');
    }
  }
  expect(failures).toBeGreaterThan(2);
});

const readOnly = process.getuid?.() === 0 ? tmpfs('8m') : directory;

test.skipIf(readOnly === undefined)(
  'a file that may only be read is refused when it is opened, and is left as it was',
  async () => {
    const path = join(readOnly ?? '', 'read-only.db');
    const it = world();
    expect(await failedRun(path, it)).toHaveProperty('finalOutput', 'All done.');
    const before = readFileSync(path);
    if (readOnly === directory) chmodSync(path, 0o400);
    else remount(readOnly ?? '', 'ro');
    const again = world();
    const error = await failedRun(path, again).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STORE_FAILED', data: { path } });
    expect((error as Error).message).toMatch(/permissions/);
    expect(again.effects).toEqual([]);
    expect(readFileSync(path).equals(before)).toBe(true);
  },
);

test('a file of a newer version is refused when it is opened, and is left as it was', async () => {
  const path = newPath();
  expect(await failedRun(path, world())).toHaveProperty('finalOutput', 'All done.');
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 1000');
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  const before = readFileSync(path);
  const it = world();
  const error = await failedRun(path, it).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'STORE_VERSION', retryable: false, data: { path, found: 1000 } });
  expect((error as Error).message).toMatch(/Upgrade tailrace/);
  expect(it.effects).toEqual([]);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a damaged page: what reads it fails clearly and for good, what does not is as it was, the process lives', async () => {
  const path = newPath();
  const it = world({ size: 3_000, before: (n) => (n === 4 ? Promise.reject(new Error('stop here')) : undefined) });
  expect(await failedRun(path, it)).toBeInstanceOf(Error);
  const { events, pages, pageSize } = await inspect(path);
  expect(pages).toBeGreaterThan(10);
  let refused = 0;
  for (let page = 0; page < pages; page++) {
    const copy = newPath();
    copyFileSync(path, copy);
    const bytes = readFileSync(copy);
    bytes.fill(0, page * pageSize, (page + 1) * pageSize);
    writeFileSync(copy, bytes);
    const outcome = await use(copy);
    if (outcome instanceof Error) {
      refused++;
      expect(isAgentsError(outcome), `page ${page}: ${String(outcome)}`).toBe(true);
      expect((outcome as { code?: string }).code, `page ${page}`).toMatch(/^STORE_(FAILED|VERSION)$/);
      expect(outcome.message, `page ${page}`).toContain(copy);
    } else expect(outcome, `page ${page}`).toEqual(events);
  }
  expect(refused).toBeGreaterThan(5);
});

async function inspect(path: string): Promise<{ events: RunEvent[]; pages: number; pageSize: number }> {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const pages = db.prepare('PRAGMA page_count').get()?.['page_count'] as number;
  const pageSize = db.prepare('PRAGMA page_size').get()?.['page_size'] as number;
  db.close();
  const store = sqlite(path);
  const events = await eventsOf(store, 'run_1');
  await store.close();
  return { events, pages, pageSize };
}

/** Reads the run, then writes to it. */
async function use(path: string): Promise<RunEvent[] | Error> {
  let store: ReturnType<typeof sqlite> | undefined;
  try {
    store = sqlite(path);
    const events = await eventsOf(store, 'run_1');
    await store.claim('run_2');
    return events;
  } catch (error) {
    return error as Error;
  } finally {
    await store?.close();
  }
}
