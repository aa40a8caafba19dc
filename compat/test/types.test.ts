import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
const config = fileURLToPath(new URL('../tsconfig.moved.json', import.meta.url));

it('the programs compile with the imports of @openai/agents changed to tailrace', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(tsc, ['-p', config, '--pretty', 'false']).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout.split('\n').filter((line) => line !== '')).toEqual([]);
});
