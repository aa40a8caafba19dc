// dist/ of the library: one .js, one .d.ts and their maps per source file, nothing bundled.
import { copyFileSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, succeed } from './command.ts';

const library = join(root, 'packages', 'tailrace');
rmSync(join(library, 'dist'), { recursive: true, force: true });
await succeed('tsc', ['-p', join(library, 'tsconfig.build.json')], { limitMs: 120_000 });

// tsc rewrites `./x.ts` to `./x.js` in .js files only; a consumer's compiler should not need to look for .ts files.
const declarations = globSync('dist/**/*.d.ts', { cwd: library });
for (const name of declarations) {
  const path = join(library, name);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replaceAll(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]*)\.ts(['"])/g, '$1.js$2'));
}

// npm shows the README that lies inside the package.
const readme = join(root, 'README.md');
if (existsSync(readme)) copyFileSync(readme, join(library, 'README.md'));
console.log(`${declarations.length} modules in packages/tailrace/dist`);
