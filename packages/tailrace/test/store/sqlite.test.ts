import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/event/run-event.ts';
import { readLog } from '../../src/log/reader.ts';
import { RunLog } from '../../src/log/run-log.ts';
import { openLogSource } from '../../src/log/source.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { deltaEvent, deltaEvents, endEvent } from '../../src/testing/log-store-contract-events.ts';
import { called, delta, end, readAll } from '../log/bodies.ts';

const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const newPath = (): string => join(directory, `${files++}.db`);

const failure = (action: () => unknown): unknown => {
  try {
    return { returned: action() };
  } catch (error) {
    return error;
  }
};

describe('opening', () => {
  test('makes the directory, and files that only their owner reads', () => {
    const path = join(directory, 'new', 'deep', 'runs.db');
    const store = sqlite(path);
    void store.claim('r');
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o077).toBe(0);
    void store.close();
  });

  test('finds what was there before', () => {
    const path = newPath();
    const first = sqlite(path);
    void first.claim('r');
    void first.append('r', 1, 1, deltaEvents('r', 0, 3), 'group');
    void first.close();
    const second = sqlite(path);
    expect(second.read('r', 0, 10)).toEqual(deltaEvents('r', 0, 3));
    expect(second.claim('r')).toEqual({ epoch: 2, next: 3, ended: false });
    void second.close();
  });

  test('refuses the schema of a newer version', () => {
    const path = newPath();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 7');
    db.close();
    expect(failure(() => sqlite(path))).toMatchObject({
      code: 'STORE_VERSION',
      message: expect.stringMatching(/found 7, supports <= 6.*Upgrade/) as string,
      data: { path, found: 7, supports: 6 },
    });
  });

  test('refuses a database of something else, and leaves it alone', () => {
    const path = newPath();
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE users (id)');
    db.close();
    expect(failure(() => sqlite(path))).toMatchObject({ code: 'STORE_FAILED' });
    const again = new DatabaseSync(path);
    expect(again.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'users' }]);
    again.close();
  });

  test('refuses what is no database, a directory, and a path that cannot be', () => {
    const text = newPath();
    writeFileSync(text, 'not a database, but long enough to look at '.repeat(100));
    for (const path of [text, directory, join(text, 'below.db')]) {
      expect(failure(() => sqlite(path))).toMatchObject({ code: 'STORE_FAILED', name: 'SystemError' });
    }
    expect(readFileSync(text, 'utf8')).toContain('not a database');
  });

  test('says nothing on stderr', () => {
    const program = `import { sqlite } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/sqlite.ts'))};
      const emit = process.emitWarning;
      sqlite(':memory:').close();
      if (process.emitWarning !== emit) throw new Error('emitWarning is not what it was');
      process.emitWarning('still works');`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', `${program}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(output).toBe('');
    const { stderr } = spawnedText(program);
    expect(stderr).not.toMatch(/SQLite/i);
    expect(stderr).toMatch(/still works/);
  });
});

function spawnedText(program: string): { stderr: string } {
  const script = newPath() + '.mjs';
  writeFileSync(script, program);
  const stderr = execFileSync('sh', ['-c', `"${process.execPath}" "${script}" 2>&1 >/dev/null`], { encoding: 'utf8' });
  return { stderr };
}

describe('failing', () => {
  test('is busy while another process holds the lock', () => {
    const path = newPath();
    const store = sqlite(path, { busyTimeoutMs: 20 });
    void store.claim('r');
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(failure(() => store.append('r', 1, 1, deltaEvents('r', 0, 1), 'group'))).toMatchObject({
      code: 'STORE_BUSY',
      retryable: true,
    });
    expect(store.read('r', 0, 10)).toEqual([]);
    other.exec('ROLLBACK');
    other.close();
    void store.append('r', 1, 1, deltaEvents('r', 0, 1), 'group');
    expect(store.read('r', 0, 10)).toHaveLength(1);
    void store.close();
  });

  test('is full, keeps what it has, and goes on when there is room', () => {
    const path = newPath();
    const store = sqlite(path, { maxBytes: 200_000 });
    void store.claim('r');
    let n = 0;
    const fill = (): void => {
      for (; n < 1000; n++) void store.append('r', 1, n + 1, [deltaEvent('r', n, 1, 'x'.repeat(5000))], 'group');
    };
    expect(failure(fill)).toMatchObject({ code: 'STORE_FULL' });
    expect(n).toBeGreaterThan(10);
    expect(store.head('r')).toMatchObject({ next: n });
    expect(store.read('r', 0, 1000)).toHaveLength(n);
    void store.close();
    const roomier = sqlite(path);
    void roomier.append('r', 1, n + 1, [endEvent('r', n)], 'full');
    expect(roomier.head('r')).toMatchObject({ next: n + 1, ended: true });
    void roomier.close();
  });

  test('on a damaged file, it stops for good', () => {
    const path = newPath();
    const store = sqlite(path);
    void store.claim('r');
    for (let n = 0; n < 50; n++) void store.append('r', 1, n + 1, [deltaEvent('r', n, 1, 'x'.repeat(2000))], 'group');
    void store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xee, 4096);
    writeFileSync(path, bytes);
    const damaged = failure(() => {
      const reopened = sqlite(path);
      const first = failure(() => reopened.claim('r'));
      expect(failure(() => reopened.head('r'))).toBe(first);
      void reopened.close();
      throw first;
    });
    expect(damaged).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('damaged') as string });
  });

  test('names the event that is not JSON, and writes nothing of its append', () => {
    const store = sqlite(':memory:');
    void store.claim('r');
    const event = { ...deltaEvent('r', 1), raw: { value: [1, 1n] } };
    expect(failure(() => store.append('r', 1, 1, [deltaEvent('r', 0), event], 'group'))).toMatchObject({
      message: expect.stringMatching(/Event 1 \(model\.delta\).*\$\.raw\.value\[1\] is a bigint/) as string,
    });
    expect(store.read('r', 0, 10)).toEqual([]);
    void store.close();
  });

  test('closed, it refuses everything, and readers that wait hear of it', async () => {
    const store = sqlite(':memory:');
    void store.claim('r');
    const waiting = readLog(openLogSource(store, 'r')).next();
    await new Promise((resolve) => setImmediate(resolve));
    void store.close();
    await expect(waiting).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(failure(() => store.head('r'))).toMatchObject({ message: expect.stringContaining('closed') as string });
    expect(failure(() => store.claim('r'))).toMatchObject({ code: 'STORE_FAILED' });
  });
});

