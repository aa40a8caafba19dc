import { expect, test } from 'vitest';
import { RunLog } from '../../src/log/run-log.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { called, delta, end, returned } from './bodies.ts';

test('a log on disk is as long as it may be, whoever has written it, and takes the end', async () => {
  const store = sqlite(':memory:');
  const options = { maxLogBytes: 20_000 };
  const first = await RunLog.open(store, 'r', options);
  for (let call = 0; call < 20; call++) await first.append([called(`c${call}`)]);
  // Pieces of answers can be pruned: they do not count.
  for (let word = 0; word < 200; word++) await first.append([delta('x'.repeat(100))]);
  await first.close();

  const second = await RunLog.open(store, 'r', options);
  second.restore(store.read('r', 0, 1_000) as never);
  let taken = 0;
  const fill = async (): Promise<void> => {
    for (; taken < 1_000; taken++) await second.append([returned(`c${taken}`)]);
  };
  await expect(fill()).rejects.toMatchObject({ code: 'LOG_FULL', data: { maxLogBytes: 20_000 } });
  const fresh = await RunLog.open(store, 'another', options);
  // With nothing behind it there is room for more.
  for (let call = 0; call <= taken; call++) await fresh.append([returned(`c${call}`)]);
  await second.append([end()]);
  expect(await store.head('r')).toMatchObject({ ended: true, next: 220 + taken + 1 });
  await store.close();
});
