// What the library may weigh. A budget is raised on purpose, in a commit that says what it buys.
import { globSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './command.ts';

const budgets: readonly { what: string; files: string; maxKiB: number; gzip: boolean }[] = [
  { what: 'all code, as Node reads it', files: 'dist/**/*.js', maxKiB: 1_400, gzip: false },
  { what: 'all code, compressed file by file', files: 'dist/**/*.js', maxKiB: 400, gzip: true },
  { what: 'declarations', files: 'dist/**/*.d.ts', maxKiB: 800, gzip: false },
  { what: 'everything in the package', files: 'dist/**/*', maxKiB: 2_200, gzip: false },
];

const library = join(root, 'packages', 'tailrace');
let over = 0;
for (const { what, files, maxKiB, gzip } of budgets) {
  const names = globSync(files, { cwd: library }).filter((name) => extname(name) !== '');
  if (names.length === 0) throw new Error(`No ${files} in packages/tailrace. Run npm run build first.`);
  const bytes = names
    .map((name) => readFileSync(join(library, name)))
    .reduce((sum, content) => sum + (gzip ? gzipSync(content) : content).byteLength, 0);
  const kiB = bytes / 1024;
  if (kiB > maxKiB) over += 1;
  console.log(`${kiB > maxKiB ? 'OVER' : 'ok  '} ${kiB.toFixed(0).padStart(6)} of ${maxKiB} KiB  ${what}`);
}
if (over > 0) process.exit(1);