test('durable events are synced to disk, groups of deltas are not', async () => {
  const exec = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec')!.value as DatabaseSync['exec'];
  const connections = new Set<DatabaseSync>();
  DatabaseSync.prototype.exec = function (sql) {
    connections.add(this);
    exec.call(this, sql);
  };
  try {
    const store = sqlite(newPath());
    const [connection] = connections;
    const synced = (): boolean => connection!.prepare('PRAGMA synchronous').get()?.['synchronous'] === 2;
    const log = await RunLog.open(store, 'r');
    expect(synced()).toBe(true);
    void log.append([delta()]);
    void log.flush();
    expect(synced()).toBe(false);
    void log.append([delta()]);
    void log.append([called('c')]);
    expect(synced()).toBe(true);
    for (let n = 0; n < 64; n++) void log.append([delta()]);
    expect([log.next, synced()]).toEqual([67, false]);
    void store.post('r', { id: 'm', kind: 'approval', body: true });
    expect(synced()).toBe(true);
    expect(connection!.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    void store.close();
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
});

test('looks for what others wrote only while somebody waits for it', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const store = sqlite(newPath());
    void store.claim('r');
    expect(vi.getTimerCount()).toBe(0);
    const first = store.watch('r', () => undefined);
    const second = store.watch('other', () => undefined);
    expect(vi.getTimerCount()).toBe(1);
    first[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(1);
    second[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
    store.watch('r', () => undefined);
    expect(vi.getTimerCount()).toBe(1);
    void store.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

describe('several processes', () => {
  const module = (path: string): string => JSON.stringify(join(import.meta.dirname, '../../src', path));
  const writerProgram = (path: string): string => `
    import { sqlite } from ${module('store/sqlite.ts')};
    import { RunLog } from ${module('log/run-log.ts')};
    const log = await RunLog.open(sqlite(${JSON.stringify(path)}), 'r');
    const say = (text) => process.stdout.write(text + '\\n');
    log.observe((events) => say(String(log.next)));
    for (let n = 0; ; n++) {
      log.append([{ type: 'model.delta', step: '1:model', attempt: 1, text: 'word ' + n }]);
      if (n % 10 === 9) log.append([{ type: 'step.attempt', step: '1:model', attempt: 2, supersedes: 1, delayMs: 0 }]);
      if (n % 40 === 39) await new Promise((resolve) => setTimeout(resolve, 1));
    }`;

  test('a reader here follows a writer there, which is killed; another writer takes over', async () => {
    const path = newPath();
    const store = sqlite(path, { pollMs: 5 });
    void store.claim('r');
    const read: RunEvent[] = [];
    const reading = (async () => {
      for await (const event of readLog(openLogSource(store, 'r'))) read.push(event);
    })();
    let claimed = 1;
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', writerProgram(path)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      const enough = Promise.withResolvers<void>();
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.length > 200 * (round + 1)) enough.resolve();
      });
      await enough.promise;
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      claimed++;
      // All that it called committed is there, and what is there has no gap.
      const acknowledged = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
      const head = await store.head('r');
      expect(head).toMatchObject({ epoch: claimed, ended: false });
      expect(head?.next).toBeGreaterThanOrEqual(acknowledged);
    }
    const log = await RunLog.open(store, 'r');
    void log.append([end()]);
    await reading;
    expect(read.map(({ seq }) => seq)).toEqual([...read.keys()]);
    expect(new Set(read.map(({ epoch }) => epoch)).size).toBe(6);
    expect(read.map((event) => JSON.stringify(event))).toEqual(await readAll(log));
    const check = new DatabaseSync(path);
    expect(check.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    check.close();
    void store.close();
  });

  test('a reader that waits keeps its process alive; one that has left does not', () => {
    const path = newPath();
    const program = `
      import { sqlite } from ${module('store/sqlite.ts')};
      const store = sqlite(${JSON.stringify(path)});
      store.claim('r');
      const watching = store.watch('r', () => {});
      setTimeout(() => { watching[Symbol.dispose](); console.log('left'); }, 50).unref();`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(output).toBe('left\n');
    expect(existsSync(path)).toBe(true);
  });
});

test('people may read the events with SQL', async () => {
  const path = newPath();
  const store = sqlite(path);
  const log = await RunLog.open(store, 'r');
  void log.append([delta('hello'), delta('you')]);
  void log.append([end()]);
  const db = new DatabaseSync(path, { readOnly: true });
  expect(db.prepare("SELECT run, seq, type, body ->> 'text' AS text FROM event ORDER BY seq").all()).toEqual([
    { run: 'r', seq: 0, type: 'model.delta', text: 'hello' },
    { run: 'r', seq: 1, type: 'model.delta', text: 'you' },
    { run: 'r', seq: 2, type: 'run.completed', text: null },
  ]);
  db.close();
  void store.close();
});
