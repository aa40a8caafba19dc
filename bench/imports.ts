/** What a package costs before it does anything: the time of its import, what it installs, what it hangs on the process. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Figures } from './cases/case.ts';
import { node } from './processes.ts';

const PROGRAM = `
const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
const before = listeners();
const handles = process.getActiveResourcesInfo().length;
const start = performance.now();
IMPORT
const ms = performance.now() - start;
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1_000, listeners: listeners() - before, handles: process.getActiveResourcesInfo().length - handles }));
process.exit();
`;

/** One fresh process that imports `specifier`; undefined imports nothing. */
export async function importOnce(specifier: string | undefined): Promise<Figures> {
  const load = specifier === undefined ? '' : `await import(${JSON.stringify(specifier)});`;
  const start = performance.now();
  const output = await node(['--input-type=module', '--eval', PROGRAM.replace('IMPORT', load)]);
  return { ...(JSON.parse(output) as Figures), processMs: performance.now() - start };
}

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** What installing `name` puts on the disk, with all that it depends on. `ownBytes` is its own size when it is not installed as published. */
export function installedSize(name: string, ownBytes?: number): Figures {
  const folders = new Map<string, number>();
  const visit = (wanted: string, from: string, bytes?: number): void => {
    const folder = folderOf(wanted, from);
    if (folder === undefined || folders.has(folder)) return;
    folders.set(folder, bytes ?? bytesIn(folder));
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
    const peers = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true);
    for (const next of [...Object.keys(dependencies), ...peers]) visit(next, folder);
  };
  visit(name, import.meta.dirname, ownBytes);
  const bytes = [...folders.values()].reduce((sum, size) => sum + size, 0);
  return { MB: bytes / 1e6, packages: folders.size };
}

function folderOf(name: string, from: string): string | undefined {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  for (const place of places) {
    try {
      return dirname(realpathSync(join(place, name, 'package.json')));
    } catch {
      // Not here; the next place up.
    }
  }
  return undefined;
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.parentPath.slice(folder.length).includes('node_modules')) continue;
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
