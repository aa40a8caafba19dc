// dist/ of the library: what each door needs, in chunks that the doors share, as readable code; and one .d.ts per source file.
// Few files, because an import of several hundred takes Node more than a tenth of a second. See decisions/0026.
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { root, succeed } from './command.ts';

const library = join(root, 'packages', 'tailrace');
const dist = join(library, 'dist');

interface Door {
  readonly default?: string;
}
const manifest = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | Door>>;
};
const doors = Object.values(manifest.exports).flatMap((door) =>
  typeof door === 'object' && door.default !== undefined ? [door.default.replace(/^\.\/dist\/(.*)\.js$/, '$1')] : [],
);

const compiled = mkdtempSync(join(tmpdir(), 'tailrace-build-'));
try {
  await succeed('tsc', ['-p', join(library, 'tsconfig.build.json'), '--outDir', compiled], { limitMs: 120_000 });
  rmSync(dist, { recursive: true, force: true });

  // tsc rewrites `./x.ts` to `./x.js` in .js files only; a consumer's compiler should not need to look for .ts files.
  const declarations = globSync('**/*.d.ts', { cwd: compiled });
  for (const name of declarations) {
    const text = readFileSync(join(compiled, name), 'utf8');
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    writeFileSync(
      join(dist, name),
      text.replaceAll(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]*)\.ts(['"])/g, '$1.js$2'),
    );
  }

  const bundle = await rolldown({
    input: Object.fromEntries(doors.map((door) => [door, join(compiled, `${door}.js`)])),
    platform: 'node',
    // Everything that is not the library's own stays an import.
    external: /^[^./\0]/,
  });
  const { output } = await bundle.write({ dir: dist, format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js' });
  await bundle.close();

  console.log(
    `${doors.length} doors, ${output.length} files of code, ${declarations.length} of declarations in packages/tailrace/dist`,
  );
} finally {
  rmSync(compiled, { recursive: true, force: true });
}
